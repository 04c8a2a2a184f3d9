"""One batch of the ledger as one multi-document transaction.

Reads are of one snapshot, the commit waits for a majority. The server refuses to write what changed after the snapshot,
so even a program that ignores transactions cannot slip in between unnoticed. Commands are sent raw: one
message per collection, whatever the number of documents.

Faults are told in ``models.faults``' words: a label of the server's says what may be repeated (MongoDB manual,
"Drivers API": TransientTransactionError, UnknownTransactionCommitResult).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
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

from models.cart import Cart
from models.commands import Command
from models.decide import Reads, needs_lines, products_of, reads
from models.faults import CommitUnknown, Rejected, Stale, StorageFault, Transient
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, OrderKey, State
from mongo import documents
from mongo.driver import Database, Document, Driver, Session
from mongo.writes import Read, Write, writes

DUPLICATE_KEY = 11000
# What two batches of two processes can do to each other, and what a server goes through (stepping down, shutting down,
# a full disk); everything else in a write is about the document itself.
_CONTENTION = {112, 225, 244, 246, 251, 24, 50, 91, 189, 262, 10107, 11600, 11602, 13435, 13436, 14031}
_NOW = {"now": "$$NOW"}
_CART_FIELDS = dict.fromkeys(("revision", "lines", "currency", "expires_at", "extended", "email", "expired"), 1)


class LedgerTransactions:
    """The ledger's store: makes transactions that share one session, one after the other."""

    def __init__(self, driver: Driver, database: Database, process_id: str) -> None:
        self._driver = driver
        self._database = database
        self._process_id = process_id
        self._session: Session | None = None
        self._attempts = 0

    def transaction(self) -> "BatchTransaction":
        """Return a new attempt."""
        self._attempts += 1
        return BatchTransaction(self, self._database, f"{self._process_id}:{self._attempts}")

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
        self._now = datetime.min.replace(tzinfo=UTC)
        self._session: Session | None = None
        self._committed = False
        self._carts: dict[OwnerId, Cart] = {}

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Begin, and read what the commands touch."""
        async with _faults():
            self._session = await self._owner.begin()
            try:
                return await self._read([(reads(command), needs_lines(command)) for command in commands], policy)
            except (KeyError, TypeError, ValueError, AttributeError) as error:  # another program's half of a document
                raise Rejected(f"a document cannot be read: {error!r}") from error

    async def _read(self, wanted: list[tuple[Reads, bool]], policy: Policy) -> State:
        state = State(self._now, policy)
        clock: list[datetime] = []
        for document in await self._find("carts", {cart for each, _ in wanted for cart in each.carts}):
            clock.append(document["now"])
            cart = documents.cart_of(document)
            state.carts[cart.id] = self._carts[cart.id] = cart
        await self._read_orders(wanted, state)
        with_lines = {cart for each, lines in wanted if lines for cart in each.carts}
        wanted_products = {product_id for each, _ in wanted for product_id in each.products}
        wanted_products |= products_of({id_: c for id_, c in state.carts.items() if id_ in with_lines}, state.orders)
        for document in await self._find("products", map(ObjectId, wanted_products), documents.PRODUCT_FIELDS):
            clock.append(document["now"])
            product = documents.product_of(document)
            state.products[product.id] = product
            state.levels[product.id] = documents.level_of(document)
        self._now = state.now = max(clock) if clock else await self._clock()
        return state

    async def _read_orders(self, wanted: list[tuple[Reads, bool]], state: State) -> None:
        keys = {key for each, _ in wanted for key in each.keys}
        ids = {ObjectId(order) for each, _ in wanted for order in each.orders}
        if not keys and not ids:
            return
        by_key = {"owner": {"$in": [key.owner for key in keys]}, "order_key": {"$in": [key.key for key in keys]}}
        by_id = {"_id": {"$in": list(ids)}}
        query = {"$or": [by_key, by_id]} if keys and ids else by_key if keys else by_id
        for document in await self._rows("orders", filter=query, batchSize=2000):
            order = documents.order_of(document)
            if OrderKey(order.owner, order.order_key) in keys or document["_id"] in ids:
                state.add_order(order)

    async def _find(
        self, collection: str, ids: Iterable[Any], fields: Mapping[str, int] | None = None
    ) -> list[Document]:
        wanted = list(ids)
        if not wanted:
            return []
        projection = {**fields, **_NOW} if fields else {**_CART_FIELDS, **_NOW}
        by_id = {"_id": {"$in": wanted}}
        return await self._rows(collection, filter=by_id, projection=projection, batchSize=len(wanted) + 1)

    async def _clock(self) -> datetime:
        rows = await self._rows("meta", filter={"_id": "schema"}, projection=_NOW, limit=1)
        now: datetime = rows[0]["now"]
        return now

    async def _rows(self, collection: str, **arguments: Any) -> list[Document]:
        reply = await self._command({"find": collection, **arguments})
        rows: list[Document] = reply["cursor"]["firstBatch"]
        while reply["cursor"]["id"]:  # a reply has at most 16 MiB
            reply = await self._command({"getMore": reply["cursor"]["id"], "collection": collection})
            rows += reply["cursor"]["nextBatch"]
        return rows

    async def _command(self, command: Document) -> Document:
        return await self._database.command(command, codec_options=self._database.codec_options, session=self._session)

    async def write(self, changes: Changes) -> None:
        """Write the changes; a guard that does not match is a conflict.

        While the server works on one message, the next one is built: with a core for each, that is a third of the time.
        """
        read = Read(self._carts, self._now, self._stamp)
        sending: asyncio.Future[None] | None = None
        async with _faults():
            try:
                for write in writes(changes, read):
                    if sending:
                        await sending
                    sending = asyncio.ensure_future(self._send(write))
                    await asyncio.sleep(0)  # so that it is under way before the next one is built
                if sending:
                    await sending
            finally:
                if sending and not sending.done():
                    sending.cancel()

    async def _send(self, write: Write) -> None:
        reply = await self._command(write.command())
        for error in reply.get("writeErrors", ()):
            raise _write_fault(error)
        if reply["n"] != write.expected:
            raise Stale(f"{write.collection}: {reply['n']} of {write.expected} were as they had been read")

    async def commit(self) -> None:
        """Commit with majority; repeatable after ``CommitUnknown``."""
        session = self._session
        assert session is not None  # noqa: S101 - load comes first
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


def _write_fault(error: Mapping[str, Any]) -> StorageFault:
    """Say what a write error of a reply that is otherwise fine means."""
    if error["code"] == DUPLICATE_KEY:
        return Stale(error["errmsg"])
    if error["code"] in _CONTENTION:
        return Transient(error["errmsg"])
    return Rejected(f"{error['errmsg']} {error.get('errInfo', '')}")


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
            raise Transient(str(error)) from error
        raise Rejected(str(error)) from error
    except (DocumentTooLarge, BSONError, OverflowError) as error:
        raise Rejected(str(error)) from error
    except PyMongoError as error:
        raise Transient(str(error)) from error
