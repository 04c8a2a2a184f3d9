"""The sweeper: empties carts whose hold has run out, as the database's clock says.

Pattern: a leased worker that asks for overdue carts twice a second and lets the ledger decide each. Killed at
any line, or run twice at once, it does no harm: expiring is a command like any other, and a late one is a no-op.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivorycart.ledger import Ledger
from models.commands import ExpireCart
from models.errors import Refused
from models.identity import OwnerId

BATCH = 500
INTERVAL = 0.5  # seconds: with the commit, a cart is empty within one after its time

log = structlog.get_logger(__name__)


class OverdueCarts(Protocol):
    """Knows which holds have run out."""

    async def overdue(self, limit: int) -> Sequence[OwnerId]:
        """Return carts past their expiry by the database's clock, the oldest first."""


@dataclass(slots=True)
class Sweeper:
    """Expires carts."""

    carts: OverdueCarts
    ledger: Ledger

    async def step(self) -> bool:
        """Expire one batch; return whether there may be more."""
        overdue = await self.carts.overdue(BATCH)
        answers = await asyncio.gather(
            *(self.ledger.submit(ExpireCart(cart_id)) for cart_id in overdue), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refused):
                raise answer
        refused = sum(isinstance(answer, Refused) for answer in answers)
        if refused:
            log.warning("expiry.refused", count=refused)
        return len(overdue) == BATCH and not refused
