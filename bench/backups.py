"""What a backup costs, for so many orders: time, size, memory; how far the journal lags; how long restoring takes.

    python -m bench.backups --orders 100000

A few orders are placed by the ledger and multiplied with their movements; the restored database has as many documents.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from bson import ObjectId

from bench.shop.books import Books
from bench.shop.ledger import running_ledger
from ivorycart.ledger import Ledger
from models.commands import PlaceOrder, SetLine
from models.identity import owner_of_session
from mongo.backup.operations import BackupOperations
from mongo.driver import Database, Driver
from mongo.embedded import EmbeddedMongo
from mongo.schema import migrate

SEED = 200
AT_ONCE = 2000
LAST = 2000


async def place(ledger: Ledger, product_id: str, count: int) -> None:
    """Place orders."""

    async def one() -> None:
        order_id = str(ObjectId())
        owner = owner_of_session(order_id)
        await ledger.submit(SetLine(owner, product_id, 1))
        address: Any = {"buyer_id": None, "email": "buyer@shop.test", "address": None}
        money: Any = {"payment": None, "expected_total": None}
        await ledger.submit(PlaceOrder(owner, order_id, order_id, fingerprint="f", **address, **money))

    await asyncio.gather(*(one() for _ in range(count)))


async def multiply(database: Database, orders: int) -> None:
    """Copy what there is of orders, movements and mails until there are so many orders."""
    for name in ("orders", "inventory_logs", "emails"):
        seed = await database[name].find().to_list(None)
        for first in range(0, orders * len(seed) // SEED - len(seed), AT_ONCE):
            rows = [{**seed[number % len(seed)], **new_names(name)} for number in range(first, first + AT_ONCE)]
            await database[name].insert_many(rows, ordered=False)


def new_names(collection: str) -> dict[str, Any]:
    """Return what has to be another in each copy of a document."""
    new = ObjectId()
    match collection:
        case "orders":
            return {"_id": new, "order_key": str(new)}
        case "inventory_logs":
            return {"_id": new, "product_id": new, "version": 1}
    return {"_id": f"m:{new}"}


def memory() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(orders: int, folder: Path) -> None:
    """Measure, and print."""
    mongo = EmbeddedMongo(data_dir=folder / "data")
    driver = Driver(await mongo.start(), socketTimeoutMS=3_600_000)
    database, target = driver.client["shop"], driver.client["restored"]
    await migrate(database, "bench")
    product_id = await Books(driver, database).add_product(stock=10_000)
    async with running_ledger(driver, database, "bench") as ledger:
        await place(ledger, product_id, SEED)
        await multiply(database, orders)
        backups, before = BackupOperations(driver, database), memory()
        made = await backups.create(folder / "backups")
        size: Any = await database.command("dbStats")
        print(f"{orders} orders, {made.documents} documents, {size['dataSize'] / 1e6:.0f} MB of data")
        print(f"create   {made.seconds:.1f} s, {(made.bytes or 0) / 1e6:.0f} MB, memory +{memory() - before:.0f} MB")
        print(f"journal  {await behind(backups, folder, ledger, product_id):.2f} s behind at the most under load")
    began, before = time.monotonic(), memory()
    restoring = BackupOperations(driver, target)
    done = await restoring.restore(
        folder / "backups", until=None, backup=None, replace=False, told=lambda said: print(" ", said)
    )
    taken = time.monotonic() - began
    print(f"restore  {taken:.1f} s with {done.changes} changes replayed, memory +{memory() - before:.0f} MB")
    assert await target["orders"].count_documents({}) == await database["orders"].count_documents({})
    await driver.close()
    await mongo.stop()


async def behind(backups: BackupOperations, folder: Path, ledger: Ledger, product_id: str) -> float:
    """Place orders for a while beside the journal; return how old the newest change on disk was at the most."""
    wrote = [time.monotonic()]
    following = asyncio.ensure_future(
        backups.follow(folder / "backups", lambda _: wrote.append(time.monotonic()), once=False)
    )
    until = time.monotonic() + 10
    placed = 0
    while time.monotonic() < until and placed < LAST:
        await place(ledger, product_id, 100)
        placed += 100
    await asyncio.sleep(2.5)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    gaps = [later - earlier for earlier, later in pairwise(wrote[1:])]
    return max(gaps[:-1] or gaps or [0.0])


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    with tempfile.TemporaryDirectory(prefix="ivorycart-backups-") as folder:
        asyncio.run(measure(parser.parse_args().orders, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
