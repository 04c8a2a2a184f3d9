"""What people are told of: one catalogue of notifications, which all who write, send, list or mute them ask.

Each kind has three forms: an event on the sockets of whom it is for, a row among their notifications, and a mail made
of the templates of the same name. Which of these somebody wants of an optional kind is their own choice; what is about
their money, or about what they must not miss, cannot be turned off. Mails about accounts are none of these kinds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from models.errors import Invalid

Event = Literal["notification", "alert", "offer"]


class Choice(NamedTuple):
    """Which forms of a kind somebody wants; ``in_app`` is the socket event and the row in their list."""

    in_app: bool = True
    email: bool = True


_EVERYTHING = Choice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of notification. ``title`` is a line for people; ``event`` is how a fresh one is called on a socket.

    Forms of an ``optional`` kind can be turned off; ``unless_chosen`` is what somebody gets who has not chosen.
    """

    name: str
    title: str
    event: Event = "notification"
    optional: bool = False
    unless_chosen: Choice = _EVERYTHING


_ALL = (
    Kind(name="order_placed", title="Your order is placed"),
    Kind(name="order_shipped", title="Your order is on its way", optional=True),
    Kind(name="order_delivered", title="Your order was delivered", optional=True),
    Kind(name="order_cancelled", title="Your order is cancelled"),
    Kind(name="order_cancelled_seller", title="An order with your products is cancelled"),
    Kind(name="order_refunded", title="Money is on its way back to you"),
    Kind(name="payment_failed", title="A payment did not go through"),
    Kind(name="low_stock", title="Something in your cart is running out", event="alert", optional=True),
    Kind(name="low_stock_seller", title="One of your products is running out", event="alert", optional=True),
    Kind(name="back_in_stock", title="What you waited for is back", event="offer", optional=True),
    Kind(
        name="hold_expiring",
        title="Your hold is about to end",
        optional=True,
        unless_chosen=Choice(email=False),
    ),
    Kind(name="product_disabled", title="One of your products was taken off the shelves"),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
OPTIONAL: tuple[Kind, ...] = tuple(kind for kind in _ALL if kind.optional)

Choices = Mapping[str, Choice]
"""What somebody has chosen, by kind; kinds of which they have chosen nothing are missing."""


def chosen(choices: Choices) -> dict[str, Choice]:
    """Return what somebody gets of each optional kind."""
    return {kind.name: choices.get(kind.name, kind.unless_chosen) for kind in OPTIONAL}


def muted(choices: Choices) -> frozenset[str]:
    """Return the kinds that somebody does not want on sockets and in lists."""
    return frozenset(name for name, choice in chosen(choices).items() if not choice.in_app)


def unmailed(choices: Choices) -> frozenset[str]:
    """Return the kinds that somebody does not want by mail."""
    return frozenset(name for name, choice in chosen(choices).items() if not choice.email)


def check_choices(choices: Choices) -> None:
    """Raise Invalid where a kind is none of which one may choose."""
    optional = {kind.name for kind in OPTIONAL}
    problems = [
        {"pointer": f"/items/{number}/kind", "detail": "cannot be turned off" if name in KINDS else "is not known"}
        for number, name in enumerate(choices)
        if name not in optional
    ]
    if problems:
        raise Invalid("the request is not valid", errors=problems)
