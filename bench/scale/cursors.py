"""What one more change stream costs the database: idle, and while orders are placed at a steady rate by one process."""

import asyncio
import time

from bson import Timestamp

from bench.figures import Figures, waits
from bench.measure.shops import PRICE, buyers_tokens
from bench.processes import Child
from bench.scale.fleet import DATABASE, Fleet, Meter, open_fleet
from bench.scale.size import Size
from mongo.stream import cursor_of

PLENTY = 1_000_000
SETTLE = 1.0  # seconds


async def measure(size: Size) -> Figures:
    """Add change streams step by step; figures are named by how many there are beside that of the one process."""
    figures: Figures = {}
    async with open_fleet(1) as fleet:
        follower = await Child.python("bench.scale.follower", core=None)
        try:
            [product_id] = await fleet.stocked(1, PLENTY)
            await fleet.load.ask(
                "enter", url=fleet.urls, count=size.cursor_buyers, tokens=buyers_tokens(size.cursor_buyers)
            )
            await _steady(fleet, product_id, size, "warm", size.cursor_seconds / 4)
            for count in size.cursors:
                await follower.ask("follow", uri=fleet.uri, database=DATABASE, count=count)
                await asyncio.sleep(SETTLE)
                told = await _with(fleet, follower, product_id, count, size)
                figures |= {f"{name}@{count}": value for name, value in told.items()}
        finally:
            await follower.stop()
    return figures


async def _with(fleet: Fleet, follower: Child, product_id: str, count: int, size: Size) -> Figures:
    """Return what the database spends with so many more change streams."""
    parts = fleet.parts | {"follower": follower}
    meter = Meter(parts)
    await asyncio.sleep(size.idle_seconds)
    idle = meter.spent()
    memory = fleet.mongod.memory()
    since, before = await fleet.now(), await fleet.status()
    await follower.ask("begin")
    meter = Meter(parts)
    done = await _steady(fleet, product_id, size, f"with-{count}", size.cursor_seconds)
    await asyncio.sleep(SETTLE / 2)
    spent = meter.spent()
    after, heard = await fleet.status(), await follower.ask("heard")
    orders = max(1.0, done)
    # what is used by what happens when nothing does is not an order's
    spent_on_orders = {name: spent[name] - idle[name] * spent["wall"] / idle["wall"] for name in parts}
    figures = {
        "idle_us": idle["mongod"] / idle["wall"] * 1e6,
        "mongod_us": spent_on_orders["mongod"] / orders * 1e6,
        "app_us": spent_on_orders["app"] / orders * 1e6,
        "follower_us": spent_on_orders["follower"] / max(1, count) / orders * 1e6,
        "follower_idle_us": idle["follower"] / idle["wall"] / max(1, count) * 1e6,
        "orders_per_s": done / spent["wall"],
        "bytes_out": (after["bytes_out"] - before["bytes_out"]) / orders,
        "mongod_mib": memory / 2**20,
        "connections": after["connections"],
        "cores_busy": spent["cores_busy"],
    }
    if count:
        figures["changes"] = heard["changes"] / count / orders
        figures |= waits(await _lags(fleet, since, heard["heard"]))
    return figures


async def _steady(fleet: Fleet, product_id: str, size: Size, key: str, seconds: float) -> float:
    """Have buyers order steadily; return how many orders were placed."""
    options = {"seconds": seconds, "pause": size.cursor_pause, "key": key}
    told = await fleet.load.ask("order_steadily", product_id=product_id, price=PRICE, **options)
    return float(told["done"])


async def _lags(fleet: Fleet, since: Timestamp, heard: list[tuple[str, float]]) -> list[float]:
    """Return how long after its commit (the log's whole milliseconds) each change was heard, in seconds."""
    wall_to_monotonic = time.monotonic() - time.time()
    log = fleet.books.database.client["local"]["oplog.rs"]
    rows = await log.find({"ts": {"$gt": since}}, {"ts": 1, "wall": 1}).to_list(None)
    committed = {str(cursor_of(row["ts"])): row["wall"].timestamp() + wall_to_monotonic for row in rows}
    return [at - committed[cursor] for cursor, at in heard if cursor in committed]
