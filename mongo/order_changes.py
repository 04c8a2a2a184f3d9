"""The changes of orders, in their order, for whoever keeps something that is made of orders.

Beside `mongo.stream`, which every process has and which leaves new orders out: this one is opened by the one process
that keeps the figures. Replies are read whole by ``getMore``, as there. The history is lost where the server says so,
where orders were deleted, dropped or renamed, and where what never changes of an order was changed.

Concurrency: one reader. Shutdown: drop it; the server times the cursor out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bson import Timestamp
from pymongo.errors import OperationFailure

from models.feed import HistoryLost
from mongo.driver import Database, Document, Driver, Session
from mongo.sales_documents import ORDER_FIELDS
from mongo.stream import LOST

AWAIT_MS = 500
BATCH = 1000
_FIXED = frozenset({"product_list", "timestamp", "currency"})


class Changes(NamedTuple):
    """What happened: new orders whole, ids of those that changed; where to go on, and the time of the last one."""

    inserted: Sequence[Document]
    changed: Sequence[Any]
    token: Document
    as_of: Timestamp | None
    full: bool


class OrderChanges:
    """A change stream of orders from a position on: ``{"resumeAfter": …}`` or ``{"startAtOperationTime": …}``."""

    def __init__(self, driver: Driver, database: Database, position: Document) -> None:
        self._driver = driver
        self._database = database
        self._position = position
        self._session: Session | None = None
        self._cursor = 0

    async def read(self) -> Changes:
        """Return what happened next, or nothing after half a second. HistoryLost: some of it is gone."""
        try:
            reply = await (self._more() if self._cursor else self._open())
        except OperationFailure as error:
            if error.code in LOST:
                raise HistoryLost(str(error)) from error
            raise
        cursor = reply["cursor"]
        self._cursor = cursor["id"]
        events = cursor["nextBatch"] if "nextBatch" in cursor else cursor["firstBatch"]
        changes = _changes(events, cursor["postBatchResumeToken"])
        if not self._cursor:
            raise HistoryLost("the change stream of the orders has ended")
        return changes

    async def _open(self) -> Document:
        self._session = await self._driver.start_session()
        wanted: Document = {
            "$or": [
                {"operationType": {"$ne": "update"}},
                {"updateDescription.updatedFields.address": {"$exists": False}},  # sealed anew or erased: no news
            ]
        }
        fields: Document = {
            **dict.fromkeys(("operationType", "documentKey", "clusterTime", "updateDescription.updatedFields"), 1),
            **{f"fullDocument.{name}": 1 for name in ("_id", *ORDER_FIELDS)},
        }
        pipeline = [{"$changeStream": self._position}, {"$match": wanted}, {"$project": fields}]
        return await self._run(aggregate="orders", pipeline=pipeline, cursor={"batchSize": BATCH})

    async def _more(self) -> Document:
        return await self._run(getMore=self._cursor, collection="orders", maxTimeMS=AWAIT_MS, batchSize=BATCH)

    async def _run(self, **command: Any) -> Document:
        return await self._database.command(command, codec_options=self._database.codec_options, session=self._session)

    async def close(self) -> None:
        """End the session of the stream."""
        if self._session is not None:
            await self._session.end_session()
            self._session = None


def _changes(events: Sequence[Document], token: Document) -> Changes:
    inserted, changed = [], []
    for event in events:
        kind = event["operationType"]
        if kind == "insert":
            inserted.append(event["fullDocument"])
        elif kind in {"update", "replace"} and not _FIXED.intersection(_touched(event)):
            changed.append(event["documentKey"]["_id"])
        else:
            raise HistoryLost(f"orders: {kind} of {event.get('documentKey', 'all')}, which no rule of the shop does")
    as_of = events[-1]["clusterTime"] if events else None
    return Changes(inserted, changed, token, as_of, full=len(events) >= BATCH)


def _touched(event: Document) -> set[str]:
    fields = event.get("updateDescription", {}).get("updatedFields") or ()
    return {name.partition(".")[0] for name in fields}
