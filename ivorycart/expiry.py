"""The sweeper: empties carts whose hold has run out, as the database's clock says.

Pattern: a leased worker that asks for overdue carts twice a second and lets the ledger decide each. Killed at
any line, or run twice at once, it does no harm: expiring is a command like any other, and a late one is a no-op.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Histogram

from ivorycart.ledger import Ledger
from models.cart import OverdueCart
from models.commands import ExpireCart
from models.errors import Refused

BATCH = 500
INTERVAL = 0.5  # seconds: with the commit, a cart is empty within one after its time

log = structlog.get_logger(__name__)


class OverdueCarts(Protocol):
    """Knows which holds have run out."""

    async def overdue(self, limit: int) -> Sequence[OverdueCart]:
        """Return carts past their expiry by the database's clock, the oldest first."""


def expiry_delay(registry: CollectorRegistry) -> Histogram:
    """Return where it is noted how late holds end."""
    return Histogram(
        "ivorycart_expiry_delay_seconds",
        "Time from the end of a cart's hold, by the database's clock, to its release being committed",
        buckets=(0.1, 0.25, 0.5, 1, 2, 5, 15, 60),
        registry=registry,
    )


@dataclass(slots=True)
class Sweeper:
    """Expires carts, and notes how late."""

    carts: OverdueCarts
    ledger: Ledger
    delay: Histogram = field(default_factory=lambda: expiry_delay(CollectorRegistry()))

    async def step(self) -> bool:
        """Expire one batch; return whether there may be more."""
        asked = time.perf_counter()
        overdue = await self.carts.overdue(BATCH)
        answers = await asyncio.gather(
            *(self.ledger.submit(ExpireCart(each.owner)) for each in overdue), return_exceptions=True
        )
        took = time.perf_counter() - asked
        for cart, answer in zip(overdue, answers, strict=True):
            if isinstance(answer, BaseException):
                if not isinstance(answer, Refused):
                    raise answer
            else:
                self.delay.observe(cart.seconds_late + took)
        refused = sum(isinstance(answer, Refused) for answer in answers)
        if refused:
            log.warning("expiry.refused", count=refused)
        return len(overdue) == BATCH and not refused
