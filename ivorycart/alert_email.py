"""Where the alerts for an anonymous cart go: an address that nobody has proven to be theirs.

Anybody could name anybody's, so each address can be named by so many carts in an hour.
"""

from dataclasses import dataclass
from typing import Protocol

from ivorycart.rate_limits import RateLimits
from models.cart import Cart
from models.identity import OwnerId, user_of_owner


class CartBook(Protocol):
    """Where carts are read."""

    async def get(self, owner: OwnerId) -> Cart:
        """Return an owner's cart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEmail:
    """Counts the carts that name an address."""

    carts: CartBook
    limits: RateLimits

    async def named(self, owner: OwnerId, email: str | None) -> None:
        """Count an address that a cart is about to name; RateLimited where too many have.

        The one that a cart has already is no news, and the carts of accounts are alerted at the account's address.
        """
        if email is None or user_of_owner(owner):
            return
        if (await self.carts.get(owner)).email != email:
            await self.limits.hit("alerts", email)
