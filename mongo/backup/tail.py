"""The tail: all changes of a database after a moment, in their order, and up to where they are all there.

Concurrency: one reader. Shutdown: close it, or drop it: the server times its cursor out.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from bson import Timestamp
from pymongo.errors import OperationFailure, PyMongoError

from models.feed import HistoryLost
from mongo.backup.blocks import PLAIN
from mongo.backup.changes import change_of
from mongo.backup.moments import BEGINNING, history_of
from mongo.driver import Database, Document, Driver, Session
from mongo.stream import LOST, pause

# What is of the running processes alone, and sign-ins: who was signed out since must not be let in by a restore.
PASSING = ("audits", "leases", "processes", "rate_limits", "sessions", "turns")
_AWAIT_MS = 500
_BATCH = 1000

log = logging.getLogger(__name__)


class Portion(NamedTuple):
    """Changes, and the moment up to which all are told by this portion and those before it."""

    changes: Sequence[Document]
    through: Timestamp


class Tail:
    """Reads what was written to a database of one history after a moment."""

    def __init__(self, driver: Driver, database: Database, history: str, after: Timestamp) -> None:
        self._driver = driver
        self._database = database
        self._history = history
        self._through = after
        self._seen = BEGINNING  # a majority had this when the last reply was made
        self._held: list[Document] = []
        self._session: Session | None = None
        self._cursor = 0

    async def read(self) -> Portion:
        """Return what happened next, or nothing after half a second. HistoryLost: some of it is gone.

        What shares the last cluster time is held back until what follows shows that it was all of it: a transaction is
        never in two portions. A lost connection or a new primary is bridged.
        """
        attempt = 0
        while True:
            try:
                return await self._read()
            except PyMongoError as error:
                if isinstance(error, OperationFailure) and error.code in LOST:
                    raise HistoryLost(f"the server has no more of what followed: {str(error)[:200]}") from error
                log.warning("backup: change stream interrupted: %s", error)
                await self.close()
                await asyncio.sleep(pause(attempt))
                attempt += 1

    async def _read(self) -> Portion:
        reply = await (self._more() if self._cursor else self._open())
        cursor = reply["cursor"]
        self._cursor = cursor["id"]
        events = cursor["nextBatch"] if "nextBatch" in cursor else cursor["firstBatch"]
        changes = [change for event in events if (change := change_of(event))]
        if not self._cursor:
            raise HistoryLost("the change stream has ended")
        before, self._seen = self._seen, reply["operationTime"]
        self._held += [change for change in changes if change["t"] > self._through]
        if not events:
            # It answers a request that was sent after a majority had that moment: nothing up to it is missing.
            portion, self._held = self._held, []
            through = max(self._through, before)
        else:  # of the last moment there may be more
            whole = [change["t"] for change in self._held].index(self._held[-1]["t"]) if self._held else 0
            portion, self._held = self._held[:whole], self._held[whole:]
            through = self._through
        if portion:
            through = max(through, portion[-1]["t"])
        self._through = through
        return Portion(portion, through)

    async def _open(self) -> Document:
        if await history_of(self._database) != self._history:
            raise HistoryLost("the database is another one, or was restored: take a full backup")
        self._session = await self._driver.start_session()
        position = {"startAtOperationTime": self._through, "showExpandedEvents": True}
        wanted = {"$match": {"ns.coll": {"$nin": [*PASSING]}}}
        pipeline = [{"$changeStream": position}, wanted]
        return await self._run(aggregate=1, pipeline=pipeline, cursor={"batchSize": _BATCH})

    async def _more(self) -> Document:
        more = {"collection": "$cmd.aggregate", "maxTimeMS": _AWAIT_MS, "batchSize": _BATCH}
        return await self._run(getMore=self._cursor, **more)

    async def _run(self, **command: Any) -> Document:
        return await self._database.command(command, codec_options=PLAIN, session=self._session)

    async def close(self) -> None:
        """Drop the stream; reading goes on where the last portion ended."""
        self._cursor, self._held, self._seen = 0, [], BEGINNING
        session, self._session = self._session, None
        if session is not None:
            await session.end_session()
