"""One batch of the ledger as one multi-document transaction.

Reads are of one snapshot, the commit waits for a majority. The server refuses to write what changed after the snapshot,
so even a program that ignores transactions cannot slip in between unnoticed. Commands are sent raw: one
message per collection, whatever the number of documents.

A batch may be read ahead: outside a transaction, while the batch before it is being written, whose changes are laid
over what was read. Its transaction then begins with ``write``, which makes sure that nothing else has changed: products
and the revisions of carts are read again and compared, emptied carts are guarded by their revision in the query, new
orders by the unique index on their key.

Faults are told in ``models.faults``' words: a label of the server's says what may be repeated (MongoDB manual,
"Drivers API": TransientTransactionError, UnknownTransactionCommitResult).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bson import ObjectId
from bson.errors import BSONError
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from models.commands import Command
from models.faults import CommitUnknown, Contended, Rejected, Stale, StorageFault, Transient
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, State
from mongo import documents
from mongo.driver import DUPLICATE_KEY, Database, Document, Driver, Session, Step
from mongo.reading import BatchReader, by_ids
from mongo.writes import Read, Write, replaced, writes

# What two batches of two processes can do to each other, and what a server goes through (stepping down, shutting down,
# a full disk); everything else in a write is about the document itself.
_CONTENTION = {112, 225, 244, 246, 251, 24, 50, 91, 189, 262, 10107, 11600, 11602, 13435, 13436, 14031}
_WRITE_CONFLICT = 112
# How many statements are built before others of the event loop get their turn.
_SLICE = 16


class LedgerTransactions:
    """The ledger's store: makes transactions that share one session, one after the other.

    ``ago``: how far back a batch is dated; for the demo's past alone.
    """

    def __init__(
        self, driver: Driver, database: Database, process_id: str, ago: Callable[[], timedelta] = timedelta
    ) -> None:
        self._driver = driver
        self._database = database
        self._process_id = process_id
        self.ago = ago
        self._session: Session | None = None
        self._attempts = 0

    def transaction(self, after: Changes | None = None) -> "BatchTransaction":
        """Return a new attempt; ``after`` is what the batch before it changes, where that is still being written."""
        self._attempts += 1
        stamp = f"{self._process_id}:{self._attempts}"
        if after is None:
            return BatchTransaction(self, self._database, stamp)
        return AheadTransaction(self, self._database, stamp, after)

    async def send(self, session: Session, steps: Sequence[Step]) -> None:
        """Send the commands of a transaction, one after the other."""
        await self._driver.in_a_row(self._database, session, steps)

    async def begin(self) -> Session:
        """Start a transaction on the session at hand."""
        if self._session is None:
            self._session = await self._driver.start_session()
        await self._driver.start_transaction(self._session)
        return self._session

    async def supersede(self, session: Session) -> None:
        """Settle a transaction whose commit stayed without an answer: if it is still open, it is undone.

        Left alone it would block what it has written for a minute (``transactionLifetimeLimitSeconds``), and everyone
        who asks again with it. A newer transaction of the same session makes the server abort an open older one; one
        that was committed stays so.
        """
        await self._driver.start_transaction(session)
        try:
            await self._database["meta"].find_one({"_id": "schema"}, session=session)
        finally:
            await session.abort_transaction()


class BatchTransaction:
    """One attempt at one batch."""

    def __init__(self, owner: LedgerTransactions, database: Database, stamp: str) -> None:
        self._owner = owner
        self._database = database
        self._stamp = stamp
        self._session: Session | None = None
        self._committed = False
        self._seen = Read({}, datetime.min.replace(tzinfo=UTC), stamp)
        self._prepared: list[Write] | None = None

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Begin, and read what the commands touch."""
        async with _faults():
            await self._begin()
            return await self._read(BatchReader(self._ask), commands, policy)

    async def _begin(self) -> None:
        self._session = await self._owner.begin()

    async def _read(self, reader: BatchReader, commands: Sequence[Command[Any]], policy: Policy) -> State:
        try:
            state = await reader.read(commands, policy)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # another program's half of a document
            raise Rejected(f"a document cannot be read: {error!r}") from error
        state.now -= self._owner.ago()
        self._seen = Read(dict(state.carts), state.now, self._stamp, frozenset(state.waiters))
        return state

    async def _ask(self, command: Document) -> Document:
        return await self._database.command(command, codec_options=self._database.codec_options, session=self._session)

    async def prepare(self, changes: Changes) -> None:
        """Build what ``write`` will send, a little at a time, so that others of the event loop get their turn."""
        self._prepared = []
        for write in writes(changes, self._seen):
            statements: list[Document] = []
            for statement in write.statements:
                statements.append(statement)
                if len(statements) % _SLICE == 0:
                    await asyncio.sleep(0)
            self._prepared.append(write._replace(statements=statements))

    async def write(self, changes: Changes) -> None:
        """Write the changes; a guard that does not match is a conflict."""
        await self._send(changes)

    async def _send(self, changes: Changes, *guards: Step) -> None:
        """Send what guards the changes, and the changes."""
        if self._prepared is None:
            await self.prepare(changes)
        messages = self._prepared or ()
        async with _faults():
            session = self._session
            assert session is not None  # noqa: S101 - load or, ahead, write has begun it
            own: list[Step] = [(each.command(), partial(_judge, each)) for each in messages]
            await self._owner.send(session, [*guards, *own])

    async def commit(self) -> None:
        """Commit with majority; repeatable after ``CommitUnknown``."""
        session = self._session
        assert session is not None  # noqa: S101 - load or, ahead, write has begun it
        try:
            await session.commit_transaction()
            self._committed = True
        except PyMongoError as error:
            if error.has_error_label("UnknownTransactionCommitResult"):
                raise CommitUnknown(str(error)) from error
            if error.has_error_label("TransientTransactionError"):
                raise Transient(str(error)) from error
            if isinstance(error, ConnectionFailure | WTimeoutError | ExecutionTimeout):
                raise CommitUnknown(str(error)) from error
            raise

    async def abort(self) -> None:
        """Give up; a transaction that was committed stays so.

        The session is used again: whatever the server still has open on it ends with the next transaction.
        """
        if self._session is None or self._committed:
            return
        session, self._session = self._session, None
        with suppress(PyMongoError, InvalidOperation):
            if session.in_transaction:
                await session.abort_transaction()
            else:  # a commit was sent
                await self._owner.supersede(session)


class AheadTransaction(BatchTransaction):
    """One attempt at a batch that is read while the one before it is being written."""

    def __init__(self, owner: LedgerTransactions, database: Database, stamp: str, after: Changes) -> None:
        super().__init__(owner, database, stamp)
        self._after = after
        self._wanted: Sequence[ObjectId] = ()
        self._products: Mapping[ObjectId, Document] = {}

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Read what the commands touch, as it will be after the batch before."""
        reader = BatchReader(self._ask_majority, self._after)
        async with _faults():
            state = await self._read(reader, commands, policy)
        self._wanted, self._products = reader.wanted, reader.products
        return state

    async def _ask_majority(self, command: Document) -> Document:
        if "getMore" in command:  # it would have to be of the same session as its cursor
            raise Transient("too much to be read ahead")
        return await self._ask({**command, "readConcern": {"level": "majority"}})

    async def write(self, changes: Changes) -> None:
        """Begin, make sure that products and carts are as they were foreseen, and write the changes."""
        carts = replaced(changes, self._seen)
        guards: list[Step] = []
        if self._wanted:
            guards.append((by_ids("products", self._wanted, documents.PRODUCT_FIELDS), self._judge_products))
        if carts:
            guards.append((by_ids("carts", carts, {"revision": 1}), partial(_judge_revisions, carts)))
        async with _faults():
            await self._begin()
        await self._send(changes, *guards)

    def _judge_products(self, reply: Document) -> None:
        if {row["_id"]: row for row in _all_rows(reply)} != self._products:
            raise Contended("products are not as they were foreseen")


def _judge(write: Write, reply: Document) -> None:
    for error in reply.get("writeErrors", ()):
        raise _write_fault(error)
    if write.expected is not None and reply["n"] != write.expected:
        raise Stale(f"{write.collection}: {reply['n']} of {write.expected} were as they had been read")


def _judge_revisions(carts: Mapping[OwnerId, int], reply: Document) -> None:
    if {row["_id"]: row["revision"] for row in _all_rows(reply)} != carts:
        raise Contended("carts are not as they were foreseen")


def _all_rows(reply: Document) -> list[Document]:
    if reply["cursor"]["id"]:  # the rest would have to be asked for
        raise Transient("too much was read ahead")
    rows: list[Document] = reply["cursor"]["firstBatch"]
    return rows


def _write_fault(error: Mapping[str, Any]) -> StorageFault:
    """Say what a write error of a reply that is otherwise fine means."""
    if error["code"] == DUPLICATE_KEY:
        return Stale(error["errmsg"])
    if error["code"] in _CONTENTION:
        return _contention(error["code"], error["errmsg"])
    return Rejected(f"{error['errmsg']} {error.get('errInfo', '')}")


def _contention(code: int | None, message: str) -> Transient:
    """Tell two batches at the same documents, which is a matter of load, from what a server goes through."""
    return Contended(message) if code == _WRITE_CONFLICT else Transient(message)


@asynccontextmanager
async def _faults() -> AsyncIterator[None]:
    """Translate the driver's errors before the commit, when nothing can have happened yet."""
    try:
        yield
    except DuplicateKeyError as error:
        raise Stale(str(error)) from error
    except (ConnectionFailure, ServerSelectionTimeoutError, ExecutionTimeout) as error:
        raise Transient(str(error)) from error
    except OperationFailure as error:
        if error.has_error_label("TransientTransactionError") or error.code in _CONTENTION:
            raise _contention(error.code, str(error)) from error
        raise Rejected(str(error)) from error
    except (DocumentTooLarge, BSONError, OverflowError) as error:
        raise Rejected(str(error)) from error
    except PyMongoError as error:
        raise Transient(str(error)) from error
