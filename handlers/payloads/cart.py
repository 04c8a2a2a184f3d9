"""Shapes of carts."""

from typing import Annotated

from pydantic import Field

from handlers.payloads.fields import (
    Amount,
    Answer,
    Email,
    Id,
    OrderKey,
    Quantity,
    Request,
    SessionToken,
    Time,
)


class Empty(Request):
    """Nothing."""


class SetLineBody(Request):
    """An absolute quantity; 0 removes the line. With a revision, only if the cart is still at it."""

    quantity: Quantity
    revision: Annotated[int, Field(ge=0)] | None = None


class SetLineEvent(SetLineBody):
    """The same over a socket."""

    product_id: Id


class CartLineRequest(Request):
    """A line as the first design's cart page sends it."""

    product_id: Id
    quantity: Quantity


Lines = Annotated[list[CartLineRequest], Field(max_length=200)]


class UpdateBody(Request):
    """The whole cart of a socket's session, with the address that alerts go to."""

    email: Email | None = None
    cart: Lines
    socketId: SessionToken  # noqa: N815 - the first design's name


class CartOrderBody(Request):
    """Order these lines now."""

    cart: Lines
    socketId: SessionToken  # noqa: N815 - the first design's name
    order_key: OrderKey | None = None


class EmailEvent(Request):
    """Where alerts for an anonymous cart go; null for nowhere."""

    email: Email | None


class SessionAnswer(Answer):
    """A new anonymous session; send it as ``X-Cart-Session``."""

    session: str


class CartLine(Answer):
    """One line. Prices in minor units; ``list_price`` is the undiscounted one, null while there is no discount.

    ``for_sale`` is false for what was taken off the shelves meanwhile: it cannot be ordered.
    """

    product_id: Id
    name: str
    quantity: int
    price: Amount
    list_price: Amount | None
    for_sale: bool
    line_total: Amount
    available: int
    image: str | None


class Cart(Answer):
    """A cart. ``expires_at`` is null while nothing is held."""

    session: str | None
    user_id: Id | None
    revision: int
    lines: list[CartLine]
    total_amount: Amount
    currency: str | None
    expires_at: Time | None
    server_time: Time
    email: str | None


class CartList(Answer):
    """An owner's carts: one at most."""

    items: list[Cart]
    next: None


class CartAnswer(Answer):
    """A cart."""

    cart: Cart


class ReleasedLine(Answer):
    """What an expiry took."""

    product_id: Id
    quantity: int


class ExpiredEvent(CartAnswer):
    """A cart whose hold has run out."""

    released: list[ReleasedLine]


class ClippedLine(Answer):
    """A line that could not be merged whole."""

    product_id: Id
    wanted: int
    quantity: int


class MergedAnswer(CartAnswer):
    """The user's cart after the anonymous one went into it."""

    merged: list[Id]
    clipped: list[ClippedLine]
