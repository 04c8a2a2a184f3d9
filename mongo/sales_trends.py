"""Orders and revenue over time, read from the orders themselves: for as long as nobody keeps sums of them.

Costs as much as there were orders in the period, so it is asked seldom and given up after seconds. Orders are found by
the time in their ids, which needs no index of its own; the database's clock decides what belongs to the period.
"""

from collections.abc import Sequence
from datetime import timedelta

from bson import ObjectId

from models.trends import STEPS, Period, Point, ProductSold, SellerSold, Sold, TopSold
from mongo.driver import Database, Document, Driver
from mongo.shop_figures import CLOCKS, ShopFigures

MAX_MS = 2000
TOP = 10
ALL = "all"
_STANDS: Document = {"$in": ["placed", "shipped", "delivered", "completed"]}
_EACH_LINE: Document = {"input": "$product_list", "in": {"$multiply": ["$$this.price", "$$this.quantity"]}}
_LINE: Document = {
    "units": {"$sum": "$product_list.quantity"},
    "revenue": {"$sum": {"$multiply": ["$product_list.price", "$product_list.quantity"]}},
}


class OrderTrends:
    """Adds up orders that stand, in one currency. A seller is "all" or an id: then it is their part of each order."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._clock = ShopFigures(driver, database).clock

    async def series(self, seller_id: str, period: Period, currency: str) -> Sequence[Point]:
        """Return what was sold in each hour or day of a period that ends now, the oldest first; none of empty ones."""
        group: Document = {
            "_id": {"$dateTrunc": {"date": "$timestamp", "unit": STEPS[period][0]}},
            "orders": {"$sum": 1},
            "units": {"$sum": {"$sum": "$product_list.quantity"}},
            "revenue": {"$sum": {"$sum": {"$map": _EACH_LINE}}},
        }
        orders = await self._orders(seller_id, period, currency)
        rows = await self._rows([*orders, {"$group": group}, {"$sort": {"_id": 1}}])
        return [Point(row["_id"], Sold(row["orders"], row["units"], row["revenue"])) for row in rows]

    async def top_products(self, seller_id: str, period: Period, currency: str, limit: int = TOP) -> TopSold:
        """Return the products of which most was sold."""
        group: Document = {"_id": "$product_list.product_id", **_LINE}
        rows = await self._top(await self._orders(seller_id, period, currency), group, "units", limit)
        return TopSold([ProductSold(str(row["_id"]), row["units"], row["revenue"]) for row in rows])

    async def top_sellers(self, period: Period, currency: str, limit: int = TOP) -> Sequence[SellerSold]:
        """Return the sellers with the most revenue."""
        per_order: list[Document] = [
            {"$group": {"_id": {"seller": "$product_list.seller_id", "order": "$_id"}, **_LINE}},
            {"$set": {"product_list": {"seller_id": "$_id.seller"}}},
        ]
        group: Document = {
            "_id": "$product_list.seller_id",
            "orders": {"$sum": 1},
            "units": {"$sum": "$units"},
            "revenue": {"$sum": "$revenue"},
        }
        rows = await self._top(await self._orders(ALL, period, currency), group, "revenue", limit, per_order)
        return [SellerSold(str(row["_id"]), row["orders"], row["units"], row["revenue"]) for row in rows]

    async def _top(
        self, orders: list[Document], group: Document, by: str, limit: int, first: Sequence[Document] = ()
    ) -> list[Document]:
        stages = [{"$unwind": "$product_list"}, *first, {"$group": group}, {"$sort": {by: -1, "_id": 1}}]
        return await self._rows([*orders, *stages, {"$limit": limit}])

    async def _orders(self, seller_id: str, period: Period, currency: str) -> list[Document]:
        """Return the stages that find the orders of a period, and leave of each the lines that it is about."""
        unit, count = STEPS[period]
        now = await self._clock()
        begun = now.replace(minute=0, second=0, microsecond=0)
        begun = begun if unit == "hour" else begun.replace(hour=0)
        since = begun - (count - 1) * timedelta(**{f"{unit}s": 1})
        recent: Document = {"_id": {"$gte": ObjectId.from_datetime(since - CLOCKS)}, "timestamp": {"$gte": since}}
        stages: list[Document] = [{"$match": {**recent, "status": _STANDS, "currency": currency}}]
        if seller_id == ALL:
            return stages
        theirs: Document = {"input": "$product_list", "cond": {"$eq": ["$$this.seller_id", ObjectId(seller_id)]}}
        return [
            *stages,
            {"$match": {"product_list.seller_id": ObjectId(seller_id)}},
            {"$set": {"product_list": {"$filter": theirs}}},
        ]

    async def _rows(self, pipeline: list[Document]) -> list[Document]:
        return await self._driver.aggregate(self._database["orders"], pipeline, maxTimeMS=MAX_MS, allowDiskUse=True)
