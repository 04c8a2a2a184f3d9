"""Shapes of what is done with orders after they were placed."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.fields import Amount, Id, OneLine, Request, Text

Reason = Annotated[Text, Field(max_length=500)]


class StatusBody(Request):
    """Where to move an order, or the part of one seller; admins say why."""

    status: Literal["shipped", "delivered", "completed", "cancelled", "refunded", "placed", "pending"]
    seller_id: Id | None = None
    reason: Reason = ""
    carrier: Annotated[OneLine, Field(max_length=100)] = ""
    tracking_number: Annotated[OneLine, Field(max_length=100)] = ""
    note: Annotated[Text, Field(max_length=500)] = ""


class CancelBody(Request):
    """Cancel an order, or the part of one seller."""

    reason: Reason = ""
    seller_id: Id | None = None


class ReturnedUnits(Request):
    """Units of a product that came back."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1, le=10**6)]


class RefundBody(Request):
    """Give money back: for units, or an amount of its own in minor units, or, with neither, all that is left.

    ``refund_id`` is chosen by whoever asks: the same one gives back once. ``restock`` puts the units on the shelf.
    """

    refund_id: Id | None = None
    units: Annotated[tuple[ReturnedUnits, ...], Field(max_length=200, strict=False)] = ()
    amount: Amount | None = None
    seller_id: Id | None = None
    reason: Reason = ""
    restock: bool = True


class ClaimBody(Request):
    """Which part of an order is meant; without one, all that are on their way."""

    seller_id: Id | None = None
