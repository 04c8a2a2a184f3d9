"""The sales projection: roll-ups in ``sales`` that follow the orders, exactly.

Pattern: a batch of changes is applied in one transaction together with the position in the stream (the document
`PROJECTION`), which it replaces only where that is still the one from which the batch was read. So whoever is killed at
any line goes on from there, and of two who read the same batch one applies it and the other finds itself overtaken.

What was counted of an order is known without a document for each: new ones count as sold, and those of which a part is
not are in ``sales_voids`` with what became of which part. What is subtracted is what was counted, whatever happened.

With every batch goes, for each seller in it, which orders it was about (``sales_news``, kept for some minutes), and one
small change of the projection's document, by which every process hears of the batch.

Invariants: roll-ups of one generation are what its rebuild found in the orders at one cluster time, plus what happened
since; nobody reads a generation before it is whole. The ledger knows nothing of all this.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Timestamp
from pymongo import DeleteOne, InsertOne, UpdateOne

from models.feed import HistoryLost
from models.sales import Fate, Sale, Tally
from mongo.driver import Database, Document, Driver, Session
from mongo.order_changes import Changes, OrderChanges
from mongo.sales_documents import ORDER_FIELDS, PROJECTION, RULE, increments, sale_of
from mongo.sales_rebuild import SalesRebuild, collection_uuid
from mongo.whole import whole

HEARTBEAT = 1.0
STALE = 30.0
SLICE = 50  # orders that are read at a stretch: about a millisecond

log = logging.getLogger(__name__)


class Overtaken(Exception):  # noqa: N818 - it says what is the matter
    """Another worker has gone on from where this one was."""


@dataclass(slots=True)
class _Place:
    """Where the projection is: a generation of roll-ups, the number of its last batch, the stream behind it.

    ``token`` is the one that is stored; the stream may have come further, with nothing to count.
    """

    generation: str
    batch: int
    token: Document | None
    stream: OrderChanges


class SalesProjection:
    """Keeps the roll-ups; one per process, of which one at a time works, as a rule."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._projections = database["projections"]
        self._place: _Place | None = None
        self._beat = 0.0

    async def advance(self) -> bool:
        """Apply what happened next, or nothing after half a second; return whether there is more already.

        HistoryLost: what happened since is not to be had any more, or nothing was ever counted: ``rebuild``.
        """
        if time.monotonic() - self._beat > STALE:  # another process had the work meanwhile
            await self.forget()
        try:
            place = self._place = self._place or await self._find()
            changes = await place.stream.read()
            if changes.as_of:
                await self._apply(place, changes, changes.as_of)
                place.token = changes.token
            elif time.monotonic() - self._beat >= HEARTBEAT:
                await self._note(place, changes.token, {})
                place.token = changes.token
        except BaseException as error:
            await self.forget()
            if isinstance(error, Overtaken):
                log.info("sales: another worker has gone on from here")
                return False
            raise
        return changes.full

    async def rebuild(self) -> None:
        """Count all orders anew, as of one moment, and go on from there."""
        await self.forget()
        if not await SalesRebuild(self._driver, self._database).run():
            log.info("sales: another worker counts anew")

    async def forget(self) -> None:
        """Drop the stream; where to go on is in the database."""
        place, self._place = self._place, None
        if place:
            await place.stream.close()

    async def _find(self) -> _Place:
        stored: Any = await self._projections.find_one(PROJECTION)
        if stored is None or stored.get("rule") != RULE:
            raise HistoryLost("there are no figures by this rule yet")
        if stored["orders"] != await collection_uuid(self._database, "orders"):
            raise HistoryLost("the figures are of orders of another history: the database was restored")
        token = stored["token"]
        position = {"resumeAfter": token} if token else {"startAtOperationTime": stored["starts_at"]}
        self._beat = time.monotonic()
        stream = OrderChanges(self._driver, self._database, position)
        return _Place(stored["generation"], stored["batch"], token, stream)

    async def _note(self, place: _Place, token: Document, fields: Document, session: Session | None = None) -> None:
        """Store where we are, if we still are where the database believes. Overtaken: somebody else went on."""
        query = {**PROJECTION, "generation": place.generation, "batch": place.batch, "token": place.token}
        change: Document = {"$set": {"token": token, **fields}, "$currentDate": {"checked_at": True}}
        written = await self._projections.update_one(query, change, session=session)
        if not written.matched_count:
            raise Overtaken
        self._beat = time.monotonic()

    async def _apply(self, place: _Place, changes: Changes, as_of: Timestamp) -> None:
        new = {row["_id"]: sale for row in changes.inserted if (sale := await _breathing(row))}
        changed = set(changes.changed)

        async def apply(session: Session) -> None:
            tally, touched = Tally(), defaultdict[str, dict[Any, None]](dict)
            voids: list[Any] = []
            for number, (order_id, sale) in enumerate(new.items()):
                tally.add(sale)
                if sale.fates:
                    voids.append(_void(place.generation, order_id, sale.fates))
                _touch(touched, order_id, sale)
                if number % SLICE == SLICE - 1:
                    await asyncio.sleep(0)
            for order_id, before, after in await self._changed(place, changed, new, session):
                tally.change(before, after)
                voids.append(_void(place.generation, order_id, after.fates))
                _touch(touched, order_id, after)
            batch = place.batch + 1
            news = {"batch": batch, "generation": place.generation, "sellers": sorted(touched)}
            await self._note(place, changes.token, {"batch": batch, "as_of": as_of, "news": news}, session)
            now = as_of.as_datetime()
            await self._write("sales", increments(place.generation, tally, now), session)
            await self._write("sales_voids", voids, session)
            await self._write("sales_news", _news(place.generation, batch, touched, now), session)

        await whole(self._driver, apply)
        place.batch += 1

    async def _changed(
        self, place: _Place, ids: set[Any], new: Mapping[Any, Sale], session: Session
    ) -> Sequence[tuple[Any, Sale, Sale]]:
        """Return changed orders as they were counted, and as they are now.

        Read in the transaction, and so as a majority has them: they may be newer than the change, which is harmless.
        """
        if not ids:
            return []
        known = {f"{place.generation}:{each}": each for each in ids}
        rows = await self._database["sales_voids"].find({"_id": {"$in": list(known)}}, session=session).to_list(None)
        counted = {known[row["_id"]]: _fates(row["fates"]) for row in rows}
        counted |= {each: new[each].fates for each in ids & new.keys()}
        found = self._database["orders"].find({"_id": {"$in": list(ids)}}, ORDER_FIELDS, session=session)
        orders = {row["_id"]: row for row in await found.to_list(None)}
        return [
            (each, sale_of(row, counted.get(each, {})), sale)
            for each, row in orders.items()
            if (sale := _readable(row))
        ]

    async def _write(self, collection: str, writes: list[Any], session: Session) -> None:
        if writes:
            await self._database[collection].bulk_write(writes, ordered=False, session=session)


async def _breathing(row: Document) -> Sale | None:
    """Read a new order; let others of the event loop have their turn now and then."""
    if row["_id"].binary[-1] % SLICE == 0:
        await asyncio.sleep(0)
    return _readable(row)


def _readable(row: Document) -> Sale | None:
    try:
        sale = sale_of(row)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Another program's half of an order: whoever keeps the figures is not to lose the rest of them.
        log.exception("sales: an order cannot be read: %s", row["_id"])
        return None
    return sale


def _fates(stored: Mapping[str, str]) -> dict[str, Fate]:
    return {seller: Fate(fate) for seller, fate in stored.items()}


def _void(generation: str, order_id: Any, fates: Mapping[str, Fate]) -> UpdateOne | DeleteOne:
    query = {"_id": f"{generation}:{order_id}"}
    if not fates:
        return DeleteOne(query)
    return UpdateOne(query, {"$set": {"fates": {seller: fate.value for seller, fate in fates.items()}}}, upsert=True)


def _touch(touched: Mapping[str, dict[Any, None]], order_id: Any, sale: Sale) -> None:
    for line in sale.lines:
        touched[line.seller_id][order_id] = None


def _news(
    generation: str, batch: int, touched: Mapping[str, dict[Any, None]], at: datetime
) -> list[InsertOne[Document]]:
    return [
        InsertOne({"_id": news_id(generation, seller, batch), "batch": batch, "orders": list(orders), "at": at})
        for seller, orders in touched.items()
    ]


def news_id(generation: str, seller_id: str, batch: int) -> str:
    """Name what a batch says of a seller; such ids sort by the batch."""
    return f"{generation}:{seller_id}:{batch:012d}"
