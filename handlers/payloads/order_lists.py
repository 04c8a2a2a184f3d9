"""Shapes of lists of orders, and of what becomes of an order."""

from typing import Annotated, Literal

from pydantic import Field, RootModel, field_validator
from pydantic_core.core_schema import ValidationInfo

from handlers.payloads.fields import Amount, Answer, Id, Moment, OneLine, Request, Time
from handlers.payloads.order import Order, OrderAddress, Refund
from models.order import OrderStatus

_STATUS = "|".join(OrderStatus)
Statuses = Annotated[
    str, Field(pattern=rf"^({_STATUS})(,({_STATUS}))*$", max_length=100, description="one or several, with commas")
]
Cursor = Annotated[str, Field(pattern=r"^(-?[0-9a-f]{1,12}-)?[0-9a-f]{24}$", description="opaque: `next` of a page")]


class OrderFilterQuery(Request):
    """Which orders: placed in a period (``from`` is in it, ``to`` is not), of some statuses, with a text.

    The text is the beginning of an order's id, or stands in the name of a product; neither case nor accents count.
    Eight hexadecimal digits and more, not all decimal, are an id's. In a seller's list, status and text are of their
    part of the order, in delivery's of the parts that it shows; an admin finds by the beginning of the buyer's name or
    address, too.
    """

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    status: Statuses | None = None
    q: Annotated[OneLine, Field(max_length=200)] | None = None

    @field_validator("to")
    @classmethod
    def _after_from(cls, to: Moment | None, others: ValidationInfo) -> Moment | None:
        first = others.data.get("from_")
        if to is not None and first is not None and to < first:
            raise ValueError("must not be before from")
        return to

    @property
    def statuses(self) -> tuple[OrderStatus, ...]:
        """The statuses that are asked for; none are all."""
        return tuple(dict.fromkeys(map(OrderStatus, self.status.split(",")))) if self.status else ()


class OrderListQuery(OrderFilterQuery):
    """Which page of which orders. A page can be short, or empty, though more follows: ``next`` says so."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: Cursor | None = None


class SellerOrdersExportQuery(OrderFilterQuery):
    """Which orders with something of a seller; an admin names the seller."""

    seller_id: Id | None = None


class SellerOrdersQuery(OrderListQuery):
    """Which page of which orders with something of a seller; an admin names the seller."""

    seller_id: Id | None = None
    order: Literal["newest", "oldest"] = "newest"


class DeliveryOrdersQuery(OrderListQuery):
    """Which page of what is on its way and nobody brings yet, of what one brings, or of what one brought."""

    which: Literal["available", "mine", "done"] = "available"


class SoldLine(Answer):
    """One product of an order; of its units, ``returned`` came back."""

    product_id: Id
    name: str
    quantity: int
    returned: int
    price: Amount
    list_price: Amount | None
    line_total: Amount


class SoldPart(Answer):
    """How a seller's part gets to the buyer; ``claimed`` says whether somebody of delivery brings it."""

    status: str
    carrier: str
    tracking_number: str
    note: str
    claimed: bool


class PartChange(Answer):
    """One step of what became of a part; ``part`` is false where it was of the whole order."""

    status: str
    at: Time
    reason: str
    part: bool


class SellerPart(Answer):
    """A seller's part of an order: what they sold, what that costs together, what became of it, and where it goes."""

    id: Id
    timestamp: Time
    status: str
    currency: str
    product_list: list[SoldLine]
    total_amount: Amount
    refunds: list[Refund]
    fulfilment: SoldPart
    history: list[PartChange]
    address: OrderAddress | None


class SellerPartList(Answer):
    """A page of them, newest first."""

    items: list[SellerPart]
    next: str | None


class AdminOrder(Order):
    """An order, and where its mails go."""

    email: str | None


class AdminOrderList(Answer):
    """A page of orders, newest first."""

    items: list[AdminOrder]
    next: str | None


class CarriedLine(Answer):
    """What is carried of a product."""

    product_id: Id
    name: str
    quantity: int


class CarriedPart(Answer):
    """A seller's part that is on its way or was brought; ``claimed_by`` is who brings it."""

    seller_id: Id
    status: str
    product_list: list[CarriedLine]
    carrier: str
    tracking_number: str
    note: str
    claimed_by: Literal["me", "somebody", "nobody"]


class DeliveryOrder(Answer):
    """What of an order is delivery's; without parts, none is any more. ``address`` is null with them, too."""

    id: Id
    timestamp: Time
    address: OrderAddress | None
    parts: list[CarriedPart]


class OrderSeen(RootModel[Order | SellerPart | DeliveryOrder]):
    """An order as whoever asks may see it: buyers and admins all of it, sellers and couriers their part."""


class DeliveryOrderList(Answer):
    """A page of them, newest first."""

    items: list[DeliveryOrder]
    next: str | None


class Worklist(Answer):
    """What nobody brings yet, and what one brings oneself: the newest hundred of each, and how many there are.

    Counts end at ten thousand. ``as_of`` is the database's time.
    """

    available: list[DeliveryOrder]
    available_count: int
    mine: list[DeliveryOrder]
    mine_count: int
    as_of: Time


class DeliveryOrderEvent(Answer):
    """What became of an order that is, or was, delivery's; the same may come again."""

    order: DeliveryOrder


class TimelineActor(Answer):
    """Who it was. Admins see everybody's id and name, others only their own; ``shop`` is an admin, or the shop."""

    kind: Literal["buyer", "seller", "delivery", "shop"]
    id: str | None
    name: str | None


class TimelineEntry(Answer):
    """Something that happened to an order.

    ``kind`` says what: the ``status`` of all of it or of a seller's part, a refund asked for or carried out (of an
    ``amount``), a payment captured, a ``mail`` and what became of it.
    """

    at: Time
    kind: Literal["status", "refund_asked", "refund_carried_out", "payment_captured", "mail"]
    by: TimelineActor | None
    reason: str
    status: str | None
    seller_id: Id | None
    amount: Amount | None
    currency: str | None
    mail: str | None
    mail_state: str | None


class Timeline(Answer):
    """What happened to an order, oldest first."""

    items: list[TimelineEntry]
