"""Imports in whole servers: killed and started again, and with more rows than may be held in memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psutil
from aiohttp import ClientSession

from bench.shop.running import RunningShop
from tests.handlers.doors import bearer, send
from tests.system.conftest import OpenShop, ReadBooks
from tests.visitor import sign_in

ROWS = 1200


async def rows_of(count: int, description: str = "") -> AsyncIterator[bytes]:
    """Yield a file, some rows at a time."""
    yield b"sku,name,description,price,category,stock\n"
    for start in range(0, count, 100):
        rows = (f"S{n},Tea {n},{description},{n},pantry,{n % 7}\n" for n in range(start, min(count, start + 100)))
        yield "".join(rows).encode()


async def send_in(shop: RunningShop, token: str, content: AsyncIterator[bytes], query: str = "") -> Any:
    """Send a file in."""
    headers = {**bearer(token), "Content-Type": "text/csv"}
    address = f"{shop.url}/api/products/import{query}"
    async with ClientSession() as http, http.post(address, data=content, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        return await answer.json()


async def test_an_import_goes_on_where_a_power_cut_left_it(open_shop: OpenShop, books_of: ReadBooks):
    """Nothing twice, nothing left out."""
    shop = await open_shop(DEMO="true")
    token = await sign_in(shop.url, "seller@demo.com")
    job = await send_in(shop, token, rows_of(ROWS))
    path = f"/api/products/imports/{job['id']}"
    async with asyncio.timeout(60):
        while (await send(shop.url, "GET", path, **bearer(token))).body["done"] == 0:
            await asyncio.sleep(0.02)
    await shop.kill()
    again = await shop.start()
    token = await sign_in(again.url, "seller@demo.com")
    async with asyncio.timeout(120):
        while (found := (await send(again.url, "GET", path, **bearer(token))).body)["state"] == "running":
            await asyncio.sleep(0.1)
    assert (found["state"], found["done"], found["creates"], found["errors"]) == ("done", ROWS, ROWS, 0)
    books = await books_of(again)
    assert await books["products"].count_documents({"sku": {"$regex": "^S[0-9]+$"}}) == ROWS
    await books.check()


async def test_a_file_is_never_held_in_memory(open_shop: OpenShop):
    """Of one that is many times as long as what may be added, coming in and going out."""
    shop = await open_shop(DEMO="true")
    token = await sign_in(shop.url, "seller@demo.com")
    assert shop.process
    process = psutil.Process(shop.process.pid)
    await send_in(shop, token, rows_of(100), "?dry_run=true")  # what is loaded once is loaded
    await asyncio.sleep(1)
    before, highest = process.memory_info().rss, 0

    async def watched() -> AsyncIterator[bytes]:
        nonlocal highest
        async for chunk in rows_of(6000, "x" * 9000):
            highest = max(highest, process.memory_info().rss)
            yield chunk

    await send_in(shop, token, watched(), "?dry_run=true")
    assert highest - before < 32 * 1024 * 1024  # of 54 MiB
