"""Somebody who waits for a product that is out: a place in the product's line, and the offer that may come of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.identity import OwnerId, owner_of_offer


class WaitState(StrEnum):
    """Where somebody's waiting stands; the first two are open, the others are ends."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Waiter:
    """One owner's place in the line of one product.

    ``place`` counts all who ever joined that line, so it orders them; ``email`` is where an offer is mailed to.
    While the state is ``offered``, the cart ``offer_cart`` holds one unit until ``offer_expires_at``.
    """

    product_id: str
    place: int
    owner: OwnerId
    email: str | None
    joined_at: datetime
    state: WaitState = WaitState.WAITING
    offered_at: datetime | None = None
    offer_expires_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def id(self) -> str:
        """What nobody else has: the product and the place in its line."""
        return f"{self.product_id}:{self.place}"

    @property
    def open(self) -> bool:
        """Whether this still counts: an owner has one open place per product."""
        return self.closed_at is None

    @property
    def offer_cart(self) -> OwnerId:
        """The cart that holds the unit of the offer."""
        return owner_of_offer(self.id)


class ListedPlace(NamedTuple):
    """A place as its owner sees it; ``ahead`` is how many wait before it, None where it waits no longer."""

    waiter: Waiter
    ahead: int | None
