"""The change stream: what the database says has happened, in order, from a snapshot on, without a gap.

Pattern: ``open`` reads all products at one cluster time T and opens a stream that starts at T; ``batches`` yields what
follows. A lost connection or a new primary is bridged by the resume token; where the server no longer has the history,
``HistoryLost`` tells the reader to begin anew with ``open``.

While there is no primary, a secondary is asked: the last changes before a primary died may be known to other processes
already, and this one's clients shall not wait for an election to be equal to them. A stream tells what a majority has,
wherever it is read. Whether history is lost the primary alone decides: a secondary may just be behind.

Replies are read whole by ``getMore`` (one round trip for up to thousands of changes) rather than change by change
through the driver's iterator, which costs a thread hop for each.

A reply is bounded, and turned into changes by slices: decoding and translating thousands at once would hold everything
else up.

Concurrency: one reader task. Nothing here outlives it: cancelling it drops the cursor, which the server times out.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from bson import Timestamp
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference

from models.feed import (
    CartWritten,
    CatalogueChange,
    CatalogueChanged,
    Change,
    Cursor,
    HistoryLost,
    ImportMoved,
    LevelChanged,
    NotificationAdded,
    OrderUpdated,
    SalesMoved,
    Snapshot,
    TurnWanted,
    WaiterChanged,
    WorkQueued,
)
from models.stock import Level, Product
from mongo import documents
from mongo.driver import Database, Document, Driver, Session
from mongo.import_documents import import_of
from mongo.sessions import ended_of

AWAIT_MS = 500
BATCH = 1000
ASIDE_MS = 2000  # that a secondary has for its answer
ASIDE_SECONDS = 0.1  # between two questions to secondaries
SLICE = 100  # changes that are translated at a stretch: about a millisecond
# Seconds. An idle stream answers every AWAIT_MS; a longer silence is a lag of unknown size, at least that long.
SILENCE = 2.0
# ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken: the server cannot go on from where we were.
LOST = {286, 280, 260}
_Rows = dict[Any, Document]  # by id
_LEVEL_FIELDS = frozenset(Level._fields)
# What changes beside the level without being news of the catalogue.
_QUIET_FIELDS = _LEVEL_FIELDS | {"popularity"}

# Rows that a worker takes up at once. What every order adds (mails) is not among them: it would be as many events.
_QUEUES = ("crossings", "account_requests")
# The collections that are followed, and what may happen in them that is news.
_KINDS: dict[str, frozenset[str]] = {
    "products": frozenset({"insert", "update", "replace", "delete"}),
    "carts": frozenset({"insert", "update", "replace"}),
    "orders": frozenset({"update", "replace"}),
    "notifications": frozenset({"insert"}),
    "waiting": frozenset({"replace"}),
    "sessions": frozenset({"update"}),
    "users": frozenset({"update"}),
    "projections": frozenset({"update"}),
    "imports": frozenset({"insert", "update"}),
    "turns": frozenset({"insert", "update"}),
    **dict.fromkeys(_QUEUES, frozenset({"insert"})),
}
_FOLLOWED = [collection for collection in _KINDS if collection != "orders"]
_PRICE_FIELDS = frozenset({"price", "price_now", "discounts"})

log = logging.getLogger(__name__)


def cursor_of(at: Timestamp) -> Cursor:
    """Write a cluster time as a cursor."""
    return Cursor(f"{at.time:08x}{at.inc:08x}")


def timestamp_of(cursor: str) -> Timestamp:
    """Read a cursor as a cluster time; ValueError for what is none."""
    return Timestamp(int(cursor[:8], 16), int(cursor[8:], 16))


def pause(attempt: int) -> float:
    """Return the seconds to wait after so many tries in vain: doubling, up to two."""
    return min(2.0, 0.05 * 2.0 ** min(attempt, 10))


class ChangeFeed:
    """One process's view of what is written to the database."""

    def __init__(self, driver: Driver, database: Database, process_id: str) -> None:
        self._driver = driver
        self._database = database
        self._process_id = process_id
        self._session: Session | None = None
        self._position: Document = {}
        self._start = Timestamp(0, 0)
        self._newest = Timestamp(0, 0)  # of the last change that was read
        self._aside: Any = database.with_options(
            read_preference=ReadPreference.SECONDARY_PREFERRED, read_concern=ReadConcern("majority")
        )
        self._behind = 0.0
        self._delivered_at = time.monotonic()

    @property
    def lag(self) -> float:
        """How many seconds the newest change delivered is older than the database's last; 0 while nothing happens."""
        silence = time.monotonic() - self._delivered_at
        return max(self._behind, silence if silence > SILENCE else 0.0)

    async def open(self) -> Snapshot:
        """Read all products at one cluster time, from which ``batches`` will go on."""
        session = await self._new_session()
        reply = await self._run(
            session,
            find="products",
            projection=documents.PRODUCT_FIELDS,
            batchSize=BATCH,
            readConcern={"level": "snapshot"},
        )
        self._start = self._newest = reply["cursor"]["atClusterTime"]
        self._position = {"startAtOperationTime": self._start}
        rows: list[Document] = reply["cursor"]["firstBatch"]
        products = _readable(rows)
        while reply["cursor"]["id"]:
            reply = await self._run(session, getMore=reply["cursor"]["id"], collection="products", batchSize=BATCH)
            rows = reply["cursor"]["nextBatch"]
            products += _readable(rows)
        return Snapshot(cursor_of(self._start), products)

    async def batches(self) -> AsyncIterator[Sequence[Change]]:
        """Yield what happened, batch by batch; an empty one says that nothing did for half a second."""
        cursor_id = attempt = 0
        while True:
            _heed_cancellation()
            aside = not cursor_id and not self._driver.has_primary
            try:
                reply = await self._next(cursor_id, aside=aside)
                events = reply["cursor"]["nextBatch" if cursor_id else "firstBatch"]
                cursor_id, attempt = 0 if aside else reply["cursor"]["id"], 0
                changes = await self._translate(events, self._aside if aside else self._database)
            except PyMongoError as error:
                if isinstance(error, OperationFailure) and error.code in LOST and not aside:
                    raise HistoryLost(str(error)) from error
                log.warning("change stream interrupted: %s", error)
                cursor_id = 0
                await asyncio.sleep(pause(attempt))
                attempt += 1
                continue
            # Only now: a batch that could not be translated must be read again.
            self._position = {"resumeAfter": reply["cursor"]["postBatchResumeToken"]}
            if events:
                self._newest = events[-1]["clusterTime"]
            self._note_lag(reply, events)
            yield changes
            if aside:
                await asyncio.sleep(ASIDE_SECONDS)

    async def _next(self, cursor_id: int, *, aside: bool) -> Document:
        if cursor_id:
            more = {"collection": "$cmd.aggregate", "maxTimeMS": AWAIT_MS, "batchSize": BATCH}
            return await self._run(self._session, getMore=cursor_id, **more)
        session = await self._new_session()
        stream: Document = {"aggregate": 1, "pipeline": self._pipeline(), "cursor": {"batchSize": BATCH}}
        if aside:  # a member that has what was read last; its cursor is dropped: the next question may go elsewhere
            stream |= {"readConcern": {"level": "majority", "afterClusterTime": self._newest}, "maxTimeMS": ASIDE_MS}
            options = {"codec_options": self._database.codec_options, "session": session}
            reply: Document = await self._aside.command(stream, read_preference=self._aside.read_preference, **options)
            return reply
        return await self._run(session, **stream)

    def _note_lag(self, reply: Document, events: Sequence[Document]) -> None:
        """Compare the last change of a batch with the database's own time: no other clock takes part."""
        newest = reply.get("operationTime")
        self._behind = max(0.0, float(newest.time - events[-1]["clusterTime"].time)) if newest and events else 0.0
        self._delivered_at = time.monotonic()

    async def close(self) -> None:
        """End the session of the stream."""
        if self._session is not None:
            await self._session.end_session()
            self._session = None

    async def _new_session(self) -> Session:
        await self.close()
        self._session = await self._driver.start_session()
        return self._session

    async def _run(self, session: Session | None, **command: Any) -> Document:
        return await self._database.command(command, codec_options=self._database.codec_options, session=session)

    def _pipeline(self) -> list[Document]:
        """Choose the collections that concern browsers; which of their events do is decided here, not there.

        Each condition is judged by the database for every write and for every process that follows: on ten hosts that
        is most of its work. Orders that were just placed are the exception, since they are large and many.
        """
        moved: Document = {"ns.coll": "orders", "operationType": {"$in": ["update", "replace"]}}
        keep = ("ns", "operationType", "documentKey", "clusterTime", "fullDocument", "updateDescription")
        return [
            {"$changeStream": self._position},
            {"$match": {"$or": [{"ns.coll": {"$in": _FOLLOWED}}, moved]}},
            {"$project": dict.fromkeys(keep, 1)},
        ]

    async def _translate(self, events: Sequence[Document], source: Database) -> list[Change]:
        """Turn events into changes; what an event does not carry whole is read, for the batch at once."""
        fresh = [event for event in events if event["clusterTime"] > self._start and self._concerns(event)]
        listings = await self._whole(source, "products", [event for event in fresh if _is_catalogue(event)])
        orders = await self._whole(source, "orders", [event for event in fresh if event["ns"]["coll"] == "orders"])
        carts = await self._whole(source, "carts", [event for event in fresh if _is_partial_cart(event)])
        users = await self._whole(source, "users", [event for event in fresh if event["ns"]["coll"] == "users"])
        imports = await self._whole(source, "imports", [event for event in fresh if event["ns"]["coll"] == "imports"])
        changes: list[Change] = [ImportMoved(import_of(row)) for row in imports.values()]
        for number, event in enumerate(fresh, start=1):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            try:
                changes += _changes_of(event, listings, carts, orders, users)
            except (KeyError, TypeError, ValueError, AttributeError):
                # Another program's half of a document: whoever follows the stream is not to lose the rest of it.
                log.exception("change stream: a document cannot be read: %s %s", event["ns"], event["documentKey"])
        return changes

    def _concerns(self, event: Document) -> bool:
        """Whether browsers are concerned; carts that this process wrote are delivered directly and dropped here."""
        collection, kind = event["ns"]["coll"], event["operationType"]
        if kind not in _KINDS[collection]:
            return False
        updated = event.get("updateDescription", {}).get("updatedFields", {})
        match collection:
            case "carts":
                whole = event.get("fullDocument") or {}
                return not any(str(each.get("by", "")).startswith(f"{self._process_id}:") for each in (whole, updated))
            case "orders":
                return "address" not in updated  # sealed anew or erased: no news
            case "sessions":
                return isinstance(updated.get("ended"), dict)
            case "users":
                return "changed_at" in updated
            case "turns":
                return bool(event["documentKey"]["_id"] != self._process_id)
            case "projections":
                return "news" in updated
            case _:
                return True

    async def _whole(self, source: Database, collection: str, events: Sequence[Document]) -> dict[Any, Document]:
        ids = [event["documentKey"]["_id"] for event in events]
        if not ids:
            return {}
        session = self._session if source is self._aside else None  # no older than the events, whoever answers
        rows = await source[collection].find({"_id": {"$in": ids}}, session=session).to_list(None)
        return {row["_id"]: row for row in rows}


def _readable(rows: Sequence[Document]) -> list[tuple[Product, Level]]:
    """Read products; another program's half of one keeps no process from starting."""
    products = []
    for row in rows:
        try:
            products.append((documents.product_of(row), documents.level_of(row)))
        except (KeyError, TypeError, ValueError, AttributeError):
            log.exception("a product cannot be read: %s", row["_id"])
    return products


def _heed_cancellation() -> None:
    """End a task that was cancelled: PyMongo's async client can turn a cancellation into an error, or lose it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _changes_of(event: Document, listings: _Rows, carts: _Rows, orders: _Rows, users: _Rows) -> list[Change]:
    collection, key = event["ns"]["coll"], event["documentKey"]["_id"]
    if collection == "products":
        return _product_changes(event, cursor_of(event["clusterTime"]), listings)
    if collection == "carts":
        document = event.get("fullDocument") or carts.get(key)
        return [CartWritten(documents.cart_of(document))] if document else []
    if collection == "orders":
        return [OrderUpdated(documents.order_of(orders[key]))] if key in orders else []
    if collection == "users":
        return [documents.standing_of(users[key])] if key in users else []
    return _carried(event)


def _carried(event: Document) -> list[Change]:
    """Return what an event carries whole."""
    collection = event["ns"]["coll"]
    if collection == "imports":  # how far they have come now was read for all of them at once
        return []
    if collection in _QUEUES:
        return [WorkQueued(collection)]
    if collection == "turns":
        return [TurnWanted()]
    if collection == "waiting":
        return [WaiterChanged(documents.waiter_of(event["fullDocument"]))]
    if collection == "sessions":
        return [ended_of(event["documentKey"]["_id"], event["updateDescription"]["updatedFields"]["ended"])]
    if collection == "projections":
        news = event["updateDescription"]["updatedFields"]["news"]
        return [SalesMoved(news["generation"], news["batch"], news["sellers"])]
    return [NotificationAdded(documents.notification_of(event["fullDocument"]))]


def _touched(event: Document) -> set[str]:
    """Return the fields that an update set, shortened or took away."""
    update = event.get("updateDescription", {})
    shortened = (each["field"] for each in update.get("truncatedArrays", ()))
    return {*update.get("updatedFields", ()), *update.get("removedFields", ()), *shortened}


def _is_catalogue(event: Document) -> bool:
    """Whether more than the level changed."""
    if event["ns"]["coll"] != "products":
        return False
    return event["operationType"] != "update" or not _QUIET_FIELDS.issuperset(_touched(event))


def _is_partial_cart(event: Document) -> bool:
    return event["ns"]["coll"] == "carts" and not event.get("fullDocument")


def _product_changes(event: Document, cursor: Cursor, listings: _Rows) -> list[Change]:
    key = event["documentKey"]["_id"]
    changed = event.get("updateDescription", {}).get("updatedFields", {})
    changes: list[Change] = []
    if not _LEVEL_FIELDS.isdisjoint(changed):
        parts = (changed.get(field) for field in Level._fields)
        changes.append(LevelChanged(cursor, str(key), *parts))
    if _is_catalogue(event):
        document = listings.get(key)
        listing = documents.listing_of(document) if document else None
        changes.append(CatalogueChanged(cursor, str(key), _kind(event, document), listing))
    return changes


def _kind(event: Document, document: Document | None) -> CatalogueChange:
    changed = _touched(event)
    if document is None or document.get("disabled") or not document.get("published", True):
        return "withdrawn"
    if event["operationType"] == "insert":
        return "created"
    if "published" in changed or "disabled" in changed:
        return "published"
    priced = any(field.partition(".")[0] in _PRICE_FIELDS for field in changed)
    return "price_changed" if priced else "updated"
