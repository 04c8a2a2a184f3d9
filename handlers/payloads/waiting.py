"""Shapes of waiting in line for what is out."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.fields import Amount, Answer, Email, Id, Request, Time

State = Literal["waiting", "offered", "taken", "lapsed", "left"]


class JoinBody(Request):
    """Where to tell an anonymous owner; without it, that of their cart. A user is told at the account's address.

    Who waits already keeps their place, and is told at the new address.
    """

    email: Email | None = None


class JoinEvent(JoinBody):
    """The same over a socket."""

    product_id: Id


class WhichProduct(Request):
    """Which product it is about."""

    product_id: Id


class PlaceItem(Answer):
    """A place in a line. ``ahead`` is how many wait before it (at most 1,000 are counted), null where it does not wait.

    ``expires_at`` is until when a unit is kept, where one is or was offered.
    """

    product_id: Id
    name: str
    state: State
    place: int
    ahead: int | None
    email: str | None
    joined_at: Time
    offered_at: Time | None
    expires_at: Time | None
    server_time: Time


class WaitingList(Answer):
    """Where the caller waits, or is offered something: the oldest first."""

    items: list[PlaceItem]
    next: None


class PlaceAnswer(Answer):
    """A place in a line."""

    waiting: PlaceItem


class LeftAnswer(Answer):
    """Whether there was a place to give up."""

    left: bool


class OfferEvent(Answer):
    """One unit is kept for you until ``expires_at``. ``id`` is the notification's. Price in minor units."""

    id: Id
    product_id: Id
    name: str
    price: Amount
    currency: str
    expires_at: Time
    server_time: Time


class OfferExpiredEvent(Answer):
    """An offer was not taken in time; the unit went on to whoever waits next."""

    product_id: Id
    name: str
    expires_at: Annotated[Time | None, Field(description="until when it was kept")]
