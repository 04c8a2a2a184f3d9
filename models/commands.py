"""What can be asked of the ledger. A command is data; ``models/decide.py`` says what comes of it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from models.identity import OwnerId
from models.order import Address, Mover, OrderStatus, Payment
from models.outcomes import (
    CartChanged,
    Left,
    Merged,
    Offered,
    OrderBegun,
    OrderMoved,
    OrderPlaced,
    StockChanged,
    Waits,
)

O_co = TypeVar("O_co", covariant=True)


class Command(Generic[O_co]):
    """Something asked of the ledger; the parameter is what its caller gets when it was done."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SetLine(Command[CartChanged]):
    """Make the cart contain exactly ``quantity`` units of a product; 0 removes the line.

    With ``revision`` given, only if the cart is still at that revision.
    """

    cart_id: OwnerId
    product_id: str
    quantity: int
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class SetLines(Command[CartChanged]):
    """Make the cart contain exactly these quantities, all or nothing; what is not named is removed.

    With ``email`` given, alerts for this cart go there.
    """

    cart_id: OwnerId
    quantities: tuple[tuple[str, int], ...]
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SetEmail(Command[CartChanged]):
    """Have alerts for this cart sent to ``email`` (None: to nobody)."""

    cart_id: OwnerId
    email: str | None


@dataclass(frozen=True, slots=True)
class ClearCart(Command[CartChanged]):
    """Empty the cart and release what it held."""

    cart_id: OwnerId


@dataclass(frozen=True, slots=True)
class ExpireCart(Command[CartChanged]):
    """Empty the cart if its hold has run out by the database's clock; otherwise do nothing."""

    cart_id: OwnerId


@dataclass(frozen=True, slots=True)
class MergeCarts(Command[Merged]):
    """Move the lines of ``source`` into ``target``, quantities summed, clipped to what is allowed and available."""

    source: OwnerId
    target: OwnerId


@dataclass(frozen=True, slots=True)
class BeginOrder(Command[OrderBegun]):
    """Check that the cart can be ordered, before money moves, and give its hold a last minute if it needs one.

    With ``provider`` given, a payment by it is begun under ``payment_id``, or one that was begun for the same request
    is gone on with.
    """

    cart_id: OwnerId
    order_key: str
    fingerprint: str
    expected_total: int | None
    provider: str | None = None
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class PlaceOrder(Command[OrderPlaced]):
    """Turn the cart into an order. ``fingerprint`` identifies the request: the same key with another one is refused.

    ``expected_total`` in minor units; None accepts the price of the moment. With ``lines`` given, the cart is first
    made to contain exactly these.
    """

    cart_id: OwnerId
    order_id: str
    order_key: str
    fingerprint: str
    buyer_id: str | None
    email: str | None
    address: Address | None
    payment: Payment | None
    expected_total: int | None
    lines: tuple[tuple[str, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class CancelOrder(Command[OrderMoved]):
    """Cancel an order, or one seller's part of it, that has not been shipped; its stock returns.

    What was paid for it is let go or given back, as ``refund_id``; without one by the order's own id.
    """

    order_id: str
    by: Mover
    reason: str
    seller_id: str | None = None
    refund_id: str = ""


@dataclass(frozen=True, slots=True)
class MoveOrder(Command[OrderMoved]):
    """Move an order, or one seller's part of it, on: ``shipped``, ``delivered`` or ``completed``.

    ``by`` is in whose right: a seller moves their own part, a courier what they brought, a buyer their own order.
    """

    order_id: str
    to: OrderStatus
    by: Mover
    reason: str = ""
    seller_id: str | None = None
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimDelivery(Command[OrderMoved]):
    """Have a courier bring a part that is on its way, or, with ``release``, leave it to another one."""

    order_id: str
    seller_id: str | None
    by: Mover
    release: bool = False


@dataclass(frozen=True, slots=True)
class RefundOrder(Command[OrderMoved]):
    """Give money back for units that came back, or an ``amount`` of its own; ``restock`` puts the units on the shelf.

    Without ``units`` and ``amount``: for all that is left, of ``seller_id``'s part if one is named. ``refund_id`` names
    it: repeated, it changes nothing.
    """

    order_id: str
    refund_id: str
    by: Mover
    reason: str
    units: tuple[tuple[str, int], ...] = ()
    amount: int | None = None
    seller_id: str | None = None
    restock: bool = True


@dataclass(frozen=True, slots=True)
class Restock(Command[StockChanged]):
    """Add ``delta`` > 0 units. With ``seller_id`` given, only if the product is that seller's."""

    product_id: str
    delta: int
    actor: str
    reason: str
    seller_id: str | None = None


@dataclass(frozen=True, slots=True)
class Adjust(Command[StockChanged]):
    """Correct the stock: to a counted ``quantity``, or by a signed ``delta``; exactly one of them is given.

    ``cause`` is what its movement comes of. With ``version`` given, only if the level is still at that version.
    """

    product_id: str
    quantity: int | None
    delta: int | None
    actor: str
    reason: str
    seller_id: str | None = None
    cause: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class JoinLine(Command[Waits]):
    """Have the owner wait for a product that is out or all held; who waits already keeps their place.

    Anonymous owners need an address for the offer: this ``email``, or else ``of_cart``. Who waits already, and is not
    offered anything yet, is told at a new ``email``.
    """

    product_id: str
    owner: OwnerId
    email: str | None = None
    of_cart: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveLine(Command[Left]):
    """Have the owner wait no longer; an offer is declined by it, and its unit goes to the next."""

    product_id: str
    owner: OwnerId


@dataclass(frozen=True, slots=True)
class OfferNext(Command[Offered]):
    """Offer units that nobody holds to those who wait longest, one to each, to at most ``limit`` people."""

    product_id: str
    limit: int


@dataclass(frozen=True, slots=True)
class TakeOffer(Command[CartChanged]):
    """Move the unit that is offered to the owner into their cart; repeated, answer the cart."""

    product_id: str
    owner: OwnerId


@dataclass(frozen=True, slots=True)
class BringPlaces(Command[Waits]):
    """Have the target wait where the source did, offers included; where both do, the better place is kept.

    What is offered from then on is mailed to ``email``, if one is given.
    """

    source: OwnerId
    target: OwnerId
    email: str | None = None
