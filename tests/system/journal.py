"""A journal that a load keeps of itself: what was asked for, and what the server said is done."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from bench.shop.books import Books
from bench.shop.running import RunningShop

Act = Callable[[], Awaitable[None]]

# Beside success: too little stock, a database that is away, and an outcome that is not known yet.
EXPECTED_REFUSALS = {409, 202, 503}


@dataclass
class Journal:
    """Requests and acks. A request without an ack may have been carried out or not; an ack is a promise."""

    asked: dict[str, Any] = field(default_factory=dict)  # order key → body
    orders: dict[str, Any] = field(default_factory=dict)  # order key → order
    restocks: set[str] = field(default_factory=set)  # reasons, each used once
    carts: dict[str, Any] = field(default_factory=dict)  # session → cart
    unexpected: list[Any] = field(default_factory=list)
    pause: float = 0.0  # seconds between two acts of each client
    broken: list[ClientError] = field(default_factory=list)  # connections, each of which ended a client's part
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def acks(self) -> int:
        """How many orders and restocks were acknowledged."""
        return len(self.orders) + len(self.restocks)

    async def note(self) -> None:
        """Wake those who wait for acks."""
        async with self._news:
            self._news.notify_all()

    async def grows(self, more: int, within: float = 60.0) -> None:
        """Wait for so many further acks."""
        wanted = self.acks + more
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.acks >= wanted)


@dataclass
class Crowd:
    """Guests who order, a guest who fills a cart, and an admin who restocks, on whichever server is running."""

    shop: RunningShop
    product_ids: list[str]
    token: str
    journal: Journal
    http: ClientSession
    dice: random.Random

    async def order(self) -> None:
        """Order one to three pieces of something."""
        key, product_id = uuid4().hex, self.dice.choice(self.product_ids)
        lines = [{"product_id": product_id, "quantity": self.dice.randint(1, 3)}]
        body = {"cart": lines, "socketId": secrets.token_urlsafe(24), "order_key": key}
        self.journal.asked[key] = body
        answer = await self._send("POST", "/api/cart/order", body)
        if answer:
            self.journal.orders[key] = answer

    async def fill_cart(self, session: str) -> None:
        """Set a line of a cart that nobody else works on."""
        path = f"/api/cart/items/{self.dice.choice(self.product_ids)}"
        body = {"quantity": self.dice.randint(0, 5)}
        answer = await self._send("PUT", path, body, {"X-Cart-Session": session})
        if answer:
            self.journal.carts[session] = answer

    async def restock(self) -> None:
        """Add units, for a reason that is found again."""
        reason = uuid4().hex
        body = {"change_type": "restock", "delta": self.dice.randint(1, 20), "reason": reason}
        path = f"/api/products/{self.dice.choice(self.product_ids)}/stock"
        if await self._send("POST", path, body, {"Authorization": f"Bearer {self.token}"}):
            self.journal.restocks.add(reason)

    async def _send(self, method: str, path: str, body: Any, headers: Any = None) -> Any:
        """Return the answer if it was a success; None for a refusal that may be."""
        async with self.http.request(method, f"{self.shop.url}{path}", json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
        if response.status in {200, 201}:
            return answer
        if response.status not in EXPECTED_REFUSALS:
            self.journal.unexpected.append((method, path, response.status, answer))
        return None


@asynccontextmanager
async def load(shop: RunningShop, product_ids: list[str], token: str, journal: Journal) -> AsyncIterator[None]:
    """Keep a shop busy for as long as it answers; a connection that breaks ends its client's part."""
    timeout, connector = ClientTimeout(total=30), TCPConnector(limit=32)
    async with ClientSession(timeout=timeout, connector=connector) as http:
        crowd = Crowd(shop, product_ids, token, journal, http, random.Random())
        fillers = [partial(crowd.fill_cart, secrets.token_urlsafe(24)) for _ in range(3)]
        roles: list[Act] = [*[crowd.order] * 8, *fillers, crowd.restock]
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(_keep_at_it(role, journal, stopping)) for role in roles]
        try:
            yield
        finally:
            stopping.set()
            await asyncio.gather(*tasks)


async def _keep_at_it(act: Act, journal: Journal, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            await act()
        except ClientError as error:  # the server has gone; what was in flight stays without an ack
            journal.broken.append(error)
            return
        await journal.note()
        await asyncio.sleep(journal.pause)


async def nothing_lost(books: Books, journal: Journal) -> None:
    """Assert that the books are in order and contain all that was acknowledged, and nothing that nobody asked for."""
    await books.check()
    assert journal.unexpected == []
    orders = {row["order_key"]: row for row in await books["orders"].find().to_list(None)}
    assert len(orders) == await books["orders"].count_documents({})
    assert journal.orders.keys() <= orders.keys() <= journal.asked.keys()
    for key, order in journal.orders.items():
        assert (str(orders[key]["_id"]), orders[key]["total_amount"]) == (order["id"], order["total_amount"])
    reasons = await books["inventory_logs"].distinct("reason", {"change_type": "restock"})
    assert journal.restocks <= set(reasons)
    for session, cart in journal.carts.items():
        stored = await books.cart(session)
        lines = [(line["product_id"], line["quantity"]) for line in cart["lines"]]
        if stored is None:  # it was never anything but empty: a line set to none is not stored
            assert (cart["revision"], lines) == (0, [])
            continue
        assert stored["revision"] >= cart["revision"]
        if stored["revision"] == cart["revision"]:
            assert [(str(line["product_id"]), line["quantity"]) for line in stored["lines"]] == lines


async def same_answers(shop: RunningShop, journal: Journal, keys: set[str]) -> None:
    """Assert that each acknowledged order, asked for again, is answered by the same order."""
    async with ClientSession(connector=TCPConnector(limit=32)) as http:

        async def repeat(key: str) -> None:
            async with http.post(f"{shop.url}/api/cart/order", json=journal.asked[key]) as response:
                assert await response.json() == journal.orders[key]

        await asyncio.gather(*map(repeat, keys))
