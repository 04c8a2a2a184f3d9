"""The seller's dashboard over so many orders: how long its first answer takes, and what keeping its figures costs.

    python -m bench.dashboard [--orders 1000000] [--tries 200] [--write PATH]

The orders lie in ninety days, of twenty sellers of very different size and two thousand products, in a database of
their own. They are inserted past the ledger, and counted by the projection's rebuild before the shop opens.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import uvloop
from aiohttp import ClientSession
from bson import ObjectId
from pymongo import WriteConcern
from rich.console import Console

from bench import page, report
from bench.figures import percentile
from bench.machine import mongod, processor, today
from bench.shop.books import new_product
from bench.shop.running import RunningShop
from ivorycart.accounts.tokens import Tokens
from ivorycart.logs import configure_logs
from models.sales import ALL
from mongo.driver import Database, Document
from mongo.opening import Place, Store, open_store
from mongo.sales import Sales
from mongo.sales_projection import SalesProjection

PART = "dashboard"
SECRET = "signs the tokens of a benchmark's sellers"  # noqa: S105 - of a database that lives for minutes
SELLERS, PRODUCTS, DAYS = 20, 2000, 90
PERIODS = ("24h", "7d", "30d", "90d")
BATCH = 2000
FOLLOWED = 20_000  # orders, at most, that are counted as they come
HEADS = ("first answer", "largest seller: p50 ms", "p99 ms", "all sellers: p50 ms", "p99 ms")
GOAL_MS = 300


class Catalogue(NamedTuple):
    """Sellers, the largest first, with their products (id, name, price)."""

    sellers: Sequence[ObjectId]
    products: Sequence[Sequence[tuple[ObjectId, str, int]]]
    shares: Sequence[float]


def catalogue(dice: random.Random) -> Catalogue:
    """Make sellers of which each has a part of the trade by the rank of its size (Zipf), in products and in orders."""
    weights = [1 / rank for rank in range(1, SELLERS + 1)]
    shares = [weight / sum(weights) for weight in weights]
    products = [
        [(ObjectId(), f"Tea {number}", dice.randint(100, 20_000)) for number in range(max(1, round(PRODUCTS * share)))]
        for share in shares
    ]
    return Catalogue([ObjectId() for _ in shares], products, shares)


def orders(shop: Catalogue, count: int, first: datetime, last: datetime, dice: random.Random) -> Iterator[Document]:
    """Yield orders between two moments: one to three lines, now and then of two sellers, one in twenty cancelled."""
    ranks = range(SELLERS)
    step = (last - first) / count
    for number in range(count):
        at = (first + step * number).replace(microsecond=0)
        chosen = dice.choices(ranks, shop.shares, k=2 if dice.random() < 0.1 else 1)
        lines: list[Document] = []
        for rank in chosen:
            for product_id, name, price in dice.choices(shop.products[rank], k=dice.choice((1, 1, 2))):
                fields: Document = {"product_id": product_id, "name": name, "quantity": dice.randint(1, 3)}
                lines.append({**fields, "price": price, "seller_id": shop.sellers[rank]})
        status = "cancelled" if dice.random() < 0.05 else "placed"
        order_id = ObjectId()
        yield {
            "_id": order_id,
            "owner": f"u:{order_id}",
            "buyer_id": order_id,
            "order_key": str(order_id),
            "fingerprint": "bench",
            "product_list": lines,
            "total_amount": sum(line["quantity"] * line["price"] for line in lines),
            "currency": "EUR",
            "status": status,
            "history": [{"status": status, "at": at, "actor": f"u:{order_id}", "reason": ""}],
            "fulfilments": [{"seller_id": shop.sellers[rank], "status": status} for rank in dict.fromkeys(chosen)],
            "address": None,
            "email": None,
            "payment": None,
            "timestamp": at,
        }


async def insert(database: Database, rows: Iterator[Document]) -> float:
    """Insert orders; return the seconds it took."""
    started = time.perf_counter()
    collection = database.get_collection("orders", write_concern=WriteConcern(1))
    batch: list[Document] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            await collection.insert_many(batch, ordered=False)
            batch = []
    if batch:
        await collection.insert_many(batch, ordered=False)
    return time.perf_counter() - started


async def fill(store: Store, shop: Catalogue, count: int, dice: random.Random) -> dict[str, float]:
    """Make the data, and have it counted: anew, and as it comes; return how many seconds what took."""
    database = store.database
    rows = [
        {"_id": product_id, **new_product(dice.randint(0, 60), name=name, price=price, seller_id=seller)}
        for seller, products in zip(shop.sellers, shop.products, strict=True)
        for product_id, name, price in products
    ]
    levels: Document = {"held": 0, "version": 0, "arming": 0, "published": True}
    await database["products"].insert_many([row | levels for row in rows])
    now = datetime.now(UTC)
    followed = min(FOLLOWED, count // 10)
    begin = now - timedelta(days=DAYS)
    inserted = await insert(database, orders(shop, count - followed, begin, now - timedelta(hours=2), dice))
    projection = SalesProjection(store.driver, database)
    started = time.perf_counter()
    await projection.rebuild()
    rebuilt = time.perf_counter() - started
    await projection.advance()
    expected = await counted(store) + followed
    await insert(database, orders(shop, followed, now - timedelta(hours=2), now, dice))
    return {"insert": inserted, "rebuild": rebuilt, "follow": followed / await follow(projection, store, expected)}


async def follow(projection: SalesProjection, store: Store, expected: int) -> float:
    """Count orders as they come until there are so many in the last days; return the seconds it took."""
    started = time.perf_counter()
    while await counted(store) != expected:
        await projection.advance()
    return time.perf_counter() - started


async def counted(store: Store) -> int:
    """Return how many orders of the last days are in the figures."""
    totals, _ = await Sales(store.driver, store.database).totals(ALL, "7d", "EUR")
    return totals.orders + totals.cancelled_orders


async def answers(url: str, shop: Catalogue, tries: int) -> list[tuple[str, ...]]:
    """Ask for dashboards, of the largest seller and of all in turns; return a row for each period."""
    rows = []
    tokens = [_token(seller) for seller in shop.sellers]
    async with ClientSession() as http:
        for period in PERIODS:
            largest = sorted([await _ask(http, url, period, tokens[0]) for _ in range(tries)])
            each = sorted([await _ask(http, url, period, tokens[number % SELLERS]) for number in range(tries)])
            cells = [report.number(percentile(times, part)) for times in (largest, each) for part in (0.5, 0.99)]
            rows.append((period, *cells))
    return rows


def _token(seller: ObjectId) -> str:
    who: Any = {"session_id": str(ObjectId()), "email": "seller@example.com", "name": "Ann", "role": "seller"}
    return Tokens(SECRET, seconds=3600).issue(user_id=str(seller), **who)


async def _ask(http: ClientSession, url: str, period: str, token: str) -> float:
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"}
    async with http.get(f"{url}/api/seller/dashboard?period={period}", headers=headers) as answer:
        body = await answer.json()
        took = time.perf_counter() - started
        if answer.status != 200 or not body["totals"]["orders"]:
            raise RuntimeError(f"the dashboard answered {answer.status} with {str(body)[:200]}")
    return took * 1000


async def measured(count: int, tries: int) -> tuple[dict[str, float], list[tuple[str, ...]]]:
    """Fill a database, open a shop on it and ask it."""
    dice = random.Random(1)
    shop = catalogue(dice)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        async with open_store(Place(uri=None, name="ivorycart", driver="motor", data_dir=data_dir)) as store:
            seconds = await fill(store, shop, count, dice)
        running = await RunningShop(data_dir, {"JWT_SECRET": SECRET, "LOG_LEVEL": "warning"}).start()
        try:
            await asyncio.sleep(2)
            return seconds, await answers(running.url, shop, tries)
        finally:
            await running.stop()


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000, help="orders in the database")
    parser.add_argument("--tries", type=int, default=200, help="answers of each kind")
    given = page.arguments(parser, PART)
    configure_logs("warning", as_json=False)
    seconds, rows = uvloop.run(measured(given.orders, given.tries))
    Console(width=140).print(report.table("The seller's dashboard", HEADS, rows, numbers_from=1))
    how = (
        f"{given.orders:,} orders in {DAYS} days, {SELLERS} sellers, {PRODUCTS:,} products; "
        f"{given.tries} answers each, goal: p99 ≤ {GOAL_MS} ms. "
        f"Counting all orders anew took {seconds['rebuild']:.1f} s; as they come, "
        f"{seconds['follow']:,.0f} orders a second are counted. {processor()}, MongoDB {mongod()}; {today()}."
    )
    print(how)
    if given.write:
        page.write(given.write, PART, f"{report.markdown_table(HEADS, rows)}\n\n{how}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
