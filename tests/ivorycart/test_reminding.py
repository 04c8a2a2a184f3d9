"""Reminding: what was not seen is repeated at each return, and many who return together cost one query."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.connections import Connection
from ivorycart.reminding import AT_ONCE, Reminding
from ivorycart.workers import WorkerState
from models.identity import OwnerId, owner_of_session
from models.notification import Notification
from tests.patience import PATIENCE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = owner_of_session("ada")


def told(key: str = "n1", to: OwnerId = ADA) -> Notification:
    """Build a notification."""
    return Notification(key, to, "low_stock", {}, NOON)


class Stage:
    """A reminding, with its book and the sockets' ears in one. Ada has two tabs."""

    def __init__(self, *stored: Notification) -> None:
        self.stored = list(stored)
        self.asked: list[Sequence[OwnerId]] = []
        self.heard: list[tuple[str, str]] = []
        self.failures = 0
        self.meanwhile: Any = None
        self.present: dict[str, Connection] = {}
        fakes: Any = self
        self.reminding = Reminding(fakes, self.tell, tick=0.0)
        self.enter("a1", "ada")
        self.enter("a2", "ada")

    def enter(self, sid: str, session: str) -> Connection:
        """Connect."""
        self.present[sid] = Connection(sid, session)
        return self.present[sid]

    async def tell(self, connection: Connection, notification: Notification) -> None:
        """Hear."""
        self.heard.append((connection.sid, notification.id))

    async def owners_with_unseen(self) -> Iterable[OwnerId]:
        """Say who."""
        return [each.to for each in self.stored]

    async def unseen_of(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, Sequence[Notification]]:
        """Say what."""
        self.asked.append(owners)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        found = {owner: [each for each in self.stored if each.to == owner] for owner in owners}
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return found

    async def back(self, *sids: str) -> list[tuple[str, str]]:
        """Have these come back; return what they hear."""
        self.heard.clear()
        for sid in sids:
            self.reminding.remind(self.present[sid])
        async with self.running():
            while self.reminding._waiting:
                await asyncio.sleep(0)
        return list(self.heard)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the reminding for a while."""
        run = asyncio.create_task(self.reminding.run(WorkerState("reminding", has_rhythm=False)))
        try:
            async with asyncio.timeout(PATIENCE):
                yield
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)


async def test_what_was_not_seen_is_repeated_at_each_return_until_it_is_seen():
    """In its order, also what was there before this process began."""
    stage = Stage(told("old"), told("new"))
    await stage.reminding.open()
    for _ in range(2):
        assert await stage.back("a1") == [("a1", "old"), ("a1", "new")]
    stage.stored = []
    assert await stage.back("a1") == []


async def test_those_who_have_nothing_unseen_cost_no_query():
    """Neither those who never had anything nor those who have seen it."""
    stage = Stage()
    stage.enter("b1", "bob")
    await stage.reminding.open()
    stage.reminding.note(ADA)
    for _ in range(3):
        await stage.back("a1", "b1")
    assert stage.asked == [[ADA]]


async def test_all_who_return_together_cost_a_query_for_every_two_hundred():
    """A proxy that restarts sends thousands at once; two tabs of one owner are asked for once and both told."""
    crowd = [f"s{number}" for number in range(2 * AT_ONCE)]
    stage = Stage(told(), *(told(f"for {sid}", owner_of_session(sid)) for sid in crowd))
    for sid in crowd:
        stage.enter(sid, sid)
    await stage.reminding.open()
    heard = await stage.back("a1", "a2", *crowd)
    assert sorted(heard) == sorted([("a1", "n1"), ("a2", "n1"), *((sid, f"for {sid}") for sid in crowd)])
    assert [len(owners) for owners in stage.asked] == [AT_ONCE - 1, AT_ONCE, 2]


async def test_what_comes_in_while_the_unseen_are_read_is_repeated_later():
    """The answer did not have it, so the next return asks again."""
    stage = Stage()
    stage.reminding.note(ADA)

    def arrives() -> None:
        stage.stored.append(told())
        stage.reminding.note(ADA)

    stage.meanwhile = arrives
    assert await stage.back("a1") == []
    assert await stage.back("a1") == [("a1", "n1")]


async def test_a_second_tab_that_comes_while_the_unseen_are_read_hears_them_too():
    """It is asked for once more."""
    stage = Stage(told())
    await stage.reminding.open()
    second = stage.present["a2"]
    stage.meanwhile = lambda: stage.reminding.remind(second)
    assert await stage.back("a1") == [("a1", "n1"), ("a2", "n1")]


async def test_a_socket_that_signs_in_while_the_unseen_are_read_hears_its_users():
    """And not those of whom it was before."""
    stage = Stage(told(), told("n2", owner_of_session("eve")))
    await stage.reminding.open()
    stage.meanwhile = lambda: stage.reminding.remind(Connection("a1", "eve"))
    assert await stage.back("a1") == [("a1", "n2")]


async def test_a_question_that_failed_is_asked_again_by_the_next_run():
    """A database that was away for a moment makes nobody miss anything."""
    stage = Stage(told())
    await stage.reminding.open()
    stage.failures = 1
    stage.reminding.remind(Connection("a1", "ada"))
    with pytest.raises(ConnectionError):
        await stage.reminding.run(WorkerState("reminding", has_rhythm=False))
    assert await stage.back() == [("a1", "n1")]


async def test_a_socket_that_has_gone_is_forgotten():
    """Nothing is asked for it, and nothing kept."""
    stage = Stage(told())
    await stage.reminding.open()
    stage.reminding.remind(Connection("a1", "ada"))
    stage.reminding.forget("a1")
    assert await stage.back() == []
    assert stage.asked == []
