"""Reading sales figures: of a seller, or of the whole shop (``models.sales.ALL``), in one currency.

All that one call returns is of one moment (a snapshot session), so totals are the sums of their series, and figures are
never of a rebuild that is half swept away.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple

from models.order import Order
from models.sales import ALL, Figures, day_of, minute_of
from models.sales_periods import (
    Mark,
    Period,
    Point,
    ProductSales,
    SalesFigures,
    SellerSales,
    TopProducts,
    Window,
    window_of,
)
from mongo import documents
from mongo.driver import Database, Document, Driver, Session
from mongo.order_conditions import NEWEST, of_seller
from mongo.sales_documents import PROJECTION, Slot, figures_of, product_ids, slot_id, told, weeks_and_days
from mongo.sales_projection import news_id
from mongo.stream import cursor_of

LATELY = 5  # minutes
TOP = 10
# Products whose part in the whole is told; of what is beyond them only the sums. It keeps the screen of somebody who
# sold a hundred thousand products from costing each of them, many times a minute.
SHARED = 5000
_LAST_BATCH = 10**12 - 1

log = logging.getLogger(__name__)


class _View(NamedTuple):
    """One moment: the database's time, and how far the figures are; without a mark there are none."""

    session: Session
    now: datetime
    mark: Mark | None

    @property
    def generation(self) -> str:
        return self.mark.generation if self.mark else ""


class Sales:
    """The figures, as the database has them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._sales = database["sales"]

    async def figures(self, seller_id: str, period: Period, currency: str) -> SalesFigures:
        """Return all figures of a period that ends now."""
        async with self._view() as view:
            window = window_of(period, view.now)
            slot: Slot = "h" if window.unit == "hour" else "d"
            by_slot = await self._slots(view, slot, [*window.before, *window.slots], seller_id, currency)
            series = [Point(at, by_slot[at]) for at in window.slots]
            return SalesFigures(
                mark=view.mark,
                window=window,
                totals=_sum(point.figures for point in series),
                before=_sum(by_slot[at] for at in window.before),
                series=series,
                top=await self._top(view, window, seller_id, currency, TOP, shared=SHARED),
                units_per_minute=await self._lately(view, seller_id, currency),
            )

    async def series(self, seller_id: str, period: Period, currency: str) -> Sequence[Point]:
        """Return the figures of each hour (24h, 7d) or day (30d, 90d) of a period that ends now, oldest first."""
        async with self._view() as view:
            window = window_of(period, view.now)
            slot: Slot = "h" if window.unit == "hour" else "d"
            by_slot = await self._slots(view, slot, window.slots, seller_id, currency)
            return [Point(at, by_slot[at]) for at in window.slots]

    async def totals(self, seller_id: str, period: Period, currency: str) -> tuple[Figures, Figures]:
        """Return the sums of a period that ends now, and those of the period before it."""
        async with self._view() as view:
            window = window_of(period, view.now)
            slot: Slot = "h" if window.unit == "hour" else "d"
            by_slot = await self._slots(view, slot, [*window.before, *window.slots], seller_id, currency)
            return _sum(by_slot[at] for at in window.slots), _sum(by_slot[at] for at in window.before)

    async def top_products(
        self, seller_id: str, period: Period, currency: str, limit: int = TOP, shared: int = 0
    ) -> TopProducts:
        """Return the products of which most was sold in the days that a period touches; ``shared`` for shares."""
        async with self._view() as view:
            return await self._top(view, window_of(period, view.now), seller_id, currency, limit, shared)

    async def top_sellers(self, period: Period, currency: str, limit: int = TOP) -> Sequence[SellerSales]:
        """Return the sellers with the most revenue in a period that ends now."""
        async with self._view() as view:
            spans = _hours_and_days(window_of(period, view.now))
            wanted: Document = {"$or": [{"_id": _range(view.generation, *span)} for span in spans]}
            pipeline: list[Document] = [
                {"$match": {**wanted, "currency": currency, "seller_id": {"$ne": ALL}}},
                {"$group": {"_id": "$seller_id", **{each: {"$sum": f"${each}"} for each in SellerSales._fields[1:]}}},
                {"$match": {"orders": {"$gt": 0}}},
                {"$sort": {"revenue": -1, "_id": 1}},
                {"$limit": limit},
            ]
            rows = await self._driver.aggregate(self._sales, pipeline, session=view.session)
            return [SellerSales(row["_id"], *(told(row[each]) for each in SellerSales._fields[1:])) for row in rows]

    async def mark(self) -> Mark | None:
        """Return how far the figures are; None while nothing was ever counted."""
        async with self._view() as view:
            return view.mark

    async def latest_orders(self, seller_id: str, limit: int) -> Sequence[Order]:
        """Return a seller's latest orders, newest first, whole: what others sold in them, too."""
        rows = await self._database["orders"].find(of_seller(seller_id)).sort(NEWEST).limit(limit).to_list(None)
        return _readable(rows)

    async def orders_since(self, seller_id: str, mark: Mark, limit: int) -> tuple[int, Sequence[Order]]:
        """Return the last batch that said something of a seller, and the last orders that those since a mark named."""
        after, last = (news_id(mark.generation, seller_id, batch) for batch in (mark.batch + 1, _LAST_BATCH))
        found = self._database["sales_news"].find({"_id": {"$gte": after, "$lte": last}}).sort("_id", -1).limit(limit)
        rows = await found.to_list(None)
        ids = list(dict.fromkeys(order for row in rows for order in reversed(row["orders"])))[:limit]
        if not ids:
            return mark.batch, []
        by_id = {row["_id"]: row for row in await self._database["orders"].find({"_id": {"$in": ids}}).to_list(None)}
        return rows[0]["batch"], _readable(by_id[each] for each in reversed(ids) if each in by_id)

    @asynccontextmanager
    async def _view(self) -> AsyncIterator[_View]:
        session = await self._driver.start_session(snapshot=True)
        try:
            lag = {"$divide": [{"$subtract": ["$$NOW", "$checked_at"]}, 1000]}
            fields = {"generation": 1, "batch": 1, "as_of": 1, "now": "$$NOW", "lag": lag}
            found: Any = await self._database["projections"].find_one(PROJECTION, fields, session=session)
            if found is None or "generation" not in found:
                row: Any = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"}, session=session)
                yield _View(session, row["now"], None)
                return
            mark = Mark(found["generation"], found["batch"], cursor_of(found["as_of"]), max(0.0, found["lag"]))
            yield _View(session, found["now"], mark)
        finally:
            await session.end_session()

    async def _slots(
        self, view: _View, slot: Slot, times: Sequence[datetime], seller_id: str, currency: str
    ) -> Mapping[datetime, Figures]:
        names = {slot_id(view.generation, slot, at, seller_id, currency): at for at in times}
        found = self._sales.find({"_id": {"$in": list(names)}}, session=view.session)
        rows = {row["_id"]: row for row in await found.to_list(None)}
        return {at: figures_of(rows.get(name)) for name, at in names.items()}

    async def _top(
        self, view: _View, window: Window, seller_id: str, currency: str, limit: int, shared: int = 0
    ) -> TopProducts:
        days = window.days
        wanted: Document = {"_id": {"$in": product_ids(view.generation, days, seller_id, currency)}}
        if seller_id == ALL:
            weeks, rest = weeks_and_days(days)
            spans = [("w", [each]) for each in weeks] + [("p", [each]) for each in rest]
            wanted = {"$or": [{"_id": _range(view.generation, *span)} for span in spans], "currency": currency}
        most = {"u": limit, "r": max(limit, shared)}
        best = {name: [{"$sort": {name: -1, "_id": 1}}, {"$limit": most[name]}] for name in most}
        whole = [{"$group": {"_id": None, "u": {"$sum": "$u"}, "r": {"$sum": "$r"}}}]
        pipeline: list[Document] = [
            {"$match": wanted},
            {"$project": {"each": {"$objectToArray": "$products"}}},
            {"$unwind": "$each"},
            {"$group": {"_id": "$each.k", "u": {"$sum": "$each.v.u"}, "r": {"$sum": "$each.v.r"}}},
            {"$match": {"u": {"$gt": 0}}},
            {"$facet": {**best, "whole": whole}},
        ]
        [row] = await self._driver.aggregate(self._sales, pipeline, session=view.session)
        units, revenue = (
            [ProductSales(each["_id"], told(each["u"]), told(each["r"])) for each in row[name]] for name in ("u", "r")
        )
        [sums] = row["whole"] or [{"u": 0, "r": 0}]
        since, sold = days[0], (told(sums["u"]), told(sums["r"]))
        return TopProducts(units, revenue[:limit], since, revenue[:shared], *sold)

    async def _lately(self, view: _View, seller_id: str, currency: str) -> float:
        """Return the units per minute of the last five whole minutes and the running one."""
        since = minute_of(view.now) - timedelta(minutes=LATELY)
        minutes = [since + timedelta(minutes=each) for each in range(LATELY + 1)]
        sold = await self._slots(view, "m", minutes, seller_id, currency)
        units = sum(figures.units for figures in sold.values())
        return round(units / ((view.now - since).total_seconds() / 60), 1)


def _readable(rows: Iterable[Document]) -> list[Order]:
    """Read orders; another program's half of one is left out, as it is of the figures."""
    orders = []
    for row in rows:
        try:
            orders.append(documents.order_of(row))
        except (KeyError, TypeError, ValueError, AttributeError):
            log.warning("sales: an order cannot be read: %s", row["_id"])
    return orders


def _hours_and_days(window: Window) -> list[tuple[Slot, Sequence[datetime]]]:
    """Return the roll-ups that a window is made of, as few as can be: of its first day the hours, if it has hours."""
    if window.unit == "day":
        return [("d", window.slots)]
    first, *others = window.days
    hours: tuple[Slot, Sequence[datetime]] = ("h", [each for each in window.slots if day_of(each) == first])
    return [hours, ("d", others)] if others else [hours]


def _range(generation: str, slot: str, times: Sequence[datetime]) -> Document:
    first, last = (f"{generation}:{slot}:{each:%Y-%m-%dT%H:%M}" for each in (times[0], times[-1]))
    return {"$gte": f"{first}:", "$lt": f"{last};"}


def _sum(figures: Any) -> Figures:
    return reduce(Figures.plus, figures, Figures())
