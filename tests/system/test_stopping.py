"""A server that is asked to stop keeps its promises first."""

import asyncio
import json
from pathlib import Path

from aiohttp import ClientSession, WSCloseCode, WSMsgType

from bench.shop.books import open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.standing_still import stand_still
from tests.system.conftest import Meet, OpenShop
from tests.system.npm_visitor import npm_visitor
from tests.visitor import Visitor, products, sign_in


async def test_a_stop_under_load_loses_nothing_and_leaves_nothing_behind(open_shop: OpenShop, meet: Meet) -> None:
    """SIGTERM: `goodbye` and a close for every socket, exit status 0, no mongod, and every acked order is there."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    async with open_books(shop) as books:
        product_ids = [await books.add_product(stock=2000) for _ in range(3)]
    sockets = [await meet(shop) for _ in range(5)]
    mongod, journal = shop.mongod_pid, Journal()
    assert _runs(mongod)
    async with load(shop, product_ids, await sign_in(shop.url, "admin@demo.com"), journal):
        await journal.grows(100)
        status = await shop.stop()
    assert status == 0, shop.log.read_text()[-3000:]
    assert not _runs(mongod)
    for each in sockets:
        await each.gone()
        (goodbye,) = each.all("goodbye")
        assert goodbye["retry_ms"] > 0
    assert "Traceback" not in shop.log.read_text()

    await shop.start()
    async with open_books(shop) as books:
        await nothing_lost(books, journal)
        await same_answers(shop, journal, set(journal.orders))


async def test_a_browser_is_told_why_its_socket_closes(open_shop: OpenShop) -> None:
    """The close frame says 1001, going away, after `goodbye`; the npm client then knows that it may come back."""
    shop = await open_shop()
    async with ClientSession() as http, npm_visitor(shop) as nina:
        async with http.ws_connect(f"{shop.url}/socket.io/?EIO=4&transport=websocket") as socket:
            await socket.send_str("40{}")
            while "stock:snapshot" not in await socket.receive_str():
                continue
            assert await shop.stop() == 0
            assert await socket.receive_json(loads=lambda text: json.loads(text[2:])) == ["goodbye", {"retry_ms": 1000}]
            last = await socket.receive()
            assert (last.type, last.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)
        await nina.hear("goodbye")
        assert await nina.hear("disconnect") == "transport close"


async def test_stopped_and_started_again_and_again(open_shop: OpenShop) -> None:
    """With nobody there: status 0 each time, and no complaint in the log."""
    shop = await open_shop()
    for _ in range(2):
        async with asyncio.timeout(PATIENCE):
            assert await shop.stop() == 0
        await shop.start()
    assert "Traceback" not in shop.log.read_text()


async def test_a_stop_ends_though_the_database_hangs(tmp_path: Path) -> None:
    """What was accepted is answered `pending`, sockets are told and closed, status 1, and the log stays readable."""
    shop = await RunningShop(tmp_path / "data", {"DEMO": "true"}).start()
    visitor = await Visitor(shop.url).connect()
    product_id = (await products(shop.url))[0]["id"]
    mongod = shop.mongod_pid
    async with ClientSession(headers={"X-Cart-Session": visitor.session}) as http:
        for _ in range(4):  # so that the next request needs no permit of the database, and comes as far as the ledger
            await http.get(f"{shop.url}/api/cart")
        await stand_still(mongod)
        put = http.put(f"{shop.url}/api/cart/items/{product_id}", json={"quantity": 1})
        waiting = asyncio.ensure_future(put)
        await asyncio.sleep(0.5)  # nothing tells a client that its request was accepted
        status = await shop.stop()
        async with await waiting as answer:
            assert answer.status in {202, 503}
    assert status == 1
    assert visitor.all("goodbye")
    await visitor.gone()
    assert not _runs(mongod)
    log = shop.log.read_text()
    assert "Traceback" not in log
    assert log.count("server.unfinished") == 1


def _runs(pid: int) -> bool:
    """Whether a process of this number exists and is a mongod."""
    try:
        return "mongod" in Path(f"/proc/{pid}/comm").read_text()
    except FileNotFoundError:
        return False
