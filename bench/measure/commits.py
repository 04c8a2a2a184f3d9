"""From a commit to every client: a crowd in the whole shop, and one more socket whose cart changes a level."""

import time

from bson import ObjectId, Timestamp

from bench.extent import Extent
from bench.figures import Figures
from bench.measure.crowds import PATIENCE, arrive, depart
from bench.measure.shops import open_shop
from bench.shop.books import Books


async def visit(clients: int, extent: Extent) -> Figures:
    """Have a crowd visit the shop. Latencies run from the commit, as the database's log times it (whole ms)."""
    async with open_shop() as shop:
        [product_id] = await shop.add_products(1, 1_000_000)
        figures = await arrive(shop.server, shop.load, shop.url, clients, extent)
        await shop.load.ask("enter", url=shop.url, count=1)
        interval = extent.interval("shop", clients)
        await shop.load.ask("move", product_id=product_id, times=extent.warm_up, pause=interval)
        await shop.server.quiet()
        since = (await shop.books.database.client.admin.command("ping"))["operationTime"]
        first = (await shop.books.product(product_id))["version"] + 1
        await shop.load.ask("listen", product_id=product_id)
        cpu, busy = shop.server.cpu(), shop.load.cpu()
        moved = await shop.load.ask("move", product_id=product_id, times=extent.broadcasts, pause=interval)
        sent = await commit_times(shop.books, product_id, since)
        heard = await shop.load.ask("heard", first=first, count=moved["done"], patience=PATIENCE, sent=sent)
        told = clients * moved["done"] / 1e6
        cost = {"cpu_us": (shop.server.cpu() - cpu) / told, "load_us": (shop.load.cpu() - busy) / told}
        figures |= heard | cost
        return figures | await depart(shop.server, shop.load, clients)


async def commit_times(books: Books, product_id: str, since: Timestamp) -> dict[str, float]:
    """Return when each version of a product was committed: monotonic seconds, by version."""
    wall_to_monotonic = time.monotonic() - time.time()
    entries = books.database.client["local"]["oplog.rs"].find({"ts": {"$gt": since}, "op": "c"})
    commits: dict[str, float] = {}
    for entry in await entries.to_list(None):
        for change in entry["o"].get("applyOps", ()):
            version = _version(change, ObjectId(product_id))
            if version is not None:
                commits[str(version)] = entry["wall"].timestamp() + wall_to_monotonic
    return commits


def _version(change: dict[str, object], product_id: ObjectId) -> object | None:
    """Return the version that an entry of the log gives the product; None for all other entries."""
    if not str(change.get("ns", "")).endswith(".products") or change.get("o2") != {"_id": product_id}:
        return None
    written = change["o"]
    assert isinstance(written, dict)
    version: object = written.get("diff", {}).get("u", {}).get("version")
    return version
