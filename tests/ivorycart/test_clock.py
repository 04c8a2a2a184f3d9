"""The database's time in this process, whatever this machine's clock says."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from ivorycart import clock as module
from ivorycart.clock import SOON, Clock
from ivorycart.workers import WorkerState
from tests.patience import PATIENCE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class World:
    """A database whose time is not this machine's, with what an answer takes each time, in seconds."""

    def __init__(self, *takes: float) -> None:
        self.seconds = 1000.0
        self.takes = list(takes)
        self.asked = 0

    @property
    def true(self) -> datetime:
        """The database's time."""
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Count on."""
        return self.seconds

    async def now(self) -> datetime:
        """Tell the time in the middle of an answer."""
        self.asked += 1
        takes = self.takes.pop(0) if self.takes else 0.0
        self.seconds += takes / 2
        at = self.true
        self.seconds += takes / 2
        return at


async def test_the_time_is_the_databases():
    """However far this machine's clock is from it, and as time goes on."""
    world = World()
    clock = Clock(world.monotonic)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)  # of nobody better yet
    await clock.learn(world)
    assert clock.now() == world.true
    world.seconds += 3600
    assert clock.now() == world.true


async def test_what_has_begun_for_the_database_has_begun_here():
    """Ahead by no more than the soonest of a few answers took, and never behind."""
    world = World(0.09, 0.01, 0.05)
    clock = Clock(world.monotonic)
    await clock.learn(world)
    assert timedelta() <= clock.now() - world.true <= timedelta(seconds=0.01)


async def test_answers_that_take_their_time_do_not_move_a_clock_that_is_right():
    """One that knows nothing yet takes what it gets."""
    world = World(2.0, 1.0, 3.0)
    clock = Clock(world.monotonic)
    await clock.learn(world)
    assert clock.now() - world.true == timedelta(seconds=0.5)
    await clock.learn(world)
    world.takes = [SOON * 2] * 3
    await clock.learn(world)
    assert clock.now() == world.true


async def test_it_is_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch):
    """So that a clock that was set, and one that runs slow, are followed."""
    monkeypatch.setattr(module, "INTERVAL", 0)
    world = World()
    clock, state = Clock(world.monotonic), WorkerState("clock", has_rhythm=False)
    state.beat = 0
    task = asyncio.create_task(clock.run(world, state))
    async with asyncio.timeout(PATIENCE):
        while world.asked < 3:
            await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert clock.now() == world.true
