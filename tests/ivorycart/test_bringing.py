"""Bringing: who comes with a token and a session that waits, waits as the user; who waits for nothing costs nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ivorycart.bringing import AT_ONCE, Bringing
from ivorycart.connections import Connection, User
from ivorycart.workers import WorkerState
from models.errors import StorageUnavailable
from models.identity import OwnerId, owner_of_session

USER = User("a" * 24, "ada@shop.test", "Ada", "buyer", float("inf"))


class Stage:
    """A bringing, with its book and its room in one. Sessions in ``waits`` have places."""

    def __init__(self, *waits: str) -> None:
        self.waits = {owner_of_session(each) for each in waits}
        self.asked: list[Sequence[OwnerId]] = []
        self.brought: list[tuple[str, str, str]] = []
        self.failures: list[Exception] = []
        self.refusals: list[Exception] = []
        fakes: Any = self
        self.bringing = Bringing(fakes, fakes, tick=0.0)

    async def who_waits(self, owners: Sequence[OwnerId]) -> set[OwnerId]:
        """Say who."""
        self.asked.append(owners)
        if self.failures:
            raise self.failures.pop()
        return self.waits & set(owners)

    async def bring(self, session: str, user: User) -> None:
        """Note whose places go to whom, and where they are told."""
        if self.refusals:
            raise self.refusals.pop()
        self.brought.append((session, user.id, user.email))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run it until nobody is left."""
        run = asyncio.create_task(self.bringing.run(WorkerState("bringing", has_rhythm=False)))
        try:
            while self.bringing._came and not run.done():
                await asyncio.sleep(0)
            yield run
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)


async def test_places_follow_a_session_that_comes_with_a_user():
    """One that comes alone is still whoever it was."""
    stage = Stage("guest", "alone")
    stage.bringing.note(Connection("s1", "guest", USER))
    stage.bringing.note(Connection("s2", "alone"))
    async with stage.running():
        assert stage.brought == [("guest", USER.id, USER.email)]


async def test_thousands_who_wait_for_nothing_cost_a_query_for_hundreds():
    """None of them is brought; who has gone meanwhile is not asked for."""
    stage = Stage()
    for number in range(2 * AT_ONCE + 1):
        stage.bringing.note(Connection(f"s{number}", f"session {number}", USER))
    stage.bringing.forget("s0")
    async with stage.running():
        assert ([len(each) for each in stage.asked], stage.brought) == ([AT_ONCE, AT_ONCE], [])


async def test_a_database_that_was_away_loses_nobody():
    """The next run asks again; one whose places the ledger could not take holds up nobody else."""
    stage = Stage("guest", "other")
    stage.failures, stage.refusals = [ConnectionError("away")], [StorageUnavailable("away")]
    for session in ("guest", "other"):
        stage.bringing.note(Connection(session, session, USER))
    async with stage.running() as run:
        with pytest.raises(ConnectionError):
            await run
    async with stage.running():
        assert len(stage.brought) == 1
