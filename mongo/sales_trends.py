"""Orders and revenue over time, read from the orders themselves: for as long as nobody keeps sums of them.

Costs as much as there were orders in the period, so it is asked seldom and given up after seconds. Orders are found by
the time in their ids, which needs no index of its own; the database's clock decides what belongs to the period.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId

from models.sales import PERIODS, Period
from mongo.driver import Database, Document, Driver
from mongo.shop_figures import CLOCKS, ShopFigures

MAX_MS = 2000
_SOLD: Document = {"$in": ["placed", "shipped", "delivered", "completed"]}
_UNITS: Document = {"$sum": "$product_list.quantity"}
_LINE_TOTAL: Document = {"$multiply": ["$product_list.price", "$product_list.quantity"]}


class OrderTrends:
    """Adds up orders that stand. ``seller`` is "all", or a seller's id: then their part of each order."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._clock = ShopFigures(driver, database).clock

    async def series(self, period: Period, seller: str = "all") -> Sequence[Mapping[str, Any]]:
        """Return orders, units and revenue (minor units, by currency) of each hour or day, the oldest first."""
        unit, _ = PERIODS[period]
        lines = [] if seller == "all" else _part_of(seller)
        total: Any = "$total_amount" if seller == "all" else {"$sum": {"$map": _EACH_LINE}}
        group: Document = {
            "_id": {"at": {"$dateTrunc": {"date": "$timestamp", "unit": unit}}, "currency": "$currency"},
            "orders": {"$sum": 1},
            "units": {"$sum": _UNITS},
            "revenue": {"$sum": total},
        }
        rows = await self._rows([*await self._sold(period), *lines, {"$group": group}, {"$sort": {"_id.at": 1}}])
        points: dict[Any, dict[str, Any]] = {}
        for row in rows:
            at = row["_id"]["at"]
            point = points.setdefault(at, {"at": at, "orders": 0, "units": 0, "revenue": {}})
            point["orders"] += row["orders"]
            point["units"] += row["units"]
            point["revenue"][row["_id"]["currency"]] = row["revenue"]
        return list(points.values())

    async def top_products(self, period: Period, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return what sold most, by units."""
        name: Document = {"name": {"$last": "$product_list.name"}}
        return await self._top(period, "$product_list.product_id", limit, {"units": -1}, name)

    async def top_sellers(self, period: Period, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return who sold most, by revenue."""
        rows = await self._top(period, "$product_list.seller_id", limit, {"revenue": -1}, {})
        ids = [ObjectId(row["id"]) for row in rows]
        found = await self._database["users"].find({"_id": {"$in": ids}}, {"name": 1}).to_list(None)
        names = {str(row["_id"]): row["name"] for row in found}
        return [{**row, "name": names.get(row["id"])} for row in rows]

    async def _top(
        self, period: Period, key: str, limit: int, order: Document, more: Document
    ) -> Sequence[Mapping[str, Any]]:
        """Group lines by ``key``; of several currencies each has a row of its own."""
        group: Document = {
            "_id": {"id": key, "currency": "$currency"},
            "units": {"$sum": "$product_list.quantity"},
            "revenue": {"$sum": _LINE_TOTAL},
            **more,
        }
        pipeline: list[Document] = [
            *await self._sold(period),
            {"$unwind": "$product_list"},
            {"$group": group},
            {"$sort": {**order, "_id.id": 1}},
            {"$limit": limit},
        ]
        return [
            {"id": str(row["_id"]["id"]), "currency": row["_id"]["currency"], **_without_id(row)}
            for row in await self._rows(pipeline)
        ]

    async def _sold(self, period: Period) -> list[Document]:
        since = await self._clock() - timedelta(seconds=PERIODS[period][1])
        recent: Document = {"_id": {"$gte": ObjectId.from_datetime(since - CLOCKS)}, "timestamp": {"$gte": since}}
        return [{"$match": {**recent, "status": _SOLD}}]

    async def _rows(self, pipeline: list[Document]) -> list[Document]:
        return await self._driver.aggregate(self._database["orders"], pipeline, maxTimeMS=MAX_MS, allowDiskUse=True)


_EACH_LINE: Document = {"input": "$product_list", "in": {"$multiply": ["$$this.price", "$$this.quantity"]}}


def _part_of(seller: str) -> list[Document]:
    """Leave of each order the lines of one seller."""
    seller_id = ObjectId(seller)
    theirs: Document = {"input": "$product_list", "cond": {"$eq": ["$$this.seller_id", seller_id]}}
    return [
        {"$match": {"product_list.seller_id": seller_id}},
        {"$set": {"product_list": {"$filter": theirs}}},
    ]


def _without_id(row: Document) -> Document:
    return {name: value for name, value in row.items() if name != "_id"}
