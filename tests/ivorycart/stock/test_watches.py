"""Who watches what: rooms by what is watched, found from the product."""

from hypothesis import given
from hypothesis import strategies as st

from ivorycart.stock.watches import EVERYTHING, Watches, room_of

SIDS = st.sampled_from("abcdef")
LISTS = st.frozensets(st.sampled_from(["tea", "cup", "pot", "jar"]))


def test_everything_has_a_room_and_nothing_has_none():
    """Who watches nothing hears no frames."""
    assert room_of(None) == EVERYTHING
    assert room_of(frozenset()) is None
    assert room_of(frozenset({"a", "b"})) == room_of(frozenset({"b", "a"}))
    assert room_of(frozenset({"a", "b"})) != room_of(frozenset({"ab"}))


@given(st.lists(st.tuples(SIDS, st.none() | LISTS)))
def test_a_product_always_knows_just_the_rooms_that_watch_it(steps: list[tuple[str, frozenset[str] | None]]):
    """Whatever comes and goes; in the end nothing is left behind."""
    watches, present = Watches(), dict[str, frozenset[str]]()
    for sid, watch in steps:
        watches.remove(sid)
        present.pop(sid, None)
        if watch is not None:
            present[sid] = watches.add(sid, watch)
            assert present[sid] == watch
        rooms = {watched: room_of(watched) for watched in present.values() if watched}
        assert dict(watches) == {room: watched for watched, room in rooms.items()}
        for product_id in ("tea", "cup", "pot", "jar"):
            wanted = {room for watched, room in rooms.items() if product_id in watched}
            assert set(watches.rooms_of_product(product_id)) == wanted
    for sid in tuple(present):
        watches.remove(sid)
    assert watches == Watches()
