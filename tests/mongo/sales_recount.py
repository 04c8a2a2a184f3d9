"""Sales figures recounted from raw documents, by plain loops: nothing here knows how the shop counts them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from mongo.driver import Database

NAMES = ("orders", "units", "revenue", "cancelled_orders", "cancelled_units", "cancelled_revenue")


async def recount(database: Database) -> dict[str, Any]:
    """Return figures by (slot, time, seller, currency), and units and revenue by (day, seller, currency, product)."""
    slots: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(NAMES, 0))
    products: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    async for order in database["orders"].find():
        at, currency = order["timestamp"], order["currency"]
        hour, day = at.replace(minute=0, second=0, microsecond=0), at.replace(hour=0, minute=0, second=0, microsecond=0)
        states = {}
        for part in order["fulfilments"]:
            gone = {order["status"], part["status"]} & {"cancelled", "refunded"}
            states[str(part["seller_id"])] = "cancelled_" if gone else ""
        for seller, prefix in states.items():
            lines = [line for line in order["product_list"] if str(line["seller_id"]) == seller]
            units = sum(line["quantity"] for line in lines)
            revenue = sum(line["quantity"] * line["price"] for line in lines)
            for slot in (("h", hour), ("d", day)):
                slots[(*slot, seller, currency)][prefix + "orders"] += 1
                for who in (seller, "all"):
                    slots[(*slot, who, currency)][prefix + "units"] += units
                    slots[(*slot, who, currency)][prefix + "revenue"] += revenue
            for line in () if prefix else lines:
                products[day, seller, currency, str(line["product_id"])][0] += line["quantity"]
                products[day, seller, currency, str(line["product_id"])][1] += line["quantity"] * line["price"]
        of_all = "orders" if "" in states.values() else "cancelled_orders"
        slots["h", hour, "all", currency][of_all] += 1
        slots["d", day, "all", currency][of_all] += 1
    sold = {key: tuple(values) for key, values in products.items()}
    return {"slots": dict(slots), "products": sold, "wrong weeks": []}


async def stored(database: Database) -> dict[str, Any]:
    """Return what is stored of the generation in use, in the same form, and which weeks are not what their days are."""
    projection: Any = await database["projections"].find_one({"_id": "sales"})
    slots, products = {}, {}
    weeks: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    async for row in database["sales"].find():
        generation, slot = row["_id"].split(":")[:2]
        if generation != projection["generation"] or slot == "m":
            continue
        key = (row["at"], row["seller_id"], row["currency"])
        if slot == "w":
            for product, each in row["products"].items():
                weeks[(*key, product)][0] += each["u"]
                weeks[(*key, product)][1] += each["r"]
        elif slot == "p":
            for product, each in row["products"].items():
                assert (*key, product) not in products
                if each["u"] or each["r"]:
                    products[(*key, product)] = (each["u"], each["r"])
        else:
            figures = {name: row.get(name, 0) for name in NAMES}
            assert min(figures.values()) >= 0, row
            if any(figures.values()):
                slots[(slot, *key)] = figures
    for (day, *rest), (units, revenue) in products.items():
        week = day - timedelta(days=day.toordinal() % 7)
        weeks[week, *rest][0] -= units
        weeks[week, *rest][1] -= revenue
    return {"slots": slots, "products": products, "wrong weeks": [key for key, left in weeks.items() if any(left)]}


async def minutes(database: Database) -> int:
    """Return the units in the roll-ups of minutes of all sellers."""
    projection: Any = await database["projections"].find_one({"_id": "sales"})
    of_minutes = {"_id": {"$regex": f"^{projection['generation']}:m:"}, "seller_id": {"$ne": "all"}}
    return sum(row.get("units", 0) for row in await database["sales"].find(of_minutes).to_list(None))


async def recent_units(database: Database) -> int:
    """Return the units that were ordered in the last three hours and not cancelled."""
    since = datetime.now(UTC) - timedelta(hours=3)
    rows = await database["orders"].find({"timestamp": {"$gte": since}, "status": "placed"}).to_list(None)
    return sum(line["quantity"] for row in rows for line in row["product_list"])
