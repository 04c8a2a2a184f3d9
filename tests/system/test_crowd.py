"""No oversell: far more buyers than stock, at once, over two server processes on one replica set."""

import asyncio
import secrets
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, TCPConnector

from bench.shop.books import Books
from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks

Twins = tuple[RunningShop, RunningShop]
BUYERS = 500
STOCK = 100
ROUNDS = 20
CONNECTIONS = 250  # per process and kept alive: every buyer is in one of the servers at the same time


@pytest.fixture
async def twins(open_shop: OpenShop, one_database: dict[str, str]) -> Twins:
    """Run two processes on one database, open to guests."""
    settings = {**one_database, "GUEST_CHECKOUT": "true"}
    return await open_shop("one", **settings), await open_shop("two", **settings)


async def test_five_hundred_buyers_and_a_hundred_pieces(twins: Twins, books_of: ReadBooks, measured: Measured) -> None:
    """In each of twenty rounds exactly 100 orders are placed, the others hear `insufficient_stock`, nothing is left."""
    books = await books_of(twins[0])
    started = time.perf_counter()
    for number in range(ROUNDS):
        product_id = await books.add_product(stock=STOCK)
        assert await _sale(twins, product_id) == {"placed": STOCK, "insufficient_stock": BUYERS - STOCK}, number
        await _sold_out(books, product_id)
    measured("buyers answered per second", BUYERS * ROUNDS / (time.perf_counter() - started))
    assert await books["orders"].count_documents({}) == ROUNDS * STOCK
    assert await books["carts"].count_documents({"lines": {"$ne": []}}) == 0
    await books.check()


async def test_buyers_with_sockets_who_hold_first(twins: Twins, meet: Meet, books_of: ReadBooks) -> None:
    """Sixty sockets on both processes want one of twenty pieces: who holds one can order it, the others cannot."""
    books = await books_of(twins[0])
    product_id = await books.add_product(stock=20)
    sockets = await asyncio.gather(*(meet(twins[number % 2]) for number in range(60)))
    held = await asyncio.gather(*(each.ask("cart:set", {"product_id": product_id, "quantity": 1}) for each in sockets))
    refusals = [answer["error"] for answer in held if not answer["ok"]]
    assert [(each["code"], each["details"]["available"]) for each in refusals] == [("insufficient_stock", 0)] * 40
    bodies = [order(500, uuid4().hex) for _ in sockets]
    placed = await asyncio.gather(*(each.ask("order:place", body) for each, body in zip(sockets, bodies, strict=True)))
    assert [answer["ok"] for answer in placed] == [answer["ok"] for answer in held]
    for each in sockets:
        await each.sees(product_id, available=0, stock=0, held=0)
    assert await books["orders"].count_documents({}) == 20
    await books.check()


async def test_fifty_repeats_of_one_order_on_two_processes_are_one_order(twins: Twins, books_of: ReadBooks) -> None:
    """The same key gets the same answer, whoever is asked; with another content it is refused."""
    books = await books_of(twins[0])
    product_id, session, key = await books.add_product(), secrets.token_urlsafe(24), uuid4().hex
    body = {"cart": [{"product_id": product_id, "quantity": 2}], "socketId": session, "order_key": key}
    async with ClientSession() as http:
        answers = await asyncio.gather(*(_post(http, twins[number % 2], body) for number in range(50)))
        other = await _post(http, twins[1], {**body, "cart": [{"product_id": product_id, "quantity": 1}]})
    assert {status for status, _ in answers} == {201}
    assert all(answer == answers[0] for answer in answers)
    assert (other[0], other[1]["code"]) == (422, "key_reused")
    assert (await books.product(product_id))["stock"] == 98
    await books.check()


async def _sale(shops: Twins, product_id: str) -> Counter[str]:
    """Let all buyers order one piece at once; count what they heard."""
    heard: Counter[str] = Counter()

    async def buy(http: ClientSession, shop: RunningShop) -> None:
        body = {
            "cart": [{"product_id": product_id, "quantity": 1}],
            "socketId": secrets.token_urlsafe(24),
            "order_key": uuid4().hex,
        }
        status, answer = await _post(http, shop, body)
        heard["placed" if status == 201 else answer["code"]] += 1

    async with ClientSession(connector=TCPConnector(limit_per_host=CONNECTIONS)) as http:
        await asyncio.gather(*(buy(http, shops[number % len(shops)]) for number in range(BUYERS)))
    return heard


async def _post(http: ClientSession, shop: RunningShop, body: object) -> tuple[int, Any]:
    async with http.post(f"{shop.url}/api/cart/order", json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def _sold_out(books: Books, product_id: str) -> None:
    """Assert that nothing is left, held or sold twice."""
    product = await books.product(product_id)
    assert (product["stock"], product["held"]) == (0, 0)
    orders = await books["orders"].find({"product_list.product_id": product["_id"]}).to_list(None)
    purchases = await books.movements(product_id, change_type="purchase")
    assert len(orders) == STOCK
    assert sorted(row["cause"] for row in purchases) == sorted(str(each["_id"]) for each in orders)
    assert [row["new_stock"] for row in purchases] == list(reversed(range(STOCK)))
