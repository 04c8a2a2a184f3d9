"""Order and number of one socket's handlers."""

import asyncio
from functools import partial

from ivorycart.engine.lane import Lane
from tests.patience import PATIENCE


async def test_a_job_that_must_be_alone_waits_for_the_others() -> None:
    """Nothing runs beside it, and nothing overtakes it."""
    gate, seen = asyncio.Event(), list[str]()
    lane = Lane(width=4, depth=4, failed=lambda error: seen.append(repr(error)))

    async def note(name: str) -> None:
        seen.append(name)
        await gate.wait()
        seen.append(name.upper())

    for name, alone in (("a", False), ("b", True), ("c", False)):
        assert lane.submit(partial(note, name), alone=alone)
    await asyncio.sleep(0)
    assert seen == ["a"]
    gate.set()
    while lane.is_busy:
        await asyncio.sleep(0)
    await lane.settle(PATIENCE)
    assert seen == ["a", "A", "b", "B", "c", "C"]
