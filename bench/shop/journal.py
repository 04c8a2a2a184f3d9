"""A journal that a load keeps of itself: what was asked for, and what the server said is done."""

import asyncio
import random
import secrets
import time
from collections import Counter
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
GATEWAY_GAVE_UP = {502, 504}  # a proxy's words for a host that has gone or does not answer
PAUSE = 0.2  # seconds before what got no clear answer is asked for again
LONGEST_DOUBT = 120.0  # seconds in which it is


@dataclass
class Journal:
    """Requests and acks. A request without an ack may have been carried out or not; an ack is a promise."""

    asked: dict[str, Any] = field(default_factory=dict)  # order key → body
    orders: dict[str, Any] = field(default_factory=dict)  # order key → order
    denied: set[str] = field(default_factory=set)
    """Keys of orders that were refused for good, and never left in doubt before."""
    restocks: set[str] = field(default_factory=set)  # reasons, each used once
    carts: dict[str, Any] = field(default_factory=dict)  # session → cart
    unexpected: list[Any] = field(default_factory=list)
    broken: list[ClientError] = field(default_factory=list)  # connections, each of which ended a client's part
    moments: list[float] = field(default_factory=list)
    """When orders were acknowledged, by this process's monotonic clock."""
    refused: Counter[int] = field(default_factory=Counter)
    """How many requests ended without success, by status; 0: without any answer."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def acks(self) -> int:
        """How many orders and restocks were acknowledged."""
        return len(self.orders) + len(self.restocks)

    def add(self, other: "Journal") -> None:
        """Take over what another journal has of the same shop."""
        for mine, theirs in ((self.asked, other.asked), (self.orders, other.orders), (self.carts, other.carts)):
            mine.update(theirs)
        self.denied |= other.denied
        self.restocks |= other.restocks
        self.unexpected += other.unexpected

    async def note(self) -> None:
        """Wake those who wait for acks."""
        async with self._news:
            self._news.notify_all()

    async def grows(self, more: int, within: float = 60.0) -> None:
        """Wait for so many further acks."""
        wanted = self.acks + more
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.acks >= wanted)

    def resumed_after(self, moment: float) -> float | None:
        """Return how many seconds after a moment the next order was acknowledged; None: none was."""
        return min((each - moment for each in self.moments if each > moment), default=None)


@dataclass
class Crowd:
    """Guests who order, a guest who fills a cart, and an admin who restocks, on whichever server is running.

    ``lasting``: what gets no clear answer is asked for again, with the same key, as a browser does.
    """

    url: str
    product_ids: list[str]
    token: str
    journal: Journal
    http: ClientSession
    dice: random.Random
    lasting: bool = False

    async def order(self) -> None:
        """Order one to three pieces of something."""
        key, product_id = uuid4().hex, self.dice.choice(self.product_ids)
        lines = [{"product_id": product_id, "quantity": self.dice.randint(1, 3)}]
        body = {"cart": lines, "socketId": secrets.token_urlsafe(24), "order_key": key}
        self.journal.asked[key] = body
        began, doubts = time.monotonic(), 0
        while time.monotonic() - began < LONGEST_DOUBT:
            answer, unclear = await self._send("POST", "/api/cart/order", body)
            if answer:
                self.journal.orders[key] = answer
                self.journal.moments.append(time.monotonic())
            elif not (unclear or doubts):
                self.journal.denied.add(key)
            if not (unclear and self.lasting):
                return
            doubts += 1
            await asyncio.sleep(PAUSE)

    async def fill_cart(self, session: str) -> None:
        """Set a line of a cart that nobody else works on."""
        path = f"/api/cart/items/{self.dice.choice(self.product_ids)}"
        body = {"quantity": self.dice.randint(0, 5)}
        answer, _ = await self._send("PUT", path, body, {"X-Cart-Session": session})
        if answer:
            self.journal.carts[session] = answer

    async def restock(self) -> None:
        """Add units, for a reason that is found again."""
        reason = uuid4().hex
        body = {"change_type": "restock", "delta": self.dice.randint(1, 20), "reason": reason}
        path = f"/api/products/{self.dice.choice(self.product_ids)}/stock"
        if (await self._send("POST", path, body, {"Authorization": f"Bearer {self.token}"}))[0]:
            self.journal.restocks.add(reason)

    async def _send(self, method: str, path: str, body: Any, headers: Any = None) -> tuple[Any, bool]:
        """Return the answer if it was a success, else None; and whether it is unclear what came of it."""
        try:
            async with self.http.request(method, f"{self.url}{path}", json=body, headers=headers) as response:
                answer = await response.json(content_type=None) if response.status not in GATEWAY_GAVE_UP else None
        except (ClientError, TimeoutError):
            if not self.lasting:
                raise
            self.journal.refused[0] += 1
            return None, True
        if response.status in {200, 201}:
            return answer, False
        self.journal.refused[response.status] += 1
        if self.lasting and response.status in GATEWAY_GAVE_UP:
            return None, True
        if response.status not in EXPECTED_REFUSALS:
            self.journal.unexpected.append((method, path, response.status, answer))
        return None, response.status in {202, 503}


@asynccontextmanager
async def load(
    shop: RunningShop,
    product_ids: list[str],
    token: str,
    journal: Journal,
    *,
    lasting: bool = False,
    pause: float = 0.0,
) -> AsyncIterator[None]:
    """Keep a shop busy for as long as it answers; a connection that breaks ends its client's part.

    Unless it is ``lasting``: then clients come back and repeat what got no clear answer. Without a token nobody
    restocks. Each client waits so many seconds (``pause``) between two acts.
    """
    timeout, connector = ClientTimeout(total=30), TCPConnector(limit=32)
    async with ClientSession(timeout=timeout, connector=connector) as http:
        crowd = Crowd(shop.url, product_ids, token, journal, http, random.Random(), lasting)
        fillers = [partial(crowd.fill_cart, secrets.token_urlsafe(24)) for _ in range(3)]
        roles: list[Act] = [*[crowd.order] * 8, *fillers, *([crowd.restock] if token else [])]
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(_keep_at_it(role, journal, stopping, pause)) for role in roles]
        try:
            yield
        finally:
            stopping.set()
            await asyncio.gather(*tasks)


async def _keep_at_it(act: Act, journal: Journal, stopping: asyncio.Event, pause: float) -> None:
    while not stopping.is_set():
        try:
            await act()
        except ClientError as error:  # the server has gone; what was in flight stays without an ack
            journal.broken.append(error)
            return
        await journal.note()
        if pause:
            await asyncio.sleep(pause)


async def nothing_lost(books: Books, journal: Journal, *, alone: bool = True) -> None:
    """Assert that the books are in order and contain all that was acknowledged.

    Where the journal was ``alone``, they contain nothing that it did not ask for.
    """
    await books.check()
    assert journal.unexpected == [], journal.unexpected[:3]
    orders = {row["order_key"]: row for row in await books["orders"].find().to_list(None)}
    assert len(orders) == await books["orders"].count_documents({}), "two orders have one key"
    assert not journal.orders.keys() - orders.keys(), "acknowledged orders are lost"
    assert not alone or not orders.keys() - journal.asked.keys(), "there are orders that nobody asked for"
    assert not journal.denied & orders.keys(), "an order was placed that its buyer was told is refused"
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
