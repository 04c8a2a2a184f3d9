"""A seller's open dashboard, as a client keeps it, and what it should show by a recount of raw documents."""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bench.shop.books import Books
from tests.mongo.sales_recount import recount
from tests.patience import PATIENCE
from tests.visitor import Visitor

SHOWN = ("orders", "units", "revenue")


@dataclass
class SellerScreen:
    """Follows the events of a socket from the answer to `seller:watch` on."""

    visitor: Visitor
    shown: dict[str, Any]
    since: int

    @classmethod
    async def open(cls, visitor: Visitor, **asked: str) -> Self:
        """Watch, once a shop that began just now has counted its sales."""
        async with asyncio.timeout(PATIENCE):
            while True:
                since = len(visitor.heard)
                answer = await visitor.ask("seller:watch", asked)
                assert answer.pop("ok"), answer
                if answer["as_of"]:
                    return cls(visitor, answer, since)
                await asyncio.sleep(0.05)

    def now(self) -> dict[str, Any]:
        """Return the dashboard as it stands, by everything that was heard."""
        shown = dict(self.shown)
        orders = {each["id"]: each for each in shown["orders"]}
        levels: dict[str, Any] = {}
        for event, payload in self.visitor.heard[self.since :]:
            if event == "seller:metrics" and payload["period"] == shown["period"]:
                series = {point["at"]: point for point in shown["series"]}
                series |= {point["at"]: point for point in payload.get("series") or ()}
                shown |= payload
                shown["series"] = [series[at] for at in sorted(series) if at >= shown["since"]]
                orders |= {each["id"]: each for each in payload.get("orders") or ()}
            elif event == "seller:order":
                orders[payload["order"]["id"]] = payload["order"]
            elif event == "seller:stock":
                for item in payload["items"]:
                    if item["version"] >= levels.get(item["id"], item)["version"]:
                        levels[item["id"]] = item
        newest = sorted(orders.values(), key=lambda each: (each["timestamp"], each["id"]), reverse=True)
        return shown | {"orders": newest, "levels": levels}


async def expected(books: Books, seller_id: str, shown: dict[str, Any]) -> dict[str, Any]:
    """Recount what a dashboard must show, from `orders` and `inventory_logs`."""
    counts = await recount(books.database)
    slot = "h" if shown["unit"] == "hour" else "d"

    def sold_at(at: datetime) -> dict[str, Any]:
        figures = counts["slots"].get((slot, at, seller_id, shown["currency"])) or defaultdict(int)
        cancelled = {name: figures[f"cancelled_{name}"] for name in SHOWN}
        return {**{name: figures[name] for name in SHOWN}, "cancelled": cancelled}

    times = [datetime.fromisoformat(point["at"]) for point in shown["series"]]
    length = timedelta(hours=len(times)) if slot == "h" else timedelta(days=len(times))
    series = [{"at": point["at"], **sold_at(at)} for point, at in zip(shown["series"], times, strict=True)]
    levels, thresholds = await _levels(books, seller_id)
    available = {product: stock - held for product, (stock, held) in levels.items()}
    sold: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    departments = await _departments(books)
    shares: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
    first = datetime.fromisoformat(shown["top_products"]["since"])
    for (day, seller, currency, product), (units, revenue) in counts["products"].items():
        if (seller, currency) == (seller_id, shown["currency"]) and day >= first:
            sold[product][0] += units
            sold[product][1] += revenue
            shares[departments.get(product)][0] += units
            shares[departments.get(product)][1] += revenue
    return {
        "series": series,
        "totals": _totals(series),
        "previous": _totals([sold_at(at - length) for at in times]),
        "top": sorted(((units, product) for product, (units, _) in sold.items()), key=lambda e: (-e[0], e[1]))[:10],
        "best": sorted(((money, product) for product, (_, money) in sold.items()), key=lambda e: (-e[0], e[1]))[:10],
        "shares": {department: (units, revenue) for department, (units, revenue) in shares.items()},
        "in_carts": await _in_carts(books, {product: held for product, (_, held) in levels.items() if held}),
        "held": sum(held for _, held in levels.values()),
        "ending": [await _ending(books, levels, seconds) for seconds in (60, 300)],
        "low": {product for product, left in available.items() if 0 < left <= thresholds[product]},
        "out": {product for product, left in available.items() if left <= 0},
        "orders": await _orders(books, seller_id),
    }


def _totals(parts: list[dict[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = {name: sum(part[name] for part in parts) for name in SHOWN}
    totals["cancelled"] = {name: sum(part["cancelled"][name] for part in parts) for name in SHOWN}
    return totals | {"average_order": round(totals["revenue"] / totals["orders"]) if totals["orders"] else 0}


async def _ending(books: Books, products: Collection[str], seconds: int) -> int:
    """Count units of some products in carts that expire within so many seconds."""
    soon = datetime.now(UTC) + timedelta(seconds=seconds)
    carts = await books["carts"].find({"lines.0": {"$exists": True}}).to_list(None)
    lines = [line for cart in carts if cart["expires_at"] and cart["expires_at"] <= soon for line in cart["lines"]]
    return sum(line["quantity"] for line in lines if str(line["product_id"]) in products)


async def _departments(books: Books) -> dict[str, str]:
    """Return the topmost category of each product that is there."""
    rows = await books["products"].find({}, {"category": 1}).to_list(None)
    return {str(row["_id"]): row["category"].split("/")[0] for row in rows}


async def _in_carts(books: Books, held: dict[str, int]) -> set[tuple[str, int, int, int]]:
    """Return the held units of each product, and how many of them come back so soon."""
    return {
        (product, units, await _ending(books, [product], 60), await _ending(books, [product], 300))
        for product, units in held.items()
    }


async def _levels(books: Books, seller_id: str) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Return stock and held units by what the movements lead to."""
    levels: dict[str, tuple[int, int]] = {}
    thresholds = {}
    async for product in books["products"].find():
        if str(product["seller_id"]) != seller_id:
            continue
        last = (
            await books["inventory_logs"].find({"product_id": product["_id"]}).sort("version", -1).limit(1).to_list(1)
        )
        levels[str(product["_id"])] = (last[0]["new_stock"], last[0]["new_held"])
        thresholds[str(product["_id"])] = product["threshold"]
    return levels, thresholds


async def _orders(books: Books, seller_id: str) -> set[tuple[str, str, int]]:
    """Return id, status and amount of the seller's part of each order."""
    found = set()
    async for row in books["orders"].find():
        lines = [line for line in row["product_list"] if str(line["seller_id"]) == seller_id]
        amount = sum(line["quantity"] * line["price"] for line in lines)
        if lines:
            status = next(part["status"] for part in row["fulfilments"] if str(part["seller_id"]) == seller_id)
            found.add((str(row["_id"]), status, amount))
    return found


def told(shown: dict[str, Any]) -> dict[str, Any]:
    """Return of a dashboard what `expected` says."""
    return {
        "series": shown["series"],
        "totals": shown["totals"],
        "previous": shown["previous"],
        "top": [(each["units"], each["product_id"]) for each in shown["top_products"]["by_units"]],
        "best": [(each["revenue"], each["product_id"]) for each in shown["top_products"]["by_revenue"]],
        "shares": {each["category"]: (each["units"], each["revenue"]) for each in shown["by_category"]["items"]},
        "in_carts": {
            (each["id"], each["held"], *(each[f"expiring_within_{seconds}_seconds"] for seconds in (60, 300)))
            for each in shown["in_carts"]["items"]
        },
        "held": shown["held"]["units"],
        "ending": [shown["held"][f"expiring_within_{seconds}_seconds"] for seconds in (60, 300)],
        "low": {each["id"] for each in shown["low_stock"]["items"]},
        "out": {each["id"] for each in shown["out_of_stock"]["items"]},
        "orders": {(each["id"], each["status"], each["total_amount"]) for each in shown["orders"]},
    }
