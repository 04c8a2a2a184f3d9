"""The driver: Motor, or PyMongo's own async client. The few calls that differ between them are here, and only here.

Everything else in ``mongo/`` uses calls that are spelled alike in both, so annotations name PyMongo's types.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from gridfs import AsyncGridFSBucket
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorGridFSBucket
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from mongo.slow_commands import SlowCommands

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Database = AsyncDatabase[Document]
Session = AsyncClientSession
DriverName = Literal["motor", "pymongo"]

# What any call raises while the database cannot be reached, and for what the driver cannot do.
DRIVER_ERRORS: tuple[type[Exception], ...] = (PyMongoError,)

# A unique index has the key already: the code of a write error.
DUPLICATE_KEY = 11000

# A server that stops answering must be noticed within a caller's patience (10 s), with time left for another try.
TIMEOUTS: dict[str, int] = {
    "serverSelectionTimeoutMS": 4000,
    "connectTimeoutMS": 2000,
    "socketTimeoutMS": 6000,
    "heartbeatFrequencyMS": 2000,
}
COMMIT_TIMEOUT_MS = 4000

# A command, and what judges its reply: it raises where nothing more is to be sent.
Step = tuple[Document, Callable[[Document], None]]


class Driver:
    """One client of the chosen kind, and the spellings that go with it."""

    def __init__(self, uri: str, name: DriverName = "motor", **options: Any) -> None:
        self.name = name
        self.slow = SlowCommands()
        options = {**options, "event_listeners": [self.slow, *options.get("event_listeners", ())]}
        kind: Any = AsyncIOMotorClient if name == "motor" else AsyncMongoClient
        self.client: Client = kind(uri, **{"tz_aware": True, "appname": "ivorycart", **TIMEOUTS, **options})
        self._rows = ThreadPoolExecutor(thread_name_prefix="ivorycart-rows")

    @property
    def has_primary(self) -> bool:
        """Whether a server is known that takes writes; without one they wait, and reads of the primary with them."""
        client: Any = self.client
        return bool((client.delegate if self.name == "motor" else client).topology_description.has_writable_server())

    async def start_session(self, *, snapshot: bool = False) -> Session:
        """Start a session of one's own; with ``snapshot``, all that it reads is of one moment, the first read's."""
        started: Any = self.client.start_session(snapshot=snapshot)
        session: Session = await started if self.name == "motor" else started
        return session

    async def start_transaction(self, session: Session) -> None:
        """Start a transaction: snapshot reads of the primary, majority writes."""
        started: Any = session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority", wtimeout=COMMIT_TIMEOUT_MS),
            read_preference=ReadPreference.PRIMARY,
        )
        if self.name == "pymongo":
            await started

    async def in_a_row(self, database: Database, session: Session, steps: Sequence[Step]) -> None:
        """Send commands of a session, each after the reply to the one before; raise what a judge or the driver raises.

        Motor's are sent by one thread from the first to the last: a busy event loop would take up each reply some
        milliseconds late, and the database would wait meanwhile. Cancelled, the one under way is waited for, as nothing
        else may be sent on the session before; the rest is not sent.
        """
        if self.name == "pymongo":
            for command, judge in steps:
                judge(await database.command(command, codec_options=database.codec_options, session=session))
            return
        sender: Any = database
        theirs: Any = session
        enough = threading.Event()

        def send() -> None:
            for command, judge in steps:
                if enough.is_set():
                    return
                options = {"codec_options": database.codec_options, "session": theirs.delegate}
                judge(sender.delegate.command(command, **options))

        sending = asyncio.get_running_loop().run_in_executor(self._rows, contextvars.copy_context().run, send)
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            enough.set()
            await asyncio.gather(sending, return_exceptions=True)
            raise

    async def aggregate(self, collection: Any, pipeline: list[Document], **options: Any) -> list[Document]:
        """Run a pipeline and return all its documents."""
        cursor = collection.aggregate(pipeline, **options)
        if self.name == "pymongo":
            cursor = await cursor
        documents: list[Document] = await cursor.to_list(None)
        return documents

    async def close(self) -> None:
        """Close all connections."""
        closing: Any = self.client.close()
        if self.name == "pymongo":
            await closing
        self._rows.shutdown(wait=False)


def bucket_of(database: Database, name: str) -> AsyncGridFSBucket:
    """Return a GridFS bucket: its files are uploaded, opened and read by calls that both drivers spell alike."""
    kind: Any = AsyncGridFSBucket if isinstance(database, AsyncDatabase) else AsyncIOMotorGridFSBucket
    bucket: AsyncGridFSBucket = kind(database, name)
    return bucket
