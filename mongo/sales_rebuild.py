"""Counting all orders anew: by aggregation, as of one cluster time, into a generation of roll-ups of its own.

The generation is announced first, filled, and taken into use by one write, together with the time from which the change
stream goes on. Whoever announces another one meanwhile makes this one void. What was written before an announcement,
and is not in use, is void by it and swept away; what is announced later is left alone. So a rebuild may be killed at
any line, and two at once do no harm.
"""

from collections.abc import AsyncIterator
from typing import Any

import pymongo
from bson import ObjectId, Timestamp

from models.sales import ALL, Fate, SellerCell, Tally, day_of
from mongo.driver import Database, Document, Driver, Session
from mongo.sales_documents import (
    MINUTES_KEPT,
    PROJECTION,
    RULE,
    all_of,
    document_fates,
    product_documents,
    slot_documents,
    week_of,
)
from mongo.sales_pipelines import by_product, by_seller, not_all_sold

BATCH = 1000
# Seconds. As long as a server keeps the moment that all is read at (minSnapshotHistoryWindowInSeconds).
PATIENCE = 300
COLLECTIONS = ("sales", "sales_voids", "sales_news")


async def collection_uuid(database: Database, name: str) -> Any:
    """Return what tells a collection from another one of the same name, before or after it."""
    reply = await database.command(
        {"listCollections": 1, "filter": {"name": name}}, codec_options=database.codec_options
    )
    found = reply["cursor"]["firstBatch"]
    return found[0]["info"]["uuid"] if found else None


class SalesRebuild:
    """One rebuild."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._projections = database["projections"]
        self._generation = str(ObjectId())
        self._at: Timestamp | None = None
        self._session: Session | None = None

    async def run(self) -> bool:
        """Count, and take the new generation into use; return whether it was not void meanwhile."""
        stored = await self._announce()
        orders = await collection_uuid(self._database, "orders")
        self._session = await self._driver.start_session()
        try:
            await self._count_sellers()
            await self._count_products()
            await self._count_voids()
        finally:
            await self._session.end_session()
        taken = await self._take_into_use(stored, orders)
        if taken and "generation" in stored:
            await self._sweep(stored["generation"])
        return taken

    async def _announce(self) -> Document:
        """Make all others void, and sweep away what they left; return what is in use."""
        void = [each async for each in self._generations()]
        announced = {"$set": {"building": self._generation}}
        await self._projections.update_one(PROJECTION, announced, upsert=True)
        stored: Document = await self._projections.find_one(PROJECTION) or {}
        for each in void:
            if each != stored.get("generation"):
                await self._sweep(each)
        return stored

    async def _generations(self) -> AsyncIterator[str]:
        """Yield the generations of which there is something, leaping from one to the next."""
        for name in COLLECTIONS:
            last = ""
            while row := await self._database[name].find_one({"_id": {"$gt": last}}, {"_id": 1}, sort=[("_id", 1)]):
                generation = row["_id"].partition(":")[0]
                yield generation
                last = all_of(generation)["$lt"]

    async def _sweep(self, generation: str) -> None:
        for name in COLLECTIONS:
            await self._database[name].delete_many({"_id": all_of(generation)})

    async def _take_into_use(self, stored: Document, orders: Any) -> bool:
        at = self._at
        assert at is not None  # noqa: S101 - the first pipeline has set it
        batch = stored.get("batch", 0) + 1
        fields: Document = {
            "generation": self._generation,
            "rule": RULE,
            "orders": orders,
            "token": None,
            "starts_at": Timestamp(at.time, at.inc + 1),
            "as_of": at,
            "batch": batch,
            "news": {"batch": batch, "generation": self._generation, "sellers": None},
        }
        change: Document = {"$set": fields, "$unset": {"building": ""}, "$currentDate": {"checked_at": True}}
        written = await self._projections.update_one({**PROJECTION, "building": self._generation}, change)
        return bool(written.matched_count)

    async def _count_sellers(self) -> None:
        """Count orders, units and revenue by seller; `ALL` has its own orders, and the units of all sellers.

        The rows come a seller's day after the other, and are written a day at a time; those of `ALL` come first, and
        are written last.
        """
        now = await self._now()
        whole, tally, present = Tally(), Tally(), None
        documents: list[Document] = []
        async for row in self._rows(by_seller(now - MINUTES_KEPT)):
            key = row["_id"]
            offset = 0 if key["fate"] == Fate.SOLD else 3
            if key["seller"] == ALL:
                whole.sellers[SellerCell(key["at"], ALL, key["currency"])][offset] += row["orders"]
                continue
            if (key["seller"], key["currency"], day_of(key["at"])) != present:
                present = (key["seller"], key["currency"], day_of(key["at"]))
                documents += slot_documents(self._generation, tally, now)
                tally = Tally()
            seller = str(key["seller"])
            tally.sellers[SellerCell(key["at"], seller, key["currency"])][offset] += row["orders"]
            for counted, owner in ((tally, seller), (whole, ALL)):
                figures = counted.sellers[SellerCell(key["at"], owner, key["currency"])]
                figures[offset + 1] += row["units"]
                figures[offset + 2] += row["revenue"]
            documents = await self._insert("sales", documents)
        documents += slot_documents(self._generation, tally, now)
        await self._insert("sales", [*documents, *slot_documents(self._generation, whole, now)], enough=1)

    async def _insert(self, collection: str, rows: list[Document], *, enough: int = BATCH) -> list[Document]:
        """Write rows, if there are enough of them; return those that are still to be written."""
        if len(rows) < enough:
            return rows
        await self._database[collection].insert_many(rows, ordered=False)
        return []

    async def _count_products(self) -> None:
        """Count units and revenue by product and day; the rows come a seller's day after the other."""
        documents: list[Document] = []
        week, of_week = None, dict[str, Document]()
        async for row in self._rows(by_product()):
            day, seller, currency = (row["_id"][name] for name in ("day", "seller", "currency"))
            if (week_of(day), seller, currency) != week:
                documents += self._week(week, of_week)
                week, of_week = (week_of(day), seller, currency), {}
            products = {str(each["id"]): {"u": each["u"], "r": each["r"]} for each in row["products"]}
            for product_id, sold in products.items():
                total = of_week.setdefault(product_id, {"u": 0, "r": 0})
                total["u"] += sold["u"]
                total["r"] += sold["r"]
            documents += product_documents(self._generation, "p", day, str(seller), currency, products)
            documents = await self._insert("sales", documents)
        await self._insert("sales", [*documents, *self._week(week, of_week)], enough=1)

    def _week(self, week: tuple[Any, Any, Any] | None, products: Document) -> list[Document]:
        if week is None:
            return []
        at, seller, currency = week
        return product_documents(self._generation, "w", at, str(seller), currency, products)

    async def _count_voids(self) -> None:
        documents: list[Document] = []
        async for row in self._rows(not_all_sold()):
            fates = {seller: fate.value for seller, fate in document_fates(row).items()}
            documents.append({"_id": f"{self._generation}:{row['_id']}", "fates": fates})
            documents = await self._insert("sales_voids", documents)
        await self._insert("sales_voids", documents, enough=1)

    async def _now(self) -> Any:
        row: Any = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"})
        return row["now"]

    async def _rows(self, pipeline: list[Document]) -> AsyncIterator[Document]:
        """Yield what a pipeline makes of the orders, as of the moment at which the first one began."""
        concern: Document = {"level": "snapshot"} | ({"atClusterTime": self._at} if self._at else {})
        command: Document = {"aggregate": "orders", "pipeline": pipeline, "allowDiskUse": True}
        with pymongo.timeout(PATIENCE):  # all is grouped before the first row comes; no other command takes so long
            reply = await self._run({**command, "cursor": {"batchSize": BATCH}, "readConcern": concern})
        self._at = reply["cursor"].get("atClusterTime", self._at)
        rows = reply["cursor"]["firstBatch"]
        while True:
            for row in rows:
                yield row
            if not reply["cursor"]["id"]:
                return
            reply = await self._run({"getMore": reply["cursor"]["id"], "collection": "orders", "batchSize": BATCH})
            rows = reply["cursor"]["nextBatch"]

    async def _run(self, command: Document) -> Document:
        return await self._database.command(command, codec_options=self._database.codec_options, session=self._session)
