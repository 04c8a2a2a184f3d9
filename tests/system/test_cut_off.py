"""Clients are cut off, one by one and with their process, while stock changes: none misses anything."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from aiohttp import ClientError, ClientSession, TCPConnector

from bench.shop.books import Books
from bench.shop.running import RunningShop
from tests.extent import Ran, extent
from tests.handlers.doors import fresh_session
from tests.patience import PATIENCE
from tests.system.conftest import Measured, OpenShop, ReadBooks
from tests.system.flock import Flock
from tests.system.watcher import Watcher, all_equal, watchers

PRODUCTS = 10
CLIENTS, CUTS = extent(200, 1000), extent(40, 100)


@asynccontextmanager
async def storm(shop: RunningShop, product_ids: list[str]) -> AsyncIterator[None]:
    """Fill three carts anew all the time, on connections of their own: they meet every process that serves."""

    async def fill(number: int) -> None:
        headers = {"X-Cart-Session": fresh_session()}
        async with ClientSession(connector=TCPConnector(force_close=True), headers=headers) as http:
            for turn in count(number):
                path = f"/api/cart/items/{product_ids[turn % PRODUCTS]}"
                with suppress(ClientError):
                    await (await http.put(shop.url + path, json={"quantity": 1 + turn % 7})).read()
                await asyncio.sleep(0.02)

    filling = [asyncio.create_task(fill(number)) for number in range(3)]
    try:
        yield
        assert not any(each.done() for each in filling)
    finally:
        await _ended(filling)


@asynccontextmanager
async def living(crowd: list[Watcher], books: Books) -> AsyncIterator[None]:
    """Have everybody come back whenever they are cut off; at the end all are equal to the database, then they leave."""
    lives = [asyncio.create_task(each.live(books)) for each in crowd]
    try:
        yield
        await all_equal(crowd, books)
        for life in lives:
            assert not life.done(), life.exception()
    finally:
        await _ended(lives)
        await asyncio.gather(*(each.leave() for each in crowd))


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _took(crowd: list[Watcher]) -> list[float]:
    return sorted(seconds for each in crowd for seconds in each.caught_up)


async def test_who_was_at_a_killed_process_is_soon_equal_to_the_database(
    open_shop: OpenShop, books_of: ReadBooks, measured: Measured
) -> None:
    """Sixty clients at two processes, of which one dies while stock changes: those that were at it come back."""
    shop = await open_shop(WORKERS="2")
    flock, books = Flock(shop), await books_of(shop)
    product_ids = [await books.add_product(stock=1000) for _ in range(PRODUCTS)]
    crowd = await watchers(shop, 60)
    at_one = int((await flock.figures())["ivorycart_sockets"]["1"])
    assert 0 < at_one < len(crowd)
    async with living(crowd, books), storm(shop, product_ids):
        await asyncio.sleep(0.5)
        killed = flock.pids[1]
        os.kill(killed, signal.SIGKILL)
        await flock.replaced(1, killed)
        async with asyncio.timeout(PATIENCE):
            while sum(bool(each.caught_up) for each in crowd) < at_one:
                await asyncio.sleep(0.05)
    took = _took(crowd)
    assert len(took) == at_one
    measured("seconds from the return until equal, middle", took[len(took) // 2])
    measured("seconds from the return until equal, longest", took[-1])
    assert not [each.went_back for each in crowd if each.went_back]
    await books.check()


async def test_cuts_and_restarts_cost_nobody_an_update(
    open_shop: OpenShop, books_of: ReadBooks, measured: Measured, ran: Ran
) -> None:
    """At random, under stock changes; both processes are killed in turn. In the end all equal the database."""
    dice = random.Random(7)
    shop = await open_shop(WORKERS="2")
    flock, books = Flock(shop), await books_of(shop)
    product_ids = [await books.add_product(stock=1000) for _ in range(PRODUCTS)]
    crowd = await watchers(shop, CLIENTS)
    async with living(crowd, books), storm(shop, product_ids):
        for number in (1, 2):
            killed = flock.pids[number]
            for turn in range(CUTS // 2):
                dice.choice(crowd).cut()
                await asyncio.sleep(0.02)
                if turn == CUTS // 4:
                    os.kill(killed, signal.SIGKILL)
            await flock.replaced(number, killed)
    took = _took(crowd)
    measured("returns", len(took))
    measured("seconds from a return until equal, 99 of 100", took[len(took) * 99 // 100])
    measured("seconds from a return until equal, longest", took[-1])
    assert len(took) >= CUTS // 2  # who is cut again before having caught up is counted once
    assert not [each.went_back for each in crowd if each.went_back]
    await books.check()
    ran("clients", CLIENTS)
    ran("cuts", CUTS)
