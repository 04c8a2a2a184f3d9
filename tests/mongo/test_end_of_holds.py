"""Orders at the very end of their holds: each is sold or released, and never both, by the database's clock."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bench.shop.books import Books
from bench.shop.ledger import running_ledger
from ivorycart.expiry import Sweeper
from ivorycart.ledger import Ledger
from ivorycart.workers import LeasedWorker, Workers
from models.commands import BeginOrder, SetLines
from models.errors import CartExpired
from models.identity import OwnerId
from models.order import Order
from models.policy import Policy
from mongo.carts import Carts
from mongo.driver import Database, Document, Driver
from mongo.leases import Leases
from tests.extent import Ran, extent
from tests.mongo.shop import buyer, check_books, order
from tests.patience import PATIENCE

CHECKOUTS = extent(40, 1000)
APART = 0.02  # seconds from one cart to the next
HOLD = timedelta(seconds=1)
NEAR = 0.05  # seconds before or after the end of a hold
STOCK = 10_000

Until = Callable[[datetime], float]


@dataclass
class Held:
    """A cart whose hold ends at a known moment, and what became of it."""

    owner: OwnerId
    lines: dict[str, int]
    end: datetime
    begun: bool
    """Whether the order is begun first, as where it is paid for: that prolongs a hold that has not ended."""
    aside: float = 0.0
    """Seconds from the end of the hold to the order being asked for."""
    placed: Order | None = None


async def seconds_until(database: Database) -> Until:
    """Return a function that tells how many seconds it is to a moment of the database's clock."""
    loop = asyncio.get_running_loop()
    looks = []
    for _ in range(10):
        asked = loop.time()
        hello: Any = await database.command("hello", codec_options=database.codec_options)
        looks.append((loop.time() - asked, (loop.time() + asked) / 2, hello["localTime"]))
    _, at, told = min(looks)
    return lambda moment: (moment - told).total_seconds() - (loop.time() - at)


@asynccontextmanager
async def swept(database: Database, driver: Driver, ledgers: Sequence[Ledger]) -> AsyncIterator[None]:
    """Have a sweeper on each ledger, without a rest: as if each process had taken the lease from the others."""
    workers = Workers()
    for number, ledger in enumerate(ledgers):
        name, step = f"expiry {number}", Sweeper(Carts(driver, database), ledger).step
        worker = LeasedWorker(name=name, leases=Leases(database, name), step=step, interval=0.005)
        workers.start(name, worker.run)
    try:
        yield
    finally:
        await workers.stop()


async def checks_out(
    number: int, ledgers: Sequence[Ledger], product_ids: Sequence[str], until: Until, dice: random.Random
) -> Held:
    """Hold a few units, and order them about when the hold ends, maybe through another process."""
    await asyncio.sleep(number * APART)
    owner, lines = buyer(number), {each: dice.randint(1, 3) for each in dice.sample(product_ids, dice.randint(1, 2))}
    cart = (await dice.choice(ledgers).submit(SetLines(owner, tuple(lines.items())))).cart
    assert cart.expires_at
    held = Held(owner, lines, cart.expires_at, dice.random() < 0.5)
    await asyncio.sleep(until(held.end) + dice.uniform(-NEAR, NEAR))
    held.aside = -until(held.end)
    ledger = dice.choice(ledgers)
    try:
        if held.begun:
            await ledger.submit(BeginOrder(owner, "key", "f", None))
        held.placed = (await ledger.submit(order(owner))).order
    except CartExpired:
        return held
    return held


async def released(database: Database) -> None:
    """Wait until nothing is held."""
    async with asyncio.timeout(PATIENCE):
        while await database["products"].find_one({"held": {"$ne": 0}}):
            await asyncio.sleep(0.02)


async def check_end(database: Database, held: Held) -> None:
    """Check that exactly what was held was sold, or was released after its end; and nothing else."""
    rows = await database["inventory_logs"].find({"actor": held.owner}).to_list(None)
    assert moved(rows, "hold") == {each: (0, count) for each, count in held.lines.items()}
    ended = moved([row for row in rows if row["change_type"] != "hold"])
    orders = await database["orders"].find({"owner": held.owner}).to_list(None)
    cart: Any = await database["carts"].find_one({"_id": held.owner})
    lost = {str(each["product_id"]): each["quantity"] for each in cart["expired"]}
    assert (cart["lines"], cart["expires_at"]) == ([], None)
    if held.placed:
        assert [str(row["_id"]) for row in orders] == [held.placed.id]
        assert {line.product_id: line.quantity for line in held.placed.lines} == held.lines
        assert ended == moved(rows, "purchase") == {each: (-count, -count) for each, count in held.lines.items()}
        assert {row["cause"] for row in rows if row["change_type"] == "purchase"} == {held.placed.id}
        assert held.begun or held.placed.timestamp < held.end
        assert lost == {}
    else:
        assert orders == []
        assert ended == moved(rows, "expire") == {each: (0, -count) for each, count in held.lines.items()}
        assert all(row["timestamp"] >= held.end for row in rows if row["change_type"] == "expire")
        assert lost == held.lines


def moved(rows: Sequence[Document], change_type: str = "") -> dict[str, tuple[int, int]]:
    """Return by how much stock and held units of each product changed; of each there is one row."""
    found = [row for row in rows if row["change_type"].startswith(change_type)]
    by_product = {
        str(row["product_id"]): (row["new_stock"] - row["old_stock"], row["new_held"] - row["old_held"])
        for row in found
    }
    assert len(by_product) == len(found)
    return by_product


async def test_an_order_at_the_end_of_its_hold_is_placed_or_expired_and_never_both(
    driver: Driver, database: Database, ran: Ran
) -> None:
    """Two processes with a sweeper each; every owner orders within 50 ms of the end, as far as the machine is able."""
    books, dice, policy = Books(driver, database), random.Random(11), Policy(hold=HOLD)
    product_ids = [await books.add_product(STOCK) for _ in range(5)]
    until = await seconds_until(database)
    async with AsyncExitStack() as stack:
        process = partial(running_ledger, driver, database, policy=policy)
        ledgers = [await stack.enter_async_context(process(name)) for name in ("p1", "p2")]
        await stack.enter_async_context(swept(database, driver, ledgers))
        one = partial(checks_out, ledgers=ledgers, product_ids=product_ids, until=until, dice=dice)
        carts = await asyncio.gather(*map(one, range(CHECKOUTS)))
        await released(database)
    for each in carts:
        await check_end(database, each)
    sold = {each: sum(cart.lines.get(each, 0) for cart in carts if cart.placed) for each in product_ids}
    for each in product_ids:
        product = await books.product(each)
        assert (product["stock"], product["held"]) == (STOCK - sold[each], 0)
    await check_books(database)
    await books.check()
    placed = sum(1 for each in carts if each.placed)
    ran("checkouts", CHECKOUTS)
    ran("near", sum(abs(each.aside) <= NEAR for each in carts))
    ran("placed", placed)
    ran("expired", CHECKOUTS - placed)
