"""The eraser: takes from the shop what it knows of somebody whose account was deleted.

Pattern: a leased worker over the accounts that are being erased. Every part of the work may be done again and in any
order of deaths; the account is marked as erased last. Stock comes back through the ledger like any other.

What was under way while the account was deleted (a checkout that waited for a bank, an alert half told) may still
arrive afterwards. So each account is gone through at once, and once more when nothing can be under way any more.

Whatever goes wrong with one account puts off that one alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from models.administration import Erasure
from models.commands import ClearCart, Command, LeaveLine, SetEmail
from models.errors import Refused
from models.identity import owner_of_user

BATCH = 20
INTERVAL = 1.0
# Seconds. Longer than any request, payments and retries included, takes from sign-in to commit.
GRACE = 600
PAUSE = 60
LONGEST_ROUND = 60.0  # well before its worker is taken for one that hangs

log = structlog.get_logger(__name__)


class ErasureBook(Protocol):
    """Where all is that has to go. What returns whether there may be more works in portions."""

    async def due(self, limit: int) -> Sequence[Erasure]:
        """Return accounts to be gone through, those that wait longest first."""

    async def orders(self, erasure: Erasure) -> bool:
        """Take addresses from orders and their mails; return whether there may be more."""

    async def notifications(self, erasure: Erasure) -> bool:
        """Take the content from notifications and from their mails; return whether there may be more."""

    async def mails(self, erasure: Erasure) -> bool:
        """Take address and content from mails about the account; return whether there may be more."""

    async def sessions(self, erasure: Erasure) -> bool:
        """Forget where sessions were; return whether there may be more."""

    async def requests(self, erasure: Erasure) -> bool:
        """Forget what was asked for by mail; return whether there may be more."""

    async def products(self, erasure: Erasure) -> bool:
        """Withdraw products; return whether there may be more."""

    async def trail(self, erasure: Erasure) -> bool:
        """Take addresses from the audit trail; return whether there may be more."""

    async def lines(self, erasure: Erasure) -> Sequence[str]:
        """Return the products in whose lines they are."""

    async def places(self, erasure: Erasure) -> bool:
        """Take addresses from places in lines and from the mails of offers; return whether there may be more."""

    async def finish(self, erasure: Erasure) -> None:
        """Mark the account as erased, or as due once more where this was not the last round."""

    async def put_off(self, erasure: Erasure, seconds: int) -> None:
        """Have an account gone through again after so many seconds."""


class CommandTaker(Protocol):
    """The ledger, as far as it is needed here."""

    async def submit(self, command: Command[Any]) -> Any:
        """Have a command carried out."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases accounts; ``longest_round`` is in seconds."""

    book: ErasureBook
    ledger: CommandTaker
    longest_round: float = LONGEST_ROUND

    async def step(self) -> bool:
        """Go through one batch of accounts, or as many as a round has time for; return whether there may be more."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self.longest_round
        due = await self.book.due(BATCH)
        for erasure in due:
            await self._try(erasure, ends_at)
            if clock() >= ends_at:
                return True
        return len(due) == BATCH

    async def _try(self, erasure: Erasure, ends_at: float) -> None:
        try:
            await self._erase(erasure, ends_at)
        except Exception as error:
            unexpected = not isinstance(error, Refused)
            log.warning("account.not_erased", user=erasure.user_id, reason=str(error)[:300], exc_info=unexpected)
            await self.book.put_off(erasure, PAUSE)

    async def _erase(self, erasure: Erasure, ends_at: float) -> None:
        clock = asyncio.get_running_loop().time
        book = self.book
        await self._empty_cart(erasure)
        for product_id in await book.lines(erasure):
            await self.ledger.submit(LeaveLine(product_id, owner_of_user(erasure.user_id)))
        told = (book.orders, book.notifications, book.mails, book.places)
        for part in (book.products, *told, book.sessions, book.requests, book.trail):
            while await part(erasure):
                if clock() >= ends_at:
                    return  # it stays due
        await book.finish(erasure)
        log.info("account.erased", user=erasure.user_id, last_round=erasure.last)

    async def _empty_cart(self, erasure: Erasure) -> None:
        owner = owner_of_user(erasure.user_id)
        await self.ledger.submit(ClearCart(owner))
        await self.ledger.submit(SetEmail(owner, None))
