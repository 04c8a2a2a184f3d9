"""Low-stock alerts: each crossing that the ledger recorded becomes notifications and mails.

Pattern: a leased worker over ``crossings``. For each due one it finds the carts that had the product before the
crossing, except the one whose command it was, and writes one notification (and one mail, where an address is known)
per owner and arming; the seller gets one as well. The unique keys make every write repeatable, so the worker may be
killed at any line; the crossing is marked done last. The change stream pushes the notifications to the sockets.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.alert import Notice, Recipient, notice_for
from models.stock import Crossing

BATCH = 100
INTERVAL = 1.0  # seconds between looks at the database; a crossing that the feed tells of wakes the worker
REST = 0.01  # seconds between portions: ten thousand carts are told over a second, and orders go on between them


class AlertBook(Protocol):
    """Where crossings, carts and notifications are."""

    async def due_crossings(self, limit: int) -> Sequence[Crossing]:
        """Return crossings still to be told, the oldest first."""

    def holders(self, crossing: Crossing) -> AsyncIterator[Sequence[Recipient]]:
        """Yield those to be told, in portions: carts with the product since before the crossing, not the causer's."""

    async def seller(self, crossing: Crossing) -> Recipient:
        """Return the product's seller."""

    async def tell(self, crossing: Crossing, notices: Iterable[Notice]) -> None:
        """Write notices and their mails; those whose key is there already stay as they are."""

    async def done(self, crossing: Crossing) -> None:
        """Mark a crossing as told."""


@dataclass(slots=True)
class Alerter:
    """Turns crossings into notices."""

    book: AlertBook

    async def step(self) -> bool:
        """Tell one batch of crossings; return whether there may be more."""
        crossings = await self.book.due_crossings(BATCH)
        for crossing in crossings:
            async for portion in self.book.holders(crossing):
                await self.book.tell(crossing, [notice_for(crossing, each, "cart") for each in portion])
                await asyncio.sleep(REST)
            seller = await self.book.seller(crossing)
            await self.book.tell(crossing, [notice_for(crossing, seller, "seller")])
            await self.book.done(crossing)
        return len(crossings) == BATCH
