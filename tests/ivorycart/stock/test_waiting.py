"""What waits to be sent: each product once, the oldest first, the latest of each."""

from ivorycart.stock.waiting import Waiting
from models.feed import Cursor


def at(time: int) -> Cursor:
    """Write a cluster time."""
    return Cursor(f"{time:016x}")


def a_queue(*names: str) -> Waiting[str]:
    """Build a queue in which products wait since 1, 2, 3 …, each with its name as what is to be said."""
    queue: Waiting[str] = Waiting()
    for time, name in enumerate(names, start=1):
        queue.put(name, at(time), name)
    return queue


def test_what_changes_again_keeps_its_place_and_its_time_and_says_the_latest():
    """Whoever has heard nothing of it yet lacks its first change."""
    queue = a_queue("tea", "cup")
    queue.put("tea", at(9), "newer tea")
    assert queue.first == at(1)
    assert [tuple(each) for each in queue.take(9)] == [("tea", at(1), "newer tea"), ("cup", at(2), "cup")]
    assert queue.first is None


def test_no_more_is_taken_than_fits():
    """The rest waits since its own time."""
    queue = a_queue("tea", "cup", "pot")
    assert [each.product_id for each in queue.take(2)] == ["tea", "cup"]
    assert (len(queue), queue.first, "pot" in queue, "tea" in queue) == (1, at(3), True, False)


def test_what_is_put_back_is_in_its_old_place_with_what_came_meanwhile():
    """A failed sending changes neither order nor times; newer words stay the newer."""
    queue = a_queue("tea", "cup", "pot")
    taken = queue.take(2)
    queue.put("cup", at(7), "newer cup")
    queue.put("jar", at(8), "jar")
    queue.put_back(taken)
    assert [tuple(each) for each in queue.take(9)] == [
        ("tea", at(1), "tea"),
        ("cup", at(2), "newer cup"),
        ("pot", at(3), "pot"),
        ("jar", at(8), "jar"),
    ]
