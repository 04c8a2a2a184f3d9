"""Admins who watch: told as long as they may be, and nothing is read for nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from ivorycart.connections import Connection, Connections, User
from ivorycart.overview.watching import Watching
from ivorycart.workers import WorkerState
from tests.patience import PATIENCE

ADMIN = User("a" * 24, "admin@shop.test", "Admin", "admin", float("inf"))


class Stage:
    """Watching, over a dashboard that answers when it is let, and an outlet that keeps what is sent."""

    def __init__(self) -> None:
        self.connections = Connections()
        self.read = 0
        self.seldom: dict[str, Any] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.heard: asyncio.Queue[tuple[str, str, Any]] = asyncio.Queue()
        self.watching = Watching(self, self.connections, self, dict, interval=0.01)  # type: ignore[arg-type]

    async def moving(self) -> Any:
        """Read what moves."""
        self.read += 1
        await self.open.wait()
        return {"sockets": self.read, **self.seldom}

    async def send(self, event: str, payload: Any, *, to: str) -> None:
        """Keep what is sent."""
        self.heard.put_nowait((to, event, payload))

    def arrive(self, sid: str, user: User | None = ADMIN) -> None:
        """Let a socket connect and watch."""
        self.connections.add(Connection(sid, sid, user))
        self.watching.add(sid)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run it."""
    stage = Stage()
    async with running(stage):
        yield stage


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """Run the watching until the end."""
    run = asyncio.create_task(stage.watching.run(WorkerState("w", has_rhythm=False)))
    yield
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def settled(stage: Stage) -> None:
    """Wait until nobody watches any more."""
    async with asyncio.timeout(PATIENCE):
        while len(stage.watching):
            await asyncio.sleep(0.005)


async def test_those_who_watch_are_told_again_and_again(stage: Stage) -> None:
    """One reading for all of them."""
    stage.arrive("one")
    stage.arrive("two")
    told = [await asyncio.wait_for(stage.heard.get(), PATIENCE) for _ in range(4)]
    assert [(to, payload["sockets"]) for to, _, payload in sorted(told, key=str)] == [
        *(("one", 1), ("one", 2), ("two", 1), ("two", 2))
    ]
    assert {event for _, event, _ in told} == {"admin:metrics"}


async def test_what_seldom_moves_is_told_when_it_changed(stage: Stage) -> None:
    """A failover, a new account; and all of it once more to everybody when somebody comes."""
    stage.seldom = {"users": {"total": 1}, "replica_set": {"primary": "a"}}
    stage.arrive("one")

    async def heard(to: str) -> dict[str, Any]:
        while True:
            who, _, payload = await asyncio.wait_for(stage.heard.get(), PATIENCE)
            if who == to:
                return {name: part for name, part in payload.items() if name != "sockets"}

    assert await heard("one") == stage.seldom
    assert await heard("one") == {}
    stage.seldom = {"users": {"total": 1}, "replica_set": {"primary": "b"}}
    while not (news := await heard("one")):
        pass
    assert news == {"replica_set": {"primary": "b"}}
    stage.arrive("two")
    assert await heard("two") == stage.seldom


async def test_nothing_is_read_while_nobody_watches(stage: Stage) -> None:
    """Neither before somebody came nor after the last one left."""
    await asyncio.sleep(0.05)
    assert stage.read == 0
    stage.arrive("one")
    await asyncio.wait_for(stage.heard.get(), PATIENCE)
    stage.connections.remove("one")
    await settled(stage)
    read = stage.read
    await asyncio.sleep(0.05)
    assert stage.read == read


@pytest.mark.parametrize(
    "user", [None, replace(ADMIN, role="buyer"), replace(ADMIN, expires_at=0.0)], ids=["session", "role", "token"]
)
async def test_whoever_may_not_any_more_hears_nothing_more(stage: Stage, user: User | None) -> None:
    """Though the figures were being read already when it was lost."""
    stage.open.clear()
    stage.arrive("one")
    async with asyncio.timeout(PATIENCE):
        while not stage.read:
            await asyncio.sleep(0.005)
    stage.connections.change("one", user=user)
    stage.open.set()
    await settled(stage)
    assert stage.heard.empty()
