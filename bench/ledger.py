"""Orders per second by the ledger itself: group commit against one transaction per order, in one run.

One order is what a shop's order is: the product's level, its movement, the emptied cart, the order, the mail in the
outbox. The peers are a transaction per order as the driver's manual has it, and this ledger with batches of one, which
backs off with growing jitter after a conflict. Before the clock starts, each buyer's cart holds its unit. The buyers
are tasks in the ledger's process; each places one order at a time. Where there are two cores, mongod has one and the
ledger the other.

    python -m bench.ledger [--orders 20000] [--repeats 3] [--driver motor]
"""

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from bson import ObjectId
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from bench.textbook import TextbookShop
from ivorycart.ledger import Ledger
from ivorycart.ledger_metrics import LedgerMetrics
from ivorycart.logs import configure_logs
from models.commands import PlaceOrder, SetLine
from models.errors import InsufficientStock
from models.identity import OwnerId, owner_of_session
from models.policy import Policy
from mongo.audit import audit
from mongo.driver import Database, Driver
from mongo.embedded import EmbeddedMongo
from mongo.products import Products
from mongo.schema import migrate
from mongo.transaction import LedgerTransactions

SINGLE_ORDERS = 200
TEXTBOOK_ORDERS = 100
AT_ONCE = 32
HOT = "group commit, 1 hot product"
TEXTBOOK = f"one transaction per order as in the driver's manual, {AT_ONCE} at once, 1 hot product"
ONE_EACH = f"the ledger with batches of one, backing off, {AT_ONCE} at once, 1 hot product"


@dataclass
class Result:
    """One way's figures. Latencies in seconds."""

    name: str
    orders: int
    seconds: float
    latencies: list[float] = field(repr=False)
    retries: float
    oversold: int

    @property
    def rate(self) -> float:
        """Orders per second."""
        return self.orders / self.seconds

    def percentile(self, part: float) -> float:
        """Return a latency in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000


@dataclass
class Shop:
    """A database for one measurement, and the ledgers on it."""

    driver: Driver
    database: Database
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    ledgers: list[Ledger] = field(default_factory=list)
    runs: list[asyncio.Task[None]] = field(default_factory=list)

    def open(self, count: int, *, max_commands: int) -> None:
        """Start ledgers; several make transactions that run at the same time."""
        metrics = LedgerMetrics(self.registry)
        for number in range(count):
            store = LedgerTransactions(self.driver, self.database, f"bench{number}")
            # An hour of patience: the peer must not be let off by deadlines.
            ledger = Ledger(store, Policy(), metrics=metrics, max_commands=max_commands, deadline=3600)
            self.ledgers.append(ledger)
            self.runs.append(asyncio.create_task(ledger.run()))

    async def close(self) -> float:
        """Stop the ledgers; return how often they had to decide anew."""
        for ledger in self.ledgers:
            ledger.close()
        await asyncio.gather(*self.runs)
        self.ledgers.clear()
        self.runs.clear()
        retries = self.registry.get_sample_value("ivorycart_ledger_retries_total") or 0.0
        self.registry = CollectorRegistry()
        return retries


async def measure(
    driver: Driver, name: str, *, products: int, orders: int, ledgers: int, batch: int, at_once: int
) -> Result:
    """Fill carts, then let buyers order what they hold."""
    shop, buyers = await _filled(driver, products, orders, at_once)
    shop.open(ledgers, max_commands=batch)
    turn = iter(range(orders))

    async def place(buyer: tuple[OwnerId, str]) -> None:
        await shop.ledgers[next(turn) % ledgers].submit(_order(buyer[0]))

    started = time.perf_counter()
    latencies = await _crowd(buyers, at_once, place)
    seconds = time.perf_counter() - started
    retries = await shop.close()
    oversold = await _oversold(driver, shop.database, buyers[0][1])
    await driver.client.drop_database(shop.database.name)
    return Result(name, orders, seconds, latencies, retries, oversold)


async def measure_textbook(driver: Driver, name: str, *, orders: int, at_once: int) -> Result:
    """Measure the same on one hot product with a transaction per order, as the driver's manual has it."""
    shop, buyers = await _filled(driver, 1, orders, at_once)
    peer = TextbookShop(driver, shop.database)
    started = time.perf_counter()
    latencies = await _crowd(buyers, at_once, lambda buyer: peer.order(buyer[0]))
    seconds = time.perf_counter() - started
    sold = await shop.database["inventory_logs"].count_documents({"change_type": "purchase"})
    product: Any = await shop.database["products"].find_one({})
    await driver.client.drop_database(shop.database.name)
    return Result(name, orders, seconds, latencies, peer.tries - orders, sold - orders - min(0, product["stock"]))


async def _filled(driver: Driver, products: int, orders: int, at_once: int) -> tuple[Shop, list[tuple[OwnerId, str]]]:
    """Return a shop with so many products, and as many buyers as orders, each with one unit in the cart."""
    database = driver.client[f"bench_{ObjectId()}"]
    await migrate(database, "bench")
    shop = Shop(driver, database)
    product = {"price": 1000, "currency": "EUR", "seller_id": str(ObjectId()), "threshold": 3}
    rows = [{"name": f"p{n}", "stock": -(-orders // products), **product} for n in range(products)]
    ids = await Products(driver, database).add(rows, "bench")
    buyers = [(owner_of_session(f"buyer-{n:020d}"), ids[n % products]) for n in range(orders)]
    shop.open(1, max_commands=256)
    await _crowd(buyers, at_once, lambda buyer: shop.ledgers[0].submit(SetLine(buyer[0], buyer[1], 1)))
    await shop.close()
    return shop, buyers


def _order(owner: OwnerId) -> PlaceOrder:
    return PlaceOrder(
        cart_id=owner,
        order_id=str(ObjectId()),
        order_key="bench",
        fingerprint="bench",
        buyer_id=None,
        email="buyer@example.com",
        address=None,
        payment=None,
        expected_total=1000,
    )


async def _crowd(
    buyers: list[tuple[OwnerId, str]], at_once: int, act: Callable[[tuple[OwnerId, str]], Awaitable[object]]
) -> list[float]:
    """Let buyers act, so many at once; return how long each had to wait."""
    waits: list[float] = []
    line = iter(buyers)

    async def one_after_another() -> None:
        for buyer in line:
            started = time.perf_counter()
            await act(buyer)
            waits.append(time.perf_counter() - started)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return waits


async def _oversold(driver: Driver, database: Database, product_id: str) -> int:
    """Prove that nothing was sold twice: one more unit is refused, and the audit finds nothing."""
    store = LedgerTransactions(driver, database, "late")
    ledger = Ledger(store, Policy(), metrics=LedgerMetrics(CollectorRegistry()))
    run = asyncio.create_task(ledger.run())
    late = 0
    try:
        await ledger.submit(SetLine(owner_of_session("late-" + "x" * 20), product_id, 1))
        late = 1
    except InsufficientStock:
        pass
    ledger.close()
    await run
    result = await audit(driver, database)
    if not result.ok:
        raise SystemExit(f"the audit found {result.total} faults")
    sold = await database["inventory_logs"].count_documents({"change_type": "purchase"})
    return late + max(0, sold - await database["orders"].count_documents({}))


def _pin(pid: int, core: int) -> None:
    if (os.cpu_count() or 1) > 1 and hasattr(os, "sched_setaffinity"):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def _table(results: list[Result]) -> Table:
    table = Table(title="Orders by the ledger (one order = level, movement, cart, order, mail)")
    for column in ("way", "orders/s", "p50 ms", "p99 ms", "decided anew", "oversold"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for each in results:
        table.add_row(
            each.name,
            f"{each.rate:,.0f}",
            f"{each.percentile(0.5):,.0f}",
            f"{each.percentile(0.99):,.0f}",
            f"{each.retries:,.0f}",
            str(each.oversold),
        )
    return table


async def run(orders: int, repeats: int, driver_name: str) -> list[Result]:
    """Measure every way ``repeats`` times, in turn; return the median run of each."""
    with tempfile.TemporaryDirectory() as folder:
        mongo = EmbeddedMongo(data_dir=Path(folder), cache_gb=1)
        driver = Driver(await mongo.start(), "pymongo" if driver_name == "pymongo" else "motor")
        _pin(mongo.mongod_pid or 0, 1)
        _pin(os.getpid(), 0)
        ways: dict[str, list[Result]] = {}
        single = SINGLE_ORDERS
        plan = (
            (HOT, 1, orders, 1, 256, 512),
            ("group commit, 1,000 products", 1000, orders, 1, 256, 512),
            (ONE_EACH, 1, single, AT_ONCE, 1, AT_ONCE),
            ("the ledger with batches of one, one after another, 1 hot product", 1, single * 5, 1, 1, AT_ONCE),
        )
        try:
            for _ in range(repeats):
                for name, products, count, ledgers, batch, at_once in plan:
                    result = await measure(
                        driver, name, products=products, orders=count, ledgers=ledgers, batch=batch, at_once=at_once
                    )
                    ways.setdefault(name, []).append(result)
                textbook = await measure_textbook(driver, TEXTBOOK, orders=TEXTBOOK_ORDERS, at_once=AT_ONCE)
                ways.setdefault(TEXTBOOK, []).append(textbook)
        finally:
            await driver.close()
            await mongo.stop()
    for name, results in ways.items():
        print(f"{name}: " + ", ".join(f"{each.rate:,.0f}" for each in results) + " orders/s")
    return [sorted(results, key=lambda each: each.rate)[len(results) // 2] for results in ways.values()]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=20_000, help="orders per measurement of group commit")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; the median is printed")
    parser.add_argument("--driver", choices=("motor", "pymongo"), default="motor")
    given = parser.parse_args()
    configure_logs("warning", as_json=False)
    results = uvloop.run(run(given.orders, given.repeats, given.driver))
    Console(width=120).print(_table(results))
    rates = {each.name: each.rate for each in results}
    for peer in (TEXTBOOK, ONE_EACH):
        print(f"group commit is {rates[HOT] / rates[peer]:,.0f} times: {peer}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, driver {given.driver}")


if __name__ == "__main__":
    main()
