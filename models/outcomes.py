"""What a caller gets when its command was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from models.cart import Cart
from models.order import Order
from models.stock import Level, Movement
from models.waiter import Waiter


class Clipped(NamedTuple):
    """A line that could not be merged whole: ``wanted`` units were asked for, ``quantity`` are in the cart."""

    product_id: str
    wanted: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CartChanged:
    """The cart as it is now, with the levels of the products that the command moved."""

    cart: Cart
    levels: Mapping[str, Level] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """The target cart, the products that came in, and the lines that were cut."""

    cart: Cart
    merged: tuple[str, ...]
    clipped: tuple[Clipped, ...]
    levels: Mapping[str, Level] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderBegun:
    """What is to be paid, in minor units; or, for a repeated key, the order there is already.

    ``payment_id`` is of the payment that was begun, if one was asked for.
    """

    total_amount: int
    currency: str
    order: Order | None
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """The order; ``repeated`` if it is the answer to an earlier request with the same key."""

    order: Order
    repeated: bool


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """The order as it is now; ``repeated`` if nothing was left to do."""

    order: Order
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class StockChanged:
    """A product's level after a restock or an adjustment; no movement if the count was right already."""

    product_id: str
    level: Level
    movement: Movement | None


@dataclass(frozen=True, slots=True)
class Waits:
    """The places in lines that the command was about, as they are now."""

    waiters: tuple[Waiter, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """The place that was given up; None where there was none."""

    waiter: Waiter | None
    levels: Mapping[str, Level] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offered:
    """Who got an offer, in the order of the line; ``more`` if there are units and people left for further ones."""

    waiters: tuple[Waiter, ...]
    more: bool
