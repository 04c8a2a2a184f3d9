"""Rolling restarts: all workers of a server, and all servers behind a proxy, under load, and nobody notices."""

import asyncio
import signal
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bench.rolling import roll
from bench.shop.books import open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.returning import all_know, returning
from bench.shop.running import RunningShop
from tests.forked import ForkedShop
from tests.patience import PATIENCE
from tests.system.balancer import Balancer
from tests.system.conftest import Measured, OpenShop
from tests.system.flock import Flock
from tests.visitor import sign_in

SOCKETS = 200


async def _products(shop: RunningShop) -> list[str]:
    async with open_books(shop) as books:
        return [await books.add_product(stock=5000) for _ in range(3)]


async def test_all_workers_are_replaced_and_no_request_fails(open_shop: OpenShop) -> None:
    """SIGHUP: a worker goes when another is ready on its socket; acked orders are there, sockets are back and right."""
    shop = await open_shop(WORKERS="2", DEMO="true", GUEST_CHECKOUT="true")
    flock, journal = Flock(shop), Journal()
    product_ids = await _products(shop)
    before = flock.pids
    async with returning(shop.url, SOCKETS) as sockets, asyncio.timeout(3 * PATIENCE):
        await sockets.all_here()
        async with load(shop, product_ids, await sign_in(shop.url, "admin@demo.com"), journal, pause=0.05):
            await journal.grows(20)
            flock.parent.send_signal(signal.SIGHUP)
            for number, pid in before.items():
                assert await flock.replaced(number, pid) != pid
                assert await flock.who_answers() == {1, 2}
            await journal.grows(20)
        await sockets.all_here(came=2 * SOCKETS)
        async with open_books(shop) as books:
            versions = {each: (await books.product(each))["version"] for each in product_ids}
            assert await all_know(sockets, versions, PATIENCE) == []
            await nothing_lost(books, journal)
    assert (journal.broken, sockets.regressed) == ([], [])
    assert sockets.resumed >= SOCKETS
    assert (await flock.figures())["ivorycart_process_restarts_total"] == {"1": 0, "2": 0}
    await same_answers(shop, journal, set(list(journal.orders)[:20]))
    assert "Traceback" not in shop.log.read_text()
    assert len(flock.parent.children()) == 3


async def test_code_that_does_not_start_replaces_nobody(open_shop: OpenShop) -> None:
    """The first new worker fails, and both old ones serve on."""
    shop = await open_shop(WORKERS="2")
    flock = Flock(shop)
    before, secret = flock.pids, shop.data_dir / "jwt_secret"
    kept = secret.read_text()
    secret.write_text("")
    flock.parent.send_signal(signal.SIGHUP)
    async with asyncio.timeout(PATIENCE):
        while "supervisor.not_replaced" not in shop.log.read_text():
            await asyncio.sleep(0.05)
    secret.write_text(kept)
    assert flock.pids == before
    assert await flock.who_answers() == {1, 2}
    flock.parent.send_signal(signal.SIGHUP)
    for number, pid in before.items():
        await flock.replaced(number, pid)


async def test_servers_behind_a_proxy_are_restarted_one_by_one(
    open_shop: OpenShop, one_database: dict[str, str]
) -> None:
    """Each says first that it is not ready, serves on meanwhile, and leaves when nobody comes to it any more."""
    settings = {**one_database, "DEMO": "true", "GUEST_CHECKOUT": "true", "DRAIN_SECONDS": "2"}
    shops = [await open_shop(name, **settings) for name in ("one", "two")]
    product_ids = await _products(shops[0])
    journal = Journal()
    async with Balancer([shop.url for shop in shops]) as proxy:
        entrance = RunningShop(shops[0].data_dir, settings, url=proxy.url)
        async with load(entrance, product_ids, await sign_in(proxy.url, "admin@demo.com"), journal, pause=0.05):
            await journal.grows(30)
            for shop in shops:
                await _restart(shop, journal)
        assert journal.broken == []
        async with open_books(shops[0]) as books:
            await nothing_lost(books, journal)


async def _restart(shop: RunningShop, journal: Journal) -> None:
    """Stop a server and start another one in its place; meanwhile acks go on."""
    ending = asyncio.ensure_future(shop.stop())
    async with ClientSession() as http, asyncio.timeout(PATIENCE):
        while True:
            async with http.get(f"{shop.url}/readyz") as answer:
                body = await answer.json(content_type=None)
            if answer.status == 503:
                break
            await asyncio.sleep(0.02)
        assert body["status"] == "stopping"
        async with http.get(f"{shop.url}/api/products/") as answer:
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
    assert await ending == 0
    await journal.grows(20)
    port = shop.url.rpartition(":")[2]
    shop.settings = {**shop.settings, "PORT": port}
    await shop.start()
    await journal.grows(20)


@pytest.mark.long
async def test_workers_hosts_and_members_are_restarted_behind_nginx_and_nobody_notices(
    tmp_path: Path, measured: Measured
) -> None:
    """No request fails, nothing acked is lost, and every socket that came back resumed; the audit is clean."""
    rolled = await roll(tmp_path / "cluster", 50)
    for phase in rolled.phases:
        measured(f"seconds away at the longest, {phase.name}", phase.away)
    assert rolled.failures == []
    workers, hosts, members = rolled.phases
    assert workers.back >= 50
    assert hosts.back >= 50
    assert members.acked


async def test_a_hurried_stop_drains_no_longer(open_shop: OpenShop) -> None:
    """Whoever asks twice does not wait for DRAIN_SECONDS."""
    shop = await open_shop(DRAIN_SECONDS="300")
    assert isinstance(shop, ForkedShop)
    assert shop.process
    shop.process.send_signal(signal.SIGTERM)
    async with ClientSession() as http, asyncio.timeout(PATIENCE):
        while True:
            async with http.get(f"{shop.url}/readyz") as answer:
                if answer.status == 503:
                    break
    assert await shop.end(signal.SIGTERM) == 0
