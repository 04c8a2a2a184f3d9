"""What a batch's changes are as write commands: one message per collection, built one after the other."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from bson import ObjectId

from models.cart import Cart
from models.identity import OwnerId
from models.state import Changes
from models.stock import Level
from mongo import documents
from mongo.driver import Document


class Write(NamedTuple):
    """One message. ``expected`` documents must be touched, or something was not as it was read."""

    collection: str
    verb: Literal["insert", "update"]
    statements: list[Document]
    expected: int

    def command(self) -> Document:
        """Return the database command."""
        rows = "documents" if self.verb == "insert" else "updates"
        return {self.verb: self.collection, rows: self.statements}


class Read(NamedTuple):
    """Carts as they were read; the database's clock; a stamp that no other write of a cart has."""

    carts: Mapping[OwnerId, Cart]
    now: datetime
    stamp: str


def writes(changes: Changes, read: Read) -> Iterator[Write]:
    """Yield the messages that store the changes, in an order that all batches keep.

    Levels and carts are written by their id alone. One that changed since the snapshot makes the server refuse
    (WriteConflict), so the version or revision need not stand in the query, where it costs the fast path by id.
    """
    if changes.levels:
        levels = [_level_update(product_id, level) for product_id, level in changes.levels.items()]
        yield Write("products", "update", levels, len(levels))
    yield from _cart_writes(changes.carts.values(), read)
    yield from _insert("inventory_logs", map(documents.movement_document, changes.movements))
    yield from _insert("orders", map(documents.order_document, changes.placed))
    yield from _insert("payments", map(documents.payment_document, changes.payments))
    if changes.changed_orders:
        orders = [
            {"q": {"_id": ObjectId(order.id)}, "u": documents.order_document(order)}
            for order in changes.changed_orders.values()
        ]
        yield Write("orders", "update", orders, len(orders))
    yield from _insert("crossings", map(documents.crossing_document, changes.crossings))
    yield from _insert("emails", (documents.letter_document(letter, read.now) for letter in changes.letters))


def _level_update(product_id: str, level: Level) -> Document:
    return {"q": {"_id": ObjectId(product_id)}, "u": {"$set": level._asdict()}}


def _cart_writes(carts: Iterable[Cart], read: Read) -> Iterator[Write]:
    """Write carts; what orders leave behind is one statement for all of them."""
    fresh: list[Document] = []
    updates: list[Document] = []
    emptied: list[OwnerId] = []
    for cart in carts:
        before = read.carts.get(cart.id)
        if before is None:
            fresh.append(documents.cart_document(cart, read.stamp))
        elif cart == before.with_lines(()):
            emptied.append(cart.id)
        else:
            updates.append({"q": {"_id": cart.id}, "u": documents.cart_document(cart, read.stamp)})
    expected = len(updates) + len(emptied)
    if emptied:
        change = {"$inc": {"revision": 1}, "$set": documents.EMPTY_CART | {"by": read.stamp}}
        updates.append({"q": {"_id": {"$in": emptied}}, "u": change, "multi": True})
    if updates:
        yield Write("carts", "update", updates, expected)
    yield from _insert("carts", fresh)


def _insert(collection: str, rows: Iterable[Document]) -> Iterator[Write]:
    statements = list(rows)
    if statements:
        yield Write(collection, "insert", statements, len(statements))
