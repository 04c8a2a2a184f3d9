"""Orders: what was bought, at which price, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.identity import OwnerId, user_of_owner


class OrderStatus(StrEnum):
    """The states of an order's life; an order's status is derived from its fulfilments once it is placed."""

    PENDING = "pending"
    PLACED = "placed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


CANCELLABLE = frozenset({OrderStatus.PENDING, OrderStatus.PLACED})


class Mover(NamedTuple):
    """Who moves an order, and in which role: buyer, seller, delivery or admin. ``owner`` is their owner id."""

    owner: OwnerId
    role: str

    @property
    def user_id(self) -> str:
        """The user; empty for a guest."""
        return user_of_owner(self.owner) or ""


class OrderLine(NamedTuple):
    """One product of an order; ``price`` is what one unit cost when the order was committed.

    ``list_price`` is what it would have cost, where it was discounted. Of the units ``returned`` came back.
    """

    product_id: str
    name: str
    quantity: int
    price: int
    seller_id: str
    list_price: int | None = None
    returned: int = 0


class StatusChange(NamedTuple):
    """Who moved an order to which status, when and why; with ``seller_id``, that seller's part of it alone.

    ``actor`` is an owner id, or the name of a part of the shop.
    """

    status: OrderStatus
    at: datetime
    actor: str
    reason: str
    seller_id: str | None = None


class Fulfilment(NamedTuple):
    """One seller's part of an order. ``courier`` is the user who delivers it, ``note`` what they said of it."""

    seller_id: str
    status: OrderStatus
    courier: str | None = None
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""


class Refund(NamedTuple):
    """Money that is given back for an order, in minor units, for how many units of which products, of whose part.

    It is due from the moment at which it is written; the payment says when it was carried out.
    """

    id: str
    amount: int
    at: datetime
    actor: str
    reason: str
    units: tuple[tuple[str, int], ...] = ()
    seller_id: str | None = None


class Address(NamedTuple):
    """Where an order goes; ``country`` is an ISO 3166 alpha-2 code.

    As stored, name and lines are empty and in ``sealed``; in orders of before they were sealed, that is empty.
    """

    name: str
    line1: str
    line2: str
    city: str
    postal_code: str
    country: str
    region: str = ""
    sealed: str = ""

    def clear(self) -> tuple[str, ...]:
        """Return what a buyer gave, in the order of the fields."""
        return self[:-1]


class Payment(NamedTuple):
    """Money that a provider has set aside for an order; ``provider_id`` names it there. Amount in minor units.

    ``id`` is of the payment that began as an intent; empty where the money came another way.
    """

    provider: str
    provider_id: str
    amount: int
    currency: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as stored. ``owner`` and ``order_key`` together are unique: a repeat gets the first answer.

    ``total_amount`` is what its lines and ``shipping`` cost together, before any refund.
    """

    id: str
    owner: OwnerId
    buyer_id: str | None
    order_key: str
    fingerprint: str
    lines: tuple[OrderLine, ...]
    total_amount: int
    currency: str
    status: OrderStatus
    history: tuple[StatusChange, ...]
    fulfilments: tuple[Fulfilment, ...]
    address: Address | None
    email: str | None
    payment: Payment | None
    timestamp: datetime
    shipping: int = 0
    refunds: tuple[Refund, ...] = ()
