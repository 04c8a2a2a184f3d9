"""Imports in whole servers: killed and started again, and with more rows than may be held in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession

from bench.shop.running import RunningShop
from tests.handlers.doors import bearer, send
from tests.patience import PATIENCE
from tests.system.conftest import OpenShop, ReadBooks
from tests.visitor import sign_in

ROWS = 1200
LONG = 2500


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
    async with asyncio.timeout(PATIENCE):
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


@pytest.mark.long
async def test_a_file_is_never_held_in_memory(open_shop: OpenShop):
    """Of one that is many times as long as what may be added: coming in, checked, carried out, repeated, going out."""
    # Of one arena of the allocator: what others keep for threads that have ended their work is none of the file.
    shop = await open_shop(DEMO="true", MALLOC_ARENA_MAX="1")
    token = await sign_in(shop.url, "seller@demo.com")
    assert shop.process
    process = psutil.Process(shop.process.pid)
    highest: dict[str, int] = {}

    async def watched(phase: str, work: Awaitable[Any]) -> Any:
        async def sample() -> None:
            while True:
                highest[phase] = max(highest.get(phase, 0), process.memory_info().rss)
                await asyncio.sleep(0.02)

        sampling = asyncio.create_task(sample())
        done = await work
        sampling.cancel()
        return done

    job = await send_in(shop, token, rows_of(300), "?dry_run=true")  # what is loaded once is loaded
    await over(shop, token, job, "ready")
    assert (await send(shop.url, "POST", f"/api/products/imports/{job['id']}/cancel", **bearer(token))).status == 200
    await asyncio.sleep(1)
    before = process.memory_info().rss
    job = await watched("sent in", send_in(shop, token, rows_of(LONG, "x" * 9000), "?dry_run=true"))
    await watched("checked", over(shop, token, job, "ready"))
    assert (await send(shop.url, "POST", f"/api/products/imports/{job['id']}/apply", **bearer(token))).status == 200
    done = await watched("carried out", over(shop, token, job, "done"))
    assert (done["creates"], done["errors"]) == (LONG, 0)
    job = await watched("sent in again", send_in(shop, token, rows_of(LONG, "x" * 9000)))
    assert (await watched("repeated", over(shop, token, job, "done")))["same"] == LONG
    assert await watched("exported", exported(shop, token)) > LONG * 9000
    told = {phase: (rss - before) // 2**20 for phase, rss in highest.items()}
    assert max(told["sent in"], told["checked"]) < 14, told  # of 22 MiB
    assert max(told.values()) < 56, told  # products and the index of their words are in memory by then


async def over(shop: RunningShop, token: str, job: Any, state: str) -> Any:
    """Wait until an import is in a state in which nobody works on it."""
    path = f"/api/products/imports/{job['id']}"
    async with asyncio.timeout(120):
        while (found := (await send(shop.url, "GET", path, **bearer(token))).body)["state"] in {"checking", "running"}:
            await asyncio.sleep(0.1)
    assert found["state"] == state, found
    return found


async def exported(shop: RunningShop, token: str) -> int:
    """Read all products as a file; return its length."""
    length = 0
    address = f"{shop.url}/api/products/export"
    async with ClientSession() as http, http.get(address, headers=bearer(token)) as answer:
        assert answer.status == 200
        async for chunk in answer.content.iter_any():
            length += len(chunk)
    return length
