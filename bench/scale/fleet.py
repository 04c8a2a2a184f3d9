"""Several processes of the shop on one replica set, each with a port of its own as if it were another machine's.

Nothing is kept to a core: processes, database and load share what there is, and each part's processor time is measured
apart. The database is started once by whoever opens the fleet; each process has its own ledger and change stream.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiohttp import ClientSession
from bson import Timestamp
from prometheus_client.parser import text_string_to_metric_families

from bench.figures import Figures
from bench.measure.shops import PRICE, SECRET
from bench.processes import Child, Several, Watched
from bench.shop.books import Books, add_many, new_product, open_books
from bench.shop.running import RunningShop
from ivorycart.vault import fresh_keys
from mongo.embedded import EmbeddedMongo

CACHE_GB = 1.0
DATABASE = "ivorycart"
LEDGER = "ivorycart_ledger_"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Processes of one shop, their database, and the process with their clients."""

    urls: tuple[str, ...]
    apps: Several
    mongod: Watched
    uri: str
    books: Books
    load: Child

    @property
    def parts(self) -> dict[str, Watched | Several]:
        """Return what the processor time goes to."""
        return {"app": self.apps, "mongod": self.mongod, "load": self.load}

    async def stocked(self, count: int, stock: int) -> list[str]:
        """Add products with so many units; return their ids once all processes have read of them."""
        rows = [new_product(stock, price=PRICE) for _ in range(count)]
        ids = await add_many(self.books.driver, self.books.database, rows, "bench")
        await self.apps.quiet()
        return ids

    async def now(self) -> Timestamp:
        """Return the database's time."""
        reply = await self.books.database.client["admin"].command("ping")
        at: Timestamp = reply["operationTime"]
        return at

    async def status(self) -> Mapping[str, float]:
        """Return what the database says of its connections and its network."""
        told = await self.books.database.client["admin"].command("serverStatus")
        return {
            "connections": told["connections"]["current"],
            "bytes_out": told["network"]["bytesOut"],
            "bytes_in": told["network"]["bytesIn"],
        }

    async def logged(self, since: Timestamp) -> float:
        """Return how many bytes the database's log (the oplog) has grown by."""
        log = self.books.database.client["local"]["oplog.rs"]
        sizes = {"$group": {"_id": None, "bytes": {"$sum": {"$bsonSize": "$$ROOT"}}}}
        told = await self.books.driver.aggregate(log, [{"$match": {"ts": {"$gt": since}}}, sizes])
        return float(told[0]["bytes"]) if told else 0.0

    async def ledgers(self) -> Figures:
        """Return the sums of all ledgers' figures: batches, commands, retries, seconds."""
        sums: Figures = {"batches": 0.0, "commands": 0.0, "retries": 0.0, "seconds": 0.0}
        async with ClientSession() as http:
            for url in self.urls:
                async with http.get(f"{url}/metrics") as answer:
                    for name, value in _ledger_of(await answer.text()):
                        sums[name] += value
        return sums


_NAMES = {
    f"{LEDGER}batch_commands_count": "batches",
    f"{LEDGER}batch_commands_sum": "commands",
    f"{LEDGER}retries_total": "retries",
    f"{LEDGER}batch_seconds_sum": "seconds",
}


def _ledger_of(text: str) -> list[tuple[str, float]]:
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return [(_NAMES[sample.name], sample.value) for sample in samples if sample.name in _NAMES]


class Meter:
    """Notes what each part uses from now on."""

    def __init__(self, parts: Mapping[str, Watched | Several]) -> None:
        self._parts = parts
        self._before = {name: part.cpu() for name, part in parts.items()}
        self._began = time.monotonic()
        self._all_before = _machine()

    def spent(self) -> Figures:
        """Return the seconds of the processor by part, ``wall`` seconds, and how busy all cores were (0 to 1)."""
        used = {name: part.cpu() - self._before[name] for name, part in self._parts.items()}
        busy, total = (now - then for now, then in zip(_machine(), self._all_before, strict=True))
        wall = time.monotonic() - self._began
        return used | {"wall": wall, "cores_busy": busy / total if total else 0.0}


def _machine() -> tuple[float, float]:
    """Return the seconds that all cores were busy, and that they were there."""
    times = psutil.cpu_times()
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def per(spent: Figures, count: float, prefix: str = "") -> Figures:
    """Return µs of each part per thing done, and how the cores were used meanwhile."""
    each = {f"{prefix}{name}_us": spent[name] / max(1.0, count) * 1e6 for name in ("app", "mongod", "load")}
    ours = sum(spent[name] for name in ("app", "mongod", "load"))
    return each | {
        f"{prefix}cores_busy": spent["cores_busy"],
        f"{prefix}load_share": spent["load"] / ours if ours else 0.0,
        f"{prefix}load_core": spent["load"] / spent["wall"] if spent["wall"] else 0.0,
    }


@asynccontextmanager
async def open_fleet(count: int) -> AsyncIterator[Fleet]:
    """Start a replica set with so many processes of an empty shop on it."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mongo = EmbeddedMongo(data_dir=folder, cache_gb=CACHE_GB)
        uri = await mongo.start()
        stack.push_async_callback(mongo.stop)
        assert mongo.mongod_pid
        settings = {
            "MONGODB_URI": uri,
            "MONGODB_DATABASE": DATABASE,
            "JWT_SECRET": SECRET,
            "ENCRYPTION_KEYS": fresh_keys(),
            "LOG_LEVEL": "warning",
        }
        shops = [RunningShop(folder / f"app{number}", settings) for number in range(count)]
        for shop in shops:
            stack.push_async_callback(_stopped, shop)
        await asyncio.gather(*(shop.start() for shop in shops))
        apps = Several(tuple(Watched(shop.process.pid) for shop in shops if shop.process))
        books = await stack.enter_async_context(open_books(shops[0]))
        load = await Child.python("bench.load", core=None)
        stack.push_async_callback(load.stop)
        await apps.quiet()
        yield Fleet(tuple(shop.url for shop in shops), apps, Watched(mongo.mongod_pid), uri, books, load)


async def _stopped(shop: RunningShop) -> None:
    if shop.process:
        await shop.stop()
