"""What a batch's changes are as write commands: one message per collection, built one after the other."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import starmap
from typing import Literal, NamedTuple, TypeVar

from bson import ObjectId

from models.cart import Cart
from models.identity import OwnerId
from models.order import Order
from models.state import Changes
from models.stock import Level
from models.waiter import Waiter
from mongo import documents, payments
from mongo.driver import Document

T = TypeVar("T")


class Write(NamedTuple):
    """One message. ``expected`` documents must be touched, or something was not as it was read; None: any number."""

    collection: str
    verb: Literal["insert", "update"]
    statements: Iterable[Document]
    expected: int | None

    def command(self) -> Document:
        """Return the database command."""
        rows = "documents" if self.verb == "insert" else "updates"
        return {self.verb: self.collection, rows: list(self.statements)}


class Read(NamedTuple):
    """Carts as they were read; the database's clock; a stamp that no other write of a cart has; places in lines."""

    carts: Mapping[OwnerId, Cart]
    now: datetime
    stamp: str
    waiters: frozenset[str] = frozenset()


def writes(changes: Changes, read: Read) -> Iterator[Write]:
    """Yield the messages that store the changes, in an order that all batches keep.

    The statements of a message are built as they are asked for. Levels and carts are written by their id alone. One
    that changed since the snapshot makes the server refuse (WriteConflict), so the version or revision need not stand
    in the query, where it costs the fast path by id. Emptied carts do not take that path, so there it costs nothing:
    theirs does stand in the query, and they need not be read in the transaction.
    """
    if changes.levels:
        yield Write("products", "update", starmap(_level_update, changes.levels.items()), len(changes.levels))
    yield from _cart_writes(changes.carts.values(), read)
    yield from _insert("inventory_logs", documents.movement_document, changes.movements)
    yield from _insert("orders", documents.order_document, changes.placed)
    yield from _insert("payments", documents.payment_document, changes.payments)
    yield from _payment_writes(changes, read)
    if changes.changed_orders:
        changed = changes.changed_orders
        yield Write("orders", "update", map(_order_update, changed.values()), len(changed))
    yield from _insert("crossings", documents.crossing_document, changes.crossings)
    yield from _insert("emails", partial(documents.letter_document, at=read.now), changes.letters)
    yield from _insert("notifications", partial(documents.notice_document, at=read.now), changes.notices)
    if changes.seen:
        seen = {"q": {"key": {"$in": changes.seen}}, "u": {"$set": {"seen": True}}, "multi": True}
        yield Write("notifications", "update", [seen], None)
    yield from _waiter_writes(changes.waiters.values(), read)


def replaced(changes: Changes, read: Read) -> dict[OwnerId, int]:
    """Return the revisions, before these changes, of the carts that are written by their id alone."""
    known = ((cart, read.carts.get(cart.id)) for cart in changes.carts.values())
    return {cart.id: before.revision for cart, before in known if before and cart != before.with_lines(())}


def _level_update(product_id: str, level: Level) -> Document:
    return {"q": {"_id": ObjectId(product_id)}, "u": {"$set": documents.level_fields(level)}}


def _order_update(order: Order) -> Document:
    return {"q": {"_id": ObjectId(order.id)}, "u": documents.order_document(order)}


def _payment_writes(changes: Changes, read: Read) -> Iterator[Write]:
    """Write payments: those that begin, those that become an order's, and those of which more is asked."""
    yield from _insert("payments", partial(payments.intent_document, at=read.now), [*changes.begun.values()])
    if changes.paid:
        yield Write("payments", "update", [payments.taking(each, read.now) for each in changes.paid], len(changes.paid))
    if changes.owing:
        yield Write("payments", "update", [payments.owing(each, read.now) for each in changes.owing], None)


def _cart_writes(carts: Iterable[Cart], read: Read) -> Iterator[Write]:
    """Write carts; what orders leave behind is one statement for all that were at the same revision."""
    fresh: list[Cart] = []
    updates: list[Document] = []
    emptied: defaultdict[int, list[OwnerId]] = defaultdict(list)
    for cart in carts:
        before = read.carts.get(cart.id)
        if before is None:
            fresh.append(cart)
        elif cart == before.with_lines(()):
            emptied[before.revision].append(cart.id)
        else:
            updates.append({"q": {"_id": cart.id}, "u": documents.cart_document(cart, read.stamp)})
    expected = len(updates) + sum(map(len, emptied.values()))
    change = {"$inc": {"revision": 1}, "$set": documents.EMPTY_CART | {"by": read.stamp}}
    for revision, ids in emptied.items():
        updates.append({"q": {"_id": {"$in": ids}, "revision": revision}, "u": change, "multi": True})
    if updates:
        yield Write("carts", "update", updates, expected)
    yield from _insert("carts", partial(documents.cart_document, written_by=read.stamp), fresh)


def _waiter_writes(waiters: Collection[Waiter], read: Read) -> Iterator[Write]:
    """Write places in lines; those that close go first, as the same batch may open another one of the same owner."""
    known = [each for each in waiters if each.id in read.waiters]
    if known:
        known.sort(key=lambda each: each.open)
        rows = [{"q": {"_id": each.id}, "u": documents.waiter_document(each)} for each in known]
        yield Write("waiting", "update", rows, len(rows))
    fresh = [each for each in waiters if each.id not in read.waiters]
    yield from _insert("waiting", documents.waiter_document, fresh)


def _insert(collection: str, document_of: Callable[[T], Document], rows: Sequence[T]) -> Iterator[Write]:
    if rows:
        yield Write(collection, "insert", map(document_of, rows), len(rows))
