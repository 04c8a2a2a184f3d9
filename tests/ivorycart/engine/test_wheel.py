"""The wheel: everyone's deadlines on one timer."""

import asyncio
from dataclasses import dataclass, field

import pytest

from ivorycart.engine.wheel import Wheel
from tests.patience import PATIENCE


@dataclass(eq=False)
class Sleeper:
    """Notes when it is asked, and says when it wants to be asked again."""

    again: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    bucket: int = 0

    def due(self, now: float) -> float | None:
        """Note the time."""
        self.asked.append(now)
        return now + self.again.pop(0) if self.again else None


@pytest.fixture
def wheel() -> Wheel:
    """Make a wheel with a short tick."""
    return Wheel(tick=0.01)


async def until_empty(wheel: Wheel) -> None:
    """Wait for the last entry to be asked for the last time."""
    async with asyncio.timeout(PATIENCE):
        while len(wheel):
            await asyncio.sleep(0.005)


async def test_nobody_is_asked_before_the_time(wheel: Wheel) -> None:
    """In the order of their deadlines, and as often as they want."""
    now = asyncio.get_running_loop().time()
    late, soon, twice = Sleeper(), Sleeper(), Sleeper(again=[0.05])
    for entry, delay in ((late, 0.2), (soon, 0.03), (twice, 0.1)):
        wheel.put(entry, now + delay)
    await until_empty(wheel)
    assert [len(entry.asked) for entry in (late, soon, twice)] == [1, 1, 2]
    assert soon.asked[0] >= now + 0.03
    assert now + 0.1 <= twice.asked[0] < late.asked[0]
    assert late.asked[0] >= now + 0.2
    assert twice.asked[1] >= twice.asked[0] + 0.05


async def test_an_entry_stands_once_at_its_earliest(wheel: Wheel) -> None:
    """A later deadline changes nothing, an earlier one moves it."""
    now = asyncio.get_running_loop().time()
    entry = Sleeper()
    for delay in (60, 0.05, 30):
        wheel.put(entry, now + delay)
    assert len(wheel) == 1
    await until_empty(wheel)
    assert len(entry.asked) == 1


async def test_an_empty_wheel_has_no_timer(wheel: Wheel) -> None:
    """There is nothing to stop: who has left is never asked, and the last one takes the timer along."""
    now = asyncio.get_running_loop().time()
    first, second = Sleeper(), Sleeper()
    wheel.put(first, now + 0.01)
    wheel.put(second, now + 60)
    assert wheel._timer is not None
    wheel.remove(first)
    wheel.remove(first)
    wheel.remove(second)
    assert (len(wheel), wheel._timer) == (0, None)
    await asyncio.sleep(0.05)
    assert first.asked == []


async def test_one_entry_may_remove_another_of_its_tick(wheel: Wheel) -> None:
    """A connection that ends may end others."""
    now = asyncio.get_running_loop().time()

    class Remover(Sleeper):
        def due(self, now: float) -> float | None:
            for each in entries:
                wheel.remove(each)
            return super().due(now)

    entries = [Remover() for _ in range(5)]
    for entry in entries:
        wheel.put(entry, now + 0.02)
    wheel.put(later := Sleeper(), now + 0.05)
    await until_empty(wheel)
    assert [len(entry.asked) for entry in (*entries, later)] == [1] * 6
