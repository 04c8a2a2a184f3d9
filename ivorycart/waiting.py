"""Waiting in line for what is out: joining, leaving, taking what is offered, and seeing where one stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ivorycart.ledger import Ledger
from ivorycart.rate_limits import RateLimits
from ivorycart.telling import CartBook
from models.commands import BringPlaces, JoinLine, LeaveLine, TakeOffer
from models.errors import Invalid
from models.identity import OwnerId, owner_of_session, owner_of_user
from models.outcomes import CartChanged
from models.waiter import ListedPlace, Waiter

MOST_LINES = 200


class LineBook(Protocol):
    """Where lines are read."""

    async def count(self, owner: OwnerId) -> int:
        """Return in how many lines an owner is."""

    async def places(self, owner: OwnerId) -> Sequence[ListedPlace]:
        """Return an owner's open places, the oldest first."""

    async def place(self, waiter: Waiter) -> ListedPlace:
        """Return a place as it is listed now."""


class WhoWaits(Protocol):
    """Who asks: a user, with an address of their own, or an anonymous session, or both."""

    @property
    def id(self) -> str:
        """The user's id."""

    @property
    def email(self) -> str:
        """The user's address."""


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """The lines, for one who is in them."""

    ledger: Ledger
    book: LineBook
    carts: CartBook
    limits: RateLimits

    async def join(
        self,
        owner: OwnerId,
        product_id: str,
        *,
        user: WhoWaits | None,
        email: str | None,
        address: str,
        origin: str | None = None,
    ) -> ListedPlace:
        """Wait for a product. Offers to a user go to the account's address, whatever ``email`` says.

        Anybody could name anybody's: of anonymous owners each address that is used counts, and the network's.
        """
        of_cart = None
        if user:
            email = user.email
        else:
            await self.limits.hit("waiting_address", address)
            of_cart = None if email else (await self.carts.get(owner)).email
            if email or of_cart:
                await self.limits.hit("waiting", email or of_cart or "")
        if await self.book.count(owner) >= MOST_LINES:
            raise Invalid(f"one can be in {MOST_LINES} lines", max_lines=MOST_LINES)
        waits = await self.ledger.submit(JoinLine(product_id, owner, email, of_cart), origin=origin)
        return await self.book.place(waits.waiters[0])

    async def leave(self, owner: OwnerId, product_id: str, *, origin: str | None = None) -> bool:
        """Wait no longer, or decline what is offered; return whether there was anything to leave."""
        left = await self.ledger.submit(LeaveLine(product_id, owner), origin=origin)
        return left.waiter is not None

    async def take(self, owner: OwnerId, product_id: str, *, origin: str | None = None) -> CartChanged:
        """Put what is offered into the cart."""
        return await self.ledger.submit(TakeOffer(product_id, owner), origin=origin)

    async def places(self, owner: OwnerId) -> Sequence[ListedPlace]:
        """Return where somebody waits."""
        return await self.book.places(owner)

    async def bring(self, session: str, user: WhoWaits, *, origin: str | None = None) -> None:
        """Have a user wait where the session did, and be offered what it was: they are the same person now."""
        source = owner_of_session(session)
        if await self.book.count(source):
            await self.ledger.submit(BringPlaces(source, owner_of_user(user.id), user.email), origin=origin)
