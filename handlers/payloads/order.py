"""Shapes of orders and payments."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handlers.payloads.fields import Amount, Answer, Country, Id, OneLine, OrderKey, Request, Time


class Address(Request):
    """Where an order goes."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    line1: Annotated[OneLine, Field(min_length=1, max_length=200)]
    line2: Annotated[OneLine, Field(max_length=200)] = ""
    city: Annotated[OneLine, Field(min_length=1, max_length=100)]
    postal_code: Annotated[OneLine, Field(min_length=1, max_length=20)]
    country: Country
    region: Annotated[OneLine, Field(max_length=100)] = ""


class SandboxPayment(Request):
    """The built-in sandbox and its test cards."""

    method: Literal["sandbox"]
    card: Annotated[str, Field(pattern=r"^[0-9]{12,19}$")]


class StripePayment(Request):
    """A payment method that the page made at Stripe: no card data comes here."""

    method: Literal["stripe"]
    payment_method: Annotated[str, Field(pattern=r"^pm_[A-Za-z0-9_]{1,100}$")]


PaymentChoice = Annotated[SandboxPayment | StripePayment, Field(discriminator="method")]


class PlaceOrderBody(Request):
    """Order what the cart contains. ``expected_total`` is what the buyer was shown, in minor units."""

    order_key: OrderKey
    address: Address | None = None
    address_id: Id | None = None
    payment: PaymentChoice
    expected_total: Amount

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.address is None) == (self.address_id is None):
            raise ValueError("either address or address_id is needed")
        return self


class OrderLine(Answer):
    """One product of an order; ``price`` is of one unit when it was ordered, ``returned`` how many came back.

    ``list_price`` is what it was without the discount, null where there was none; of its units ``returned`` came back.
    """

    product_id: Id
    name: str
    quantity: int
    price: Amount
    line_total: Amount
    seller_id: Id
    list_price: Amount | None
    returned: int


class StatusChange(Answer):
    """One step of an order's life; with ``seller_id``, of that seller's part alone."""

    status: str
    at: Time
    reason: str
    seller_id: Id | None


class Fulfilment(Answer):
    """One seller's part; ``claimed``: somebody brings it."""

    seller_id: Id
    status: str
    claimed: bool
    carrier: str
    tracking_number: str
    note: str


class RefundedUnits(Answer):
    """Units of a product that money was given back for."""

    product_id: Id
    quantity: int


class Refund(Answer):
    """Money that is given back; ``seller_id`` says of whose part, null of the whole."""

    id: Id
    amount: Amount
    at: Time
    reason: str
    units: list[RefundedUnits]
    seller_id: Id | None


class OrderAddress(Answer):
    """Where an order goes."""

    name: str
    line1: str
    line2: str
    city: str
    postal_code: str
    country: str
    region: str


class OrderPayment(Answer):
    """How much was set aside for an order, and by which method."""

    method: str
    amount: Amount


class Order(Answer):
    """An order. ``total_amount`` is what lines and ``shipping`` cost, before ``refunds``."""

    id: Id
    order_key: str
    buyer_id: Id | None
    product_list: list[OrderLine]
    shipping: Amount
    total_amount: Amount
    currency: str
    status: str
    history: list[StatusChange]
    fulfilments: list[Fulfilment]
    refunds: list[Refund]
    address: OrderAddress | None
    payment: OrderPayment | None
    timestamp: Time


class OrderAnswer(Answer):
    """An order."""

    order: Order


class OrderList(Answer):
    """A page of orders, newest first."""

    items: list[Order]
    next: str | None
