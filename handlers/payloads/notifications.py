"""Shapes of what people are told, and of what they choose to be told."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.fields import Answer, Id, Request, Time

KindName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="kind of notification")]


class ReadEvent(Request):
    """Notifications that were seen."""

    ids: Annotated[list[Id], Field(max_length=100)]


class ReadBody(Request):
    """Notifications that were seen: these, or all that there are."""

    ids: Annotated[list[Id], Field(max_length=100)] | None = None
    all: Literal[True] | None = None


class UnreadAnswer(Answer):
    """How many are still unseen."""

    unread: int


class Notification(Answer):
    """Something told to an owner; ``title`` is a line for people. What else there is depends on the kind.

    Low-stock ones carry the product's numbers, and as an ``alert`` the ``role`` in which somebody hears of it; offers
    until when; those of orders the order. ``reason`` is an admin's, for what they did, or a payment provider's, for
    what they did not.
    """

    id: Id
    kind: str
    title: str
    at: Time
    product_id: Id | None = None
    name: str | None = None
    available: int | None = None
    threshold: int | None = None
    role: Literal["cart", "seller"] | None = None
    price: int | None = None
    currency: str | None = None
    expires_at: Time | None = None
    reason: str | None = None
    order_id: Id | None = None
    order_key: str | None = None
    seller_id: Id | None = None
    refund_id: Id | None = None
    amount: int | None = None
    total_amount: int | None = None


class ListedNotification(Notification):
    """The same among others."""

    seen: bool


class NotificationListQuery(Request):
    """Which notifications to list."""

    seen: Literal["true", "false"] | None = None
    kind: KindName | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class NotificationList(Answer):
    """What somebody was told, newest first, and how much of all they have not seen."""

    items: list[ListedNotification]
    next: Id | None
    unread: int


class PreferenceItem(Answer):
    """Which forms of a kind somebody gets; ``in_app`` is by socket and in the list."""

    kind: str
    title: str
    in_app: bool
    email: bool


class PreferenceList(Answer):
    """What somebody gets of each kind that can be turned off."""

    items: list[PreferenceItem]
    next: None


class PreferenceChoice(Request):
    """What somebody wants of a kind from now on."""

    kind: KindName
    in_app: bool
    email: bool


class PreferencesBody(Request):
    """Choices; kinds that are not named stay as they are."""

    items: Annotated[list[PreferenceChoice], Field(min_length=1, max_length=50)]
