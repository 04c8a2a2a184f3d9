"""Parts: each fails or hangs for itself, and none is asked for twice at once."""

import asyncio
from typing import Any

from ivorycart.overview.parts import Parts, RememberedRead


class Source:
    """Answers when it is let, and counts how often it was asked."""

    def __init__(self, **value: Any) -> None:
        self.value = value
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()
        self.fails: Exception | None = None

    async def __call__(self) -> dict[str, Any]:
        """Answer."""
        self.asked += 1
        await self.open.wait()
        if self.fails:
            raise self.fails
        return self.value


async def test_a_part_that_fails_or_hangs_says_so_and_the_others_are_there() -> None:
    """With the reason; nobody waits longer than the patience."""
    good, bad, hanging = Source(a=1), Source(), Source()
    bad.fails = ConnectionError("the\nnetwork")
    hanging.open.clear()
    parts = Parts(
        {"good": RememberedRead(good), "bad": RememberedRead(bad), "hangs": RememberedRead(hanging)}, patience=0.05
    )
    told = await parts.read(("good", "bad", "hangs"))
    assert told == {
        "good": {"ok": True, "a": 1},
        "bad": {"ok": False, "reason": "ConnectionError: the network"},
        "hangs": {"ok": False, "reason": "no answer within 0.05 s"},
    }
    await parts.close()


async def test_whoever_comes_while_it_is_read_waits_for_the_same_answer() -> None:
    """A slow database has one question of a kind to answer, however many look, and however often."""
    source = Source(a=1)
    source.open.clear()
    read = RememberedRead(source)
    assert not (await read.part(0.01))["ok"]
    several = [asyncio.create_task(read.part(10)) for _ in range(5)]
    await asyncio.sleep(0)
    source.open.set()
    assert [(await each)["a"] for each in several] == [1] * 5
    assert source.asked == 1


async def test_an_answer_is_good_for_some_seconds_and_a_failure_is_not() -> None:
    """What could not be read is tried again at once."""
    now = 0.0
    source = Source(a=1)
    source.fails = ValueError("no")
    read = RememberedRead(source, 10, clock=lambda: now)
    assert not (await read.part(1))["ok"]
    source.fails = None
    assert (await read.part(1))["ok"]
    now = 9.9
    await read.part(1)
    assert source.asked == 2
    now = 10.1
    await read.part(1)
    assert source.asked == 3


async def test_of_what_went_wrong_at_once_the_first_is_told() -> None:
    """The group around it says nothing to whoever reads it."""

    async def fails() -> dict[str, Any]:
        raise ExceptionGroup("unhandled errors", [ExceptionGroup("more", [PermissionError("not for you")]), OSError()])

    assert (await RememberedRead(fails).part(1))["reason"] == "PermissionError: not for you"


async def test_closing_ends_what_hangs() -> None:
    """And can be done when nothing does."""
    source = Source()
    source.open.clear()
    read = RememberedRead(source)
    await read.part(0.01)
    await read.close()
    await RememberedRead(source).close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "a part of the overview"]
