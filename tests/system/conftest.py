"""Whole servers in processes of their own, started as each test needs them, and what they work with."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.books import Books, open_books
from bench.shop.running import RunningShop
from ivorycart.vault import fresh_keys
from tests.forked import ForkedShop, Forks
from tests.visitor import Visitor

OpenShop = Callable[..., Awaitable[RunningShop]]
Meet = Callable[..., Awaitable[Visitor]]
Measured = Callable[[str, float], None]
ReadBooks = Callable[[RunningShop], Awaitable[Books]]


@pytest.fixture
async def open_shop(tmp_path: Path, forks: Forks) -> AsyncIterator[OpenShop]:
    """Return a function that starts a server with these settings; it must end well if the test doesn't end it."""
    shops: list[RunningShop] = []

    async def start(name: str = "shop", **settings: str) -> RunningShop:
        data_dir = tmp_path / name / "data"
        # What is read as a process begins, such as the allocator's settings, cannot be set for one that is forked.
        whole = any(each.startswith("MALLOC_") for each in settings)
        shops.append(RunningShop(data_dir, settings) if whole else ForkedShop.of(forks, data_dir, settings))
        return await shops[-1].start()

    yield start
    running = [shop for shop in shops if shop.process and shop.process.returncode is None]
    for shop, status in zip(running, await asyncio.gather(*(each.stop() for each in running)), strict=True):
        assert status == 0, shop.log.read_text()[-3000:]


@pytest.fixture
def one_database(mongo_uri: str) -> dict[str, str]:
    """Return the settings by which several servers share one database of one replica set."""
    return {
        "MONGODB_URI": mongo_uri,
        "MONGODB_DATABASE": f"shop_{ObjectId()}",
        "JWT_SECRET": "one secret for all of them " * 2,
        "ENCRYPTION_KEYS": fresh_keys(),
    }


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    """Return a function that connects a client to a shop; all leave at the end."""
    visitors: list[Visitor] = []

    async def connect(shop: RunningShop, **auth: Any) -> Visitor:
        visitors.append(await Visitor(shop.url, auth).connect())
        return visitors[-1]

    yield connect
    for each in visitors:
        await each.leave()


@pytest.fixture
async def books_of() -> AsyncIterator[ReadBooks]:
    """Return a function that opens a shop's database."""
    async with AsyncExitStack() as stack:
        yield lambda shop: stack.enter_async_context(open_books(shop))


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Return a function that notes a figure, for `pytest -s` and its report; no test depends on one."""

    def note(what: str, value: float) -> None:
        record_property(what, value)
        sys.stdout.write(f"\n    {what}: {value:.3g}")

    return note
