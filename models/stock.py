"""Products and their levels, and the one function by which a level changes.

``available = stock - held`` always, and is never stored. Each change is a movement: one row of ``inventory_logs``
that carries the level before and after, and a version that only grows.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.pricing import Discount, price_at


class ChangeType(StrEnum):
    """Why a level moved."""

    RESTOCK = "restock"
    PURCHASE = "purchase"
    ADJUSTMENT = "adjustment"
    RETURN = "return"
    HOLD = "hold"
    RELEASE = "release"
    EXPIRE = "expire"


class Level(NamedTuple):
    """How many units there are: ``stock`` on hand, ``held`` of them claimed by carts.

    ``version`` counts movements; ``arming`` counts how often the low-stock alert has been armed anew.
    ``waiting`` is how many people wait for an offer of a unit, ``joined`` how many ever got a place in that line: both
    change without a movement, and so without a new version.
    """

    stock: int
    held: int
    version: int
    arming: int
    waiting: int = 0
    joined: int = 0

    @property
    def available(self) -> int:
        """Units that nobody holds."""
        return self.stock - self.held

    @property
    def unclaimed(self) -> int:
        """Units that anybody may take: those beyond what goes to the people who wait."""
        return max(0, self.stock - self.held - self.waiting)


@dataclass(frozen=True, slots=True)
class Product:
    """What the rules need to know of a catalogue entry, beside its level. ``price``: list price, in minor units."""

    id: str
    name: str
    price: int
    currency: str
    seller_id: str
    threshold: int
    max_per_cart: int
    for_sale: bool
    image: str | None = None
    discounts: tuple[Discount, ...] = ()
    department: str = ""
    """The topmost of its categories; "" where it has none."""

    def price_at(self, now: datetime) -> int:
        """Return what a unit costs at a moment."""
        return price_at(self.price, self.discounts, now) if self.discounts else self.price


class Movement(NamedTuple):
    """One row of the ledger."""

    product_id: str
    version: int
    change_type: ChangeType
    old_stock: int
    new_stock: int
    old_held: int
    new_held: int
    reason: str
    actor: str
    cause: str
    timestamp: datetime
    seller_id: str | None = None
    """Whose product it is, where something came or went: by it a seller's history is found."""


class Crossing(NamedTuple):
    """A decrease that left ``available`` at or below the threshold: others with the product in their cart must hear.

    ``caused_by`` is the owner whose command it was, who needs no telling.
    """

    product_id: str
    version: int
    arming: int
    available: int
    threshold: int
    name: str
    seller_id: str
    caused_by: str
    timestamp: datetime


class Act(NamedTuple):
    """Who moves stock, why, and when (the database's clock)."""

    change_type: ChangeType
    actor: str
    cause: str
    reason: str
    at: datetime


class Moved(NamedTuple):
    """A movement with the level it leads to, and the crossing if there was one."""

    level: Level
    movement: Movement
    crossing: Crossing | None


def move(product: Product, level: Level, act: Act, *, stock: int = 0, held: int = 0) -> Moved:
    """Change a level by ``stock`` and ``held`` units (signed).

    Raise ValueError where ``0 <= held <= stock`` would break: the last line of defence, not an answer,
    since callers check availability first and refuse.
    """
    new_stock, new_held = level.stock + stock, level.held + held
    if not 0 <= new_held <= new_stock:
        raise ValueError(f"level of {product.id} would be stock={new_stock} held={new_held}")
    before, after = level.available, new_stock - new_held
    rearmed = before <= product.threshold < after
    moved = Level(new_stock, new_held, level.version + 1, level.arming + rearmed, level.waiting, level.joined)
    movement = Movement(
        product.id,
        moved.version,
        act.change_type,
        level.stock,
        new_stock,
        level.held,
        new_held,
        act.reason,
        act.actor,
        act.cause,
        act.at,
        product.seller_id if stock else None,
    )
    crossing = _crossing(product, moved, act) if after < before and after <= product.threshold else None
    return Moved(moved, movement, crossing)


def _crossing(product: Product, level: Level, act: Act) -> Crossing:
    return Crossing(
        product.id,
        level.version,
        level.arming,
        level.available,
        product.threshold,
        product.name,
        product.seller_id,
        act.actor,
        act.at,
    )
