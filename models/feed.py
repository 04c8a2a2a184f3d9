"""What the database says has happened, as one process hears it from its change stream.

A ``Cursor`` is the cluster time of a change, as 16 hex digits: it sorts as text and means the same on every process.
All changes of one transaction share it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NewType

from models.cart import Cart
from models.catalogue import Listing
from models.imports import Import
from models.notification import Notification
from models.order import Order
from models.roles import Role
from models.stock import Level, Product
from models.waiter import Waiter

Cursor = NewType("Cursor", str)
CatalogueChange = Literal["created", "updated", "published", "withdrawn", "price_changed"]


class HistoryLost(Exception):  # noqa: N818 - it says what is the matter
    """The changes since the last one heard are gone: start anew from a snapshot."""


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """Those parts of a level that changed; None is unchanged."""

    cursor: Cursor
    product_id: str
    stock: int | None
    held: int | None
    version: int | None
    arming: int | None
    waiting: int | None = None
    joined: int | None = None


@dataclass(frozen=True, slots=True)
class CatalogueChanged:
    """A catalogue entry changed or went (``listing`` is None then)."""

    cursor: Cursor
    product_id: str
    change: CatalogueChange
    listing: Listing | None


@dataclass(frozen=True, slots=True)
class CartWritten:
    """Another process wrote a cart."""

    cart: Cart


@dataclass(frozen=True, slots=True)
class NotificationAdded:
    """Somebody must be told something."""

    notification: Notification


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """An order that exists got another status."""

    order: Order


@dataclass(frozen=True, slots=True)
class WaiterChanged:
    """A place in a line is not what it was: offered, taken, given up, or its offer has run out."""

    waiter: Waiter


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """Somebody was signed out: nothing made for that session is good any more."""

    session_id: str
    user_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What an account may do, its address, or what it wants to be told, is another than it was.

    ``barred`` accounts may do nothing; ``muted`` are the kinds of notifications that are not wanted in the shop.
    """

    user_id: str
    role: Role
    barred: bool
    email: str
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SalesMoved:
    """A batch of orders went into the sales figures; ``sellers`` None is all of them, counted anew."""

    generation: str
    batch: int
    sellers: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class ImportMoved:
    """An import has come further, or to its end."""

    job: Import


@dataclass(frozen=True, slots=True)
class WorkQueued:
    """Something was put into a collection that a leased worker works off."""

    queue: str


@dataclass(frozen=True, slots=True)
class TurnWanted:
    """Another process's ledger is held up again and again: those who get through shall leave it a turn."""


Change = (
    LevelChanged
    | CatalogueChanged
    | CartWritten
    | NotificationAdded
    | OrderUpdated
    | WaiterChanged
    | SessionEnded
    | AccountChanged
    | SalesMoved
    | ImportMoved
    | WorkQueued
    | TurnWanted
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All products and levels at one cluster time; the changes after it follow without a gap."""

    cursor: Cursor
    products: Sequence[tuple[Product, Level]]
