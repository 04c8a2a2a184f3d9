"""Ways to place orders, without sockets: by the ledger, in batches of any size, and by a transaction for each.

One order is what a shop's order is: the product's level, its movement, the emptied cart, the order, the mail in the
outbox. Before the clock starts, each buyer's cart holds its unit. The buyers are tasks in the ledger's process; each
places one order at a time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId
from prometheus_client import CollectorRegistry

from bench.figures import Figures, waits
from bench.processes import Failed
from bench.shop.books import add_many
from bench.shop.ledger import running_ledger
from bench.textbook import TextbookShop
from ivorycart.collecting import collect_seldom, take_turns
from ivorycart.ledger import Ledger
from ivorycart.ledger.metrics import LedgerMetrics
from models.commands import PlaceOrder, SetLine
from models.errors import InsufficientStock
from models.identity import OwnerId, owner_of_session
from models.policy import Policy
from mongo.audit import audit
from mongo.driver import Database, Driver
from mongo.schema import migrate
from mongo.transaction import LedgerTransactions

AT_ONCE = 32  # orders on their way, where each is a transaction of its own


Buyer = tuple[OwnerId, str]  # whose cart, and the product in it


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


async def by_ledger(
    driver: Driver, *, orders: int, products: int = 1, ledgers: int = 1, batch: int = 256, at_once: int = 512
) -> Figures:
    """Order by ledgers with batches of at most so many; several ledgers make transactions that run at the same time."""
    shop, buyers = await _filled(driver, products, orders, at_once)
    shop.open(ledgers, max_commands=batch)
    turn = iter(range(orders))

    async def place(buyer: Buyer) -> None:
        await shop.ledgers[next(turn) % ledgers].submit(_order(buyer[0]))

    started = time.perf_counter()
    latencies = await _crowd(buyers, at_once, place)
    seconds = time.perf_counter() - started
    retries = await shop.close()
    oversold = await _oversold(driver, shop.database, buyers[0][1])
    await driver.client.drop_database(shop.database.name)
    return _figures(seconds, latencies, retries, oversold)


async def by_textbook(driver: Driver, *, orders: int) -> Figures:
    """Order one hot product with a transaction per order, as the driver's manual has it."""
    shop, buyers = await _filled(driver, 1, orders, AT_ONCE)
    peer = TextbookShop(driver, shop.database)
    started = time.perf_counter()
    latencies = await _crowd(buyers, AT_ONCE, lambda buyer: peer.order(buyer[0]))
    seconds = time.perf_counter() - started
    sold = await shop.database["inventory_logs"].count_documents({"change_type": "purchase"})
    product: Any = await shop.database["products"].find_one({})
    await driver.client.drop_database(shop.database.name)
    return _figures(seconds, latencies, peer.tries - orders, sold - orders - min(0, product["stock"]))


async def by_batches_of_one(driver: Driver, *, orders: int) -> Figures:
    """Order one hot product by the ledger with a transaction per order; it backs off with jitter after a conflict."""
    return await by_ledger(driver, orders=orders, ledgers=AT_ONCE, batch=1, at_once=AT_ONCE)


def _figures(seconds: float, latencies: list[float], retries: float, oversold: int) -> Figures:
    rate = {"per_s": len(latencies) / seconds}
    return rate | waits(latencies) | {"retries": float(retries), "oversold": float(oversold)}


async def _filled(driver: Driver, products: int, orders: int, at_once: int) -> tuple[Shop, list[Buyer]]:
    """Return a shop with so many products, and as many buyers as orders, each with one unit in the cart."""
    database = driver.client[f"bench_{ObjectId()}"]
    await migrate(database, "bench")
    shop = Shop(driver, database)
    product = {"price": 1000, "currency": "EUR", "seller_id": str(ObjectId()), "threshold": 3}
    rows = [{"name": f"p{n}", "stock": -(-orders // products), **product} for n in range(products)]
    ids = await add_many(driver, database, rows, "bench")
    buyers = [(owner_of_session(f"buyer-{n:020d}"), ids[n % products]) for n in range(orders)]
    shop.open(1, max_commands=256)
    await _crowd(buyers, at_once, lambda buyer: shop.ledgers[0].submit(SetLine(buyer[0], buyer[1], 1)))
    await shop.close()
    collect_seldom()  # as the server does
    take_turns()
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


async def _crowd(buyers: list[Buyer], at_once: int, act: Callable[[Buyer], Awaitable[object]]) -> list[float]:
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
    late = 0
    async with running_ledger(driver, database, "late") as ledger:
        with suppress(InsufficientStock):
            await ledger.submit(SetLine(owner_of_session("late-" + "x" * 20), product_id, 1))
            late = 1
    result = await audit(driver, database)
    if not result.ok:
        raise Failed(f"the audit found {result.total} faults")
    sold = await database["inventory_logs"].count_documents({"change_type": "purchase"})
    return late + max(0, sold - await database["orders"].count_documents({}))
