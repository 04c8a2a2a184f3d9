"""Telling people: what ten thousand alerts at once do to whoever buys meanwhile, and how long until all are mailed.

    python -m bench.telling [--quick] [--alerts 10000] [--rounds 5] [--seconds 20] [--write PATH]

A product is in the carts of so many people, each with an address, when somebody takes all but three: the shop writes
everybody a notification and a mail, and mails them by a real SMTP server. Buyers order at a steady pace, alone and
while that goes on, in turns. The shop has the first core; its database, the buyers and the mail server the second.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import uvloop
from aiohttp import ClientSession
from bson import ObjectId
from rich.console import Console

from bench import page, report
from bench.machine import LOAD_CORE, mongod, pin, processor, today
from bench.measure.shops import PRICE, OpenShop, open_shop
from bench.shop.post_office import post_office
from ivorycart.logs import configure_logs

PART = "telling"
BUYERS = 16
PAUSE = 0.25  # seconds between two orders of a buyer
PATIENCE = 900.0  # seconds
IN_STOCK = 10
HEADS = ("orders, of 16 buyers at a steady pace", "orders/s", "p50 ms", "p99 ms", "p99 of all rounds")
QUICK = {"alerts": 300, "rounds": 1, "seconds": 4.0}


class Letters:
    """What a mail server has taken."""

    def __init__(self) -> None:
        self.taken = 0
        self.last = 0.0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        """Take an alert's mail, and count it; those of orders are none."""
        if b"Only 3 left" in envelope.content[:2000]:
            self.taken += 1
            self.last = time.monotonic()
        return "250 taken"

    async def have(self, count: int) -> None:
        """Wait until so many have been taken."""
        async with asyncio.timeout(PATIENCE):
            while self.taken < count:  # noqa: ASYNC110 - counted in a thread of the mail server's
                await asyncio.sleep(0.1)


async def fill_carts(shop: OpenShop, product_id: str, alerts: int) -> None:
    """Put a product into so many carts that have an address and hold nothing, as if it had been there for long."""
    line = {"product_id": ObjectId(product_id), "quantity": 1, "since": 0}
    rest = {"revision": 1, "currency": "EUR", "expires_at": None, "extended": False, "expired": [], "by": "bench"}
    carts = shop.books["carts"]
    await carts.delete_many({"by": "bench"})
    for first in range(0, alerts, 1000):
        numbers = range(first, min(first + 1000, alerts))
        await carts.insert_many(
            [{"_id": f"s:{n:032x}", "lines": [line], "email": f"a{n}@example.com", **rest} for n in numbers]
        )
    await shop.server.quiet()


async def measured(alerts: int, rounds: int, seconds: float) -> tuple[list[dict[str, Any]], ...]:
    """Run the rounds; return what orders took alone, what they took beside alerts, and how long these took."""
    letters = Letters()
    alone: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    drains: list[dict[str, Any]] = []
    async with post_office(letters) as office, open_shop(SMTP_URL=office.url) as shop:
        pin(os.getpid(), LOAD_CORE)
        (hot,) = await shop.add_products(1, 10_000_000)
        await shop.load.ask("enter", url=shop.url, count=BUYERS, tokens=shop.tokens(BUYERS))
        await _orders(shop, hot, min(seconds, 3.0), "warm")
        for number in range(rounds):
            (low,) = await shop.add_products(1, IN_STOCK)
            await fill_carts(shop, low, alerts)
            alone.append(await _orders(shop, hot, seconds, f"alone{number}"))
            await shop.server.quiet()
            began, before = time.monotonic(), letters.taken
            taking = asyncio.create_task(_take(shop, low))
            beside.append(await _orders(shop, hot, seconds, f"beside{number}"))
            await taking
            still = before + alerts - letters.taken
            await letters.have(before + alerts)
            drains.append({"seconds": letters.last - began})
            print(
                f"round {number + 1}: p99 {alone[-1]['p99_ms']:.1f} ms, then {beside[-1]['p99_ms']:.1f} ms; "
                f"all mailed after {drains[-1]['seconds']:.1f} s, {still} of them when the orders were done",
                file=sys.stderr,
            )
    return alone, beside, drains


async def _take(shop: OpenShop, low: str) -> None:
    """Take all but three of a product, once the orders are under way."""
    await asyncio.sleep(0.5)
    who = {"X-Cart-Session": uuid4().hex}
    taken = {"quantity": IN_STOCK - 3}
    async with (
        ClientSession(headers=who) as http,
        http.put(f"{shop.url}/api/cart/items/{low}", json=taken) as answer,
    ):
        if answer.status != 200:
            raise RuntimeError(f"taking answered {answer.status}: {await answer.text()}")


async def _orders(shop: OpenShop, product_id: str, seconds: float, key: str) -> dict[str, Any]:
    figures = await shop.load.ask(
        "order_steadily", product_id=product_id, price=PRICE, seconds=seconds, pause=PAUSE, key=key
    )
    if figures["refused"]:
        raise RuntimeError(f"orders were refused: {figures['refused']}")
    return dict(figures)


def _of_rounds(what: str, rounds: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return the middle round's figures, and how far apart the rounds are."""
    rates, p50, p99 = ([each[name] for each in rounds] for name in ("per_s", "p50_ms", "p99_ms"))
    spread = f"{report.number(min(p99))} to {report.number(max(p99))}"
    middle = (report.number(statistics.median(each)) for each in (rates, p50, p99))
    return what, *middle, spread


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=10_000, help="carts that are told at once")
    parser.add_argument("--rounds", type=int, default=5, help="turns of orders alone and orders beside alerts")
    parser.add_argument("--seconds", type=float, default=20.0, help="of orders in each turn; alerts take longer")
    parser.add_argument("--quick", action="store_true", help="a look whether it runs; its figures say nothing")
    given = page.arguments(parser, PART)
    chosen = QUICK if given.quick else {name: getattr(given, name) for name in QUICK}
    configure_logs("warning", as_json=False)
    machine = f"{processor()}, MongoDB {mongod()}; {today()}."  # before this process is kept on one of the cores
    alone, beside, drains = uvloop.run(measured(**chosen))
    rows = [
        _of_rounds("nobody is told anything", alone),
        _of_rounds(f"{chosen['alerts']:,} are told at once that something runs out", beside),
    ]
    Console(width=160).print(report.table("Orders beside alerts", HEADS, rows, numbers_from=1))
    change = statistics.median(b["p99_ms"] / a["p99_ms"] for a, b in zip(alone, beside, strict=True)) - 1
    drained = statistics.median(each["seconds"] for each in drains)
    how = f"Of {chosen['rounds']} rounds the middle one: p99 {change:+.0%} (the goal: within 10%); the last of "
    how += f"{chosen['alerts']:,} mails was taken after {drained:.0f} s. {machine}"
    print(how)
    if given.write:
        page.write(given.write, PART, f"{report.markdown_table(HEADS, rows)}\n\n{how}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
