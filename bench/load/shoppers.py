"""Clients that shop: carts and orders over sockets, each socket one thing at a time."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bench.figures import waits
from bench.load.crowd import ignore, turn_of
from bench.shop.order import order
from ivorycart.load.client import SocketIOClient

ANSWER_PATIENCE = 60.0
LINES = 5  # of a cart

Act = Callable[[SocketIOClient, int], Awaitable[Any]]


class Outcomes:
    """How long answers took, and what they were."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.codes: Counter[str] = Counter()
        self.seconds = 0.0

    async def all(self, clients: Sequence[SocketIOClient], at_once: int, act: Act) -> None:
        """Have each client act once, so many at the same time; the clock runs from the first to the last."""
        line = iter(enumerate(clients))

        async def one_after_another() -> None:
            for number, client in line:
                asked = time.perf_counter()
                answer = await act(client, number)
                self.note(answer, time.perf_counter() - asked)

        started = time.perf_counter()
        await asyncio.gather(*(one_after_another() for _ in range(at_once)))
        self.seconds += time.perf_counter() - started

    def note(self, answer: Any, seconds: float) -> None:
        """Count one answer; only what was done counts as a wait."""
        if answer["ok"]:
            self.waited.append(seconds)
        else:
            self.codes[answer["error"]["code"]] += 1

    def figures(self) -> dict[str, Any]:
        """Return the rate of what was done, its waits, and the refusals by code."""
        done = len(self.waited)
        rate = done / self.seconds if self.seconds else 0.0
        return {"done": done, "per_s": rate, **waits(self.waited), "refused": dict(self.codes)}


class Shoppers:
    """The commands of a load process, as far as shopping goes."""

    def __init__(self) -> None:
        self.clients: list[SocketIOClient] = []
        self._moves = 0

    async def enter(self, url: str | Sequence[str], count: int, tokens: Sequence[str] = ()) -> Mapping[str, Any]:
        """Connect so many more, signed in where there are tokens; several addresses take turns."""
        for number in range(count):
            auth = {"token": tokens[number]} if tokens else None
            self.clients.append(await SocketIOClient.connect(turn_of(url, number), auth, on_frame=ignore))
        return {}

    async def go(self) -> Mapping[str, Any]:
        """Have all leave."""
        for client in self.clients:
            client.close()
        self.clients = []
        await asyncio.sleep(0.2)
        return {}

    async def fill_carts(self, sockets: int, product_ids: Sequence[str], each: int, pause: float) -> Mapping[str, Any]:
        """Have the first sockets set lines over and over: each has products of its own, a cart of an ordinary size."""
        outcomes = Outcomes()

        async def fill(number: int, client: SocketIOClient) -> None:
            for turn in range(each):
                product_id = product_ids[(number * 7 + turn % LINES) % len(product_ids)]
                asked = time.perf_counter()
                answer = await _set(client, product_id, 1 + turn // LINES % 2)  # each is a change
                outcomes.note(answer, time.perf_counter() - asked)
                if pause:
                    await asyncio.sleep(pause)

        started = time.perf_counter()
        await asyncio.gather(*(fill(*numbered) for numbered in enumerate(self.clients[:sockets])))
        outcomes.seconds = time.perf_counter() - started
        return outcomes.figures()

    async def move(self, product_id: str, times: int, pause: float) -> Mapping[str, Any]:
        """Have the last client change one product's level at a steady rate."""
        outcomes = Outcomes()
        for _ in range(times):
            self._moves += 1  # goes on over the calls: each must be a change
            asked = time.perf_counter()
            outcomes.note(await _set(self.clients[-1], product_id, 1 + self._moves % 2), time.perf_counter() - asked)
            await asyncio.sleep(pause)
        return outcomes.figures()

    async def order(self, product_id: str, price: int, rounds: int, at_once: int, key: str) -> Mapping[str, Any]:
        """Order one unit per socket and round. Filling the cart is timed apart, as an order's clock starts after it."""
        fills, orders = Outcomes(), Outcomes()
        for turn in range(rounds):
            await self._fill(fills, [product_id], at_once)
            await self._place(orders, price, at_once, f"{key}-{turn}")
        return {"orders": orders.figures(), "fills": fills.figures()}

    async def fill(self, product_ids: Sequence[str], at_once: int) -> Mapping[str, Any]:
        """Put one unit into every cart; products take turns."""
        outcomes = Outcomes()
        await self._fill(outcomes, product_ids, at_once)
        return outcomes.figures()

    async def place(self, price: int, at_once: int, key: str) -> Mapping[str, Any]:
        """Order what is in the carts."""
        outcomes = Outcomes()
        await self._place(outcomes, price, at_once, key)
        return outcomes.figures()

    async def _fill(self, outcomes: Outcomes, product_ids: Sequence[str], at_once: int) -> None:
        def put(client: SocketIOClient, number: int) -> Awaitable[Any]:
            return _set(client, product_ids[number % len(product_ids)], 1)

        await outcomes.all(self.clients, at_once, put)

    async def _place(self, outcomes: Outcomes, price: int, at_once: int, key: str) -> None:
        def place(client: SocketIOClient, number: int) -> Awaitable[Any]:
            return client.call("order:place", order(price, f"{key}-{number}"), ANSWER_PATIENCE)

        await outcomes.all(self.clients, at_once, place)

    async def order_steadily(
        self, product_id: str, price: int, seconds: float, pause: float, key: str
    ) -> Mapping[str, Any]:
        """Have each socket order one unit, rest and order again for so many seconds; filling its cart is not timed."""
        orders = Outcomes()
        until = time.perf_counter() + seconds

        async def keep_ordering(number: int, client: SocketIOClient) -> None:
            await asyncio.sleep(pause * number / len(self.clients))  # not all at the same moment
            turn = 0
            while time.perf_counter() < until:
                await _set(client, product_id, 1)
                asked = time.perf_counter()
                body = order(price, f"{key}-{number}-{turn}")
                answer = await client.call("order:place", body, ANSWER_PATIENCE)
                orders.note(answer, time.perf_counter() - asked)
                turn += 1
                await asyncio.sleep(pause)

        await asyncio.gather(*(keep_ordering(*numbered) for numbered in enumerate(self.clients)))
        orders.seconds = seconds
        return orders.figures()


async def _set(client: SocketIOClient, product_id: str, quantity: int) -> Any:
    return await client.call("cart:set", {"product_id": product_id, "quantity": quantity}, ANSWER_PATIENCE)
