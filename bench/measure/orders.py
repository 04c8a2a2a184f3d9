"""Orders over sockets in the whole shop: one hot product, signed-in buyers, and never a unit too many.

Each buyer holds a unit in the cart before the clock starts, as where one transaction per order is measured.
"""

from bson import ObjectId

from bench.extent import Extent
from bench.figures import Figures
from bench.measure.history import fill_up, new_past
from bench.measure.shops import PRICE, OpenShop, open_shop
from mongo.audit import audit

SHORT = 0.95  # of what is asked for is there: the last to come find nothing


async def hot_product(extent: Extent) -> Figures:
    """Order one product until it is sold out, and past that; return rates, waits and what was sold twice."""
    async with open_shop() as shop:
        stock = int(extent.buyers * extent.rounds * SHORT)
        [warming] = await shop.add_products(1, extent.buyers)
        [product_id] = await shop.add_products(1, stock)
        await shop.load.ask("enter", url=shop.url, count=extent.buyers, tokens=shop.tokens(extent.buyers))
        await shop.server.quiet()
        await _order(shop, warming, extent, 1)
        await shop.server.quiet()
        figures = await _order(shop, product_id, extent, extent.rounds)
        sold = await shop.books["orders"].count_documents({"product_list.product_id": ObjectId(product_id)})
        audited = await audit(shop.books.driver, shop.books.database)
        return figures | {
            "oversold": float(max(0, sold - stock)),
            "unsold": float(max(0, stock - sold)),
            "faults": 0.0 if audited.ok else float(audited.total),
        }


async def growth(extent: Extent) -> Figures:
    """Order in a shop that has so many orders already; return the cost of one at each size."""
    figures: Figures = {}
    async with open_shop() as shop:
        await shop.load.ask("enter", url=shop.url, count=extent.buyers, tokens=shop.tokens(extent.buyers))
        stored, past = 0, new_past()
        for size in extent.stored:
            await fill_up(shop.books, past, stored, size)
            stored = size
            [product_id] = await shop.add_products(1, extent.buyers * (extent.stored_rounds + 1))
            await _order(shop, product_id, extent, 1)
            await shop.server.quiet()
            at_size = await _order(shop, product_id, extent, extent.stored_rounds)
            at_size["disk_mib"] = await _on_disk(shop)
            figures |= {f"{name}@{size}": value for name, value in at_size.items()}
    return figures


async def _on_disk(shop: OpenShop) -> float:
    """Return the MiB of all documents and indexes, as they are stored."""
    told = await shop.books.database.command("dbStats")
    return float(told["totalSize"]) / 2**20


async def _order(shop: OpenShop, product_id: str, extent: Extent, rounds: int) -> Figures:
    cpu, database = shop.server.cpu(), shop.mongod.cpu()
    options = {"price": PRICE, "rounds": rounds, "at_once": extent.buyers_at_once}
    told = await shop.load.ask("order", product_id=product_id, key=f"{product_id}-{rounds}", **options)
    orders, fills = told["orders"], told["fills"]
    count = max(1, orders["done"])
    refused = orders["refused"] | fills["refused"]
    return {name: orders[name] for name in ("done", "per_s", "p50_ms", "p99_ms", "max_ms")} | {
        "fills_per_s": fills["per_s"],
        "cpu_us": (shop.server.cpu() - cpu) / count * 1e6,
        "mongod_us": (shop.mongod.cpu() - database) / count * 1e6,
        "rate_limited": float(refused.get("rate_limited", 0)),
        "unavailable": float(refused.get("storage_unavailable", 0) + refused.get("pending", 0)),
    }
