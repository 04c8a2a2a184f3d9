"""Whether a server can serve, and what it counts."""

import asyncio
import os
import signal
from typing import Any

from aiohttp import ClientSession

from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.standing_still import stand_still, standing_still
from tests.system.conftest import Meet, OpenShop, ReadBooks


async def _get(shop: RunningShop, path: str) -> tuple[int, Any]:
    async with ClientSession() as http, http.get(f"{shop.url}{path}") as answer:
        return answer.status, await answer.json(content_type=None)


async def _becomes(shop: RunningShop, wanted: int) -> Any:
    """Ask for readiness until it is answered by this status; the process is alive all the while."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status, body = await _get(shop, "/readyz")
            assert await _get(shop, "/healthz") == (200, {"status": "ok"})
            if status == wanted:
                return body
            await asyncio.sleep(0.05)


async def test_a_server_is_ready_while_its_database_and_workers_are_at_work(open_shop: OpenShop, meet: Meet) -> None:
    """Ready, with every check listed and the sockets counted."""
    shop = await open_shop()
    await meet(shop)
    body = await _becomes(shop, 200)
    assert body["status"] == "ready"
    assert body["checks"].keys() >= {"database", "feed", "broadcaster", "expiry", "alerts", "mail", "settling"}
    assert all(check["ok"] for check in body["checks"].values())
    assert body["sockets"] == 1
    assert body["checks"]["ledger"]["waiting"] == 0
    assert body["checks"]["change_stream"]["lag_seconds"] < 10


async def test_a_database_that_hangs_makes_it_unready_with_the_reason(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Frozen: 503 naming the database, commands get a clear answer; thawed: ready again, nothing done by halves."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product(stock=10)
    ada = await meet(shop)
    async with standing_still(shop.mongod_pid):
        asked = asyncio.create_task(ada.client.call("cart:set", {"product_id": product_id, "quantity": 2}, timeout=60))
        body = await _becomes(shop, 503)
        assert body["status"] == "not ready"
        assert body["checks"]["database"]["ok"] is False
        assert body["checks"]["database"]["reason"]
        assert (await asked)["error"]["code"] in {"storage_unavailable", "pending"}
    await _becomes(shop, 200)
    assert (await ada.ask("cart:set", {"product_id": product_id, "quantity": 3}))["ok"]
    await ada.sees(product_id, available=7)
    await books.check()


async def test_a_killed_database_makes_it_unready_until_it_is_back(open_shop: OpenShop, books_of: ReadBooks) -> None:
    """The server starts it again by itself, on another pid and the same data."""
    shop = await open_shop()
    await (await books_of(shop)).add_product()
    killed = shop.mongod_pid
    await stand_still(killed)  # unready for certain, however quickly a new one would be there
    await _becomes(shop, 503)
    os.kill(killed, signal.SIGKILL)
    await _becomes(shop, 200)
    assert shop.mongod_pid != killed
    await (await books_of(shop)).check()


async def test_the_figures_for_prometheus_count_what_was_done_and_refused(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Batches, and refusals by their code."""
    shop = await open_shop()
    product_id = await (await books_of(shop)).add_product(stock=1)
    ada = await meet(shop)
    for quantity in (1, 2, 3):
        await ada.ask("cart:set", {"product_id": product_id, "quantity": quantity})
    async with ClientSession() as http, http.get(f"{shop.url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        figures = dict(line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if not line.startswith("#"))
    assert float(figures["ivorycart_ledger_batch_seconds_count"]) >= 3
    assert figures['ivorycart_ledger_refusals_total{code="insufficient_stock"}'] == "2.0"
