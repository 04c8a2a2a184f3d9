"""The pace of a burst of mails: one after the other, slower the busier the process is, and never standing still."""

import asyncio

from ivorycart.mail.pace import COURTESY, LONGEST, SHORTEST, Pace


class Loop:
    """Sleeps as long as it should, and late by as much as it is told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.late = 0.0

    async def sleep(self, seconds: float) -> None:
        """Sleep, in no time."""
        self.now += seconds + self.late
        await asyncio.sleep(0)

    def pace(self) -> Pace:
        """Make a pace by this clock."""
        return Pace(self.sleep, lambda: self.now)


async def test_where_nothing_else_goes_on_mails_follow_each_other_closely() -> None:
    """Ten thousand of them in less than a minute."""
    loop = Loop()
    pace = loop.pace()
    await asyncio.gather(*(pace.wait() for _ in range(100)))
    assert abs(loop.now - 100 * SHORTEST) < 1e-6
    assert 10_000 * SHORTEST < 60


async def test_the_busier_the_loop_the_further_apart_they_are_begun() -> None:
    """Up to a bound, so that they all go out; and close together again when it is quiet."""
    loop = Loop()
    pace = loop.pace()
    gaps = []
    for loop.late in (0.001, 0.002, 10.0, 0.0):
        await pace.wait()
        gaps.append(pace.gap)
    wanted = (SHORTEST + COURTESY * 0.001, SHORTEST + COURTESY * 0.002, LONGEST, SHORTEST)
    assert all(abs(gap - want) < 1e-9 for gap, want in zip(gaps, wanted, strict=True))
