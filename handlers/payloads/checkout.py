"""Shapes of checking out in steps."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from handlers.payloads.cart import Cart
from handlers.payloads.fields import Amount, Answer, Email, Id, OneLine, OrderKey, Request, Time
from handlers.payloads.order import Address, OrderAddress, PaymentChoice


class ChoicesBody(Request):
    """What is chosen: what is not named stays as it was. ``email`` is where guests hear of their order."""

    address: Address | None = None
    address_id: Id | None = None
    email: Email | None = None
    method: Annotated[OneLine, Field(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if self.address and self.address_id:
            raise ValueError("either address or address_id is needed")
        return self


class CheckoutOrderBody(Request):
    """Order what was chosen. ``expected_total`` is what was shown, in minor units."""

    order_key: OrderKey
    payment: PaymentChoice
    expected_total: Amount


class CheckoutLine(Answer):
    """A line, in minor units; ``discount`` is what is saved on all of its units."""

    product_id: Id
    name: str
    quantity: int
    price: Amount
    list_price: Amount
    line_total: Amount
    discount: Amount


class CheckoutProblem(Answer):
    """Why the cart cannot be ordered as it is.

    ``empty``, ``cart_expired``, ``price_changed``, and of a product ``not_for_sale`` or ``insufficient_stock``.
    """

    code: str
    product_id: Id | None


class Checkout(Answer):
    """How far a checkout is, and what it comes to now, in minor units.

    ``order_key`` is to be sent with the order; on all devices it is the same one until the order was placed. The hold
    ends at ``expires_at``, by ``server_time``'s clock.
    """

    cart: Cart
    lines: list[CheckoutLine]
    subtotal: Amount
    discount: Amount
    shipping: Amount
    total_amount: Amount
    currency: str | None
    problems: list[CheckoutProblem]
    address: OrderAddress | None
    address_id: Id | None
    email: str | None
    method: str | None
    methods: list[str]
    order_key: str
    ready: bool
    expires_at: Time | None
    server_time: Time


class OrderLinkBody(Request):
    """The token of a link to an order."""

    token: Annotated[OneLine, Field(min_length=1, max_length=200)]


class CancelByLinkBody(OrderLinkBody):
    """The same, and why the order is cancelled."""

    reason: Annotated[OneLine, Field(max_length=500)] = ""
    seller_id: Id | None = None
