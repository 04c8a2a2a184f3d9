"""What one more stored order, and one more product, costs."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.extent import FULL
from bench.figures import Figures
from bench.measure.orders import growth
from bench.measure.shops import PRICE, SECRET, buyers_tokens
from bench.processes import Child, Watched
from bench.scale.size import Size
from bench.shop.books import add_many, new_product, open_books
from bench.shop.catalogue import fill
from bench.shop.running import RunningShop
from mongo.driver import Driver
from mongo.embedded import running_uri
from mongo.opening import Place, open_store

DATABASE = "ivorycart"
PATIENCE_MS = 600_000  # to make the indexes of a large catalogue takes its time


async def orders(size: Size) -> Figures:
    """Order in a shop with so many stored orders, one process on a core of its own; figures are named by the number."""
    return await growth(
        replace(
            FULL,
            buyers=size.buyers,
            buyers_at_once=size.buyers_at_once,
            stored=size.stored,
            stored_rounds=size.stored_rounds,
        )
    )


async def catalogues(size: Size) -> Figures:
    """Start a process on catalogues of growing size, and order in it; figures are named by the number of products."""
    figures: Figures = {}
    for count in size.catalogues:
        figures |= {f"{name}@{count}": value for name, value in (await _catalogue(count, size)).items()}
    return figures


async def _catalogue(count: int, size: Size) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        async with open_store(Place(uri=None, name=DATABASE, driver="motor", data_dir=data_dir)):
            driver = Driver(str(running_uri(data_dir)), socketTimeoutMS=PATIENCE_MS)
            await fill(driver.client[DATABASE], count)
            await driver.close()
        shop = RunningShop(data_dir, {"LOG_LEVEL": "warning", "JWT_SECRET": SECRET})
        began = time.monotonic()
        try:
            await shop.start()
            ready = time.monotonic() - began
            return {"ready_s": ready} | await _serving(shop, size)
        finally:
            await shop.stop()


async def _serving(shop: RunningShop, size: Size) -> Figures:
    """Return what the process has used to get there, and what an order costs in it."""
    assert shop.process
    server, mongod = Watched(shop.process.pid), Watched(shop.mongod_pid)
    await server.quiet()
    figures = {"start_cpu_s": server.cpu(), "app_mib": server.memory() / 2**20}
    load = await Child.python("bench.load", core=None)
    try:
        async with open_books(shop) as books:
            rows = [new_product(1_000_000, price=PRICE)]
            ids = await add_many(books.driver, books.database, rows, "bench")
        await load.ask("enter", url=shop.url, count=size.buyers, tokens=buyers_tokens(size.buyers))
        await server.quiet()
        done, app, database = 0, 0.0, 0.0
        for turn in range(size.stored_rounds + 1):
            before = server.cpu(), mongod.cpu()
            await load.ask("fill", product_ids=ids, at_once=size.buyers_at_once)
            told = await load.ask("place", price=PRICE, at_once=size.buyers_at_once, key=f"products-{turn}")
            if turn:  # the first warms up
                done += told["done"]
                app, database = app + server.cpu() - before[0], database + mongod.cpu() - before[1]
    finally:
        await load.stop()
    each = 1e6 / max(1, done)
    return figures | {"cpu_us": app * each, "mongod_us": database * each}
