"""The whole shop as it is served, in a process of its own, and its database beside it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bson import ObjectId

from bench.machine import LOAD_CORE, SERVER_CORE, pin
from bench.measure.crowds import load_process
from bench.processes import Child, Watched
from bench.shop.books import Books, add_many, new_product, open_books
from bench.shop.running import RunningShop
from ivorycart.accounts.tokens import Tokens

SECRET = "signs the tokens of a benchmark's buyers"  # noqa: S105 - of a database that lives for a minute
PRICE = 500


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A running shop, its database, and the process with its clients."""

    url: str
    server: Watched
    mongod: Watched
    books: Books
    load: Child

    async def add_products(self, count: int, stock: int) -> list[str]:
        """Add products with so many units; return their ids once the shop has read of them."""
        rows = [new_product(stock, price=PRICE) for _ in range(count)]
        ids = await add_many(self.books.driver, self.books.database, rows, "bench")
        await self.server.quiet()
        return ids

    def tokens(self, count: int) -> list[str]:
        """Return tokens of so many buyers."""
        return buyers_tokens(count)


def buyers_tokens(count: int) -> list[str]:
    """Return tokens of so many buyers, signed by the secret of these shops."""
    issuer = Tokens(SECRET, seconds=3600)
    return [
        issuer.issue(
            user_id=str(ObjectId()),
            session_id=str(ObjectId()),
            email=f"buyer{n}@example.com",
            name="Ada",
            role="buyer",
        )
        for n in range(count)
    ]


@asynccontextmanager
async def open_shop(**more: str) -> AsyncIterator[OpenShop]:
    """Serve a shop with demo data, and more settings, on the server's core, its database and the load on the other."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DEMO": "true", "LOG_LEVEL": "warning", "JWT_SECRET": SECRET} | more
        shop = await RunningShop(Path(folder) / "data", settings).start()
        try:
            assert shop.process
            pin(shop.process.pid, SERVER_CORE)
            pin(shop.mongod_pid, LOAD_CORE)
            async with open_books(shop) as books, load_process() as load:
                server = Watched(shop.process.pid)
                await server.quiet()
                yield OpenShop(shop.url, server, Watched(shop.mongod_pid), books, load)
        finally:
            await shop.stop()
