"""The projector: keeps the sales figures at what the orders say.

Pattern: a leased worker that applies what happened, batch by batch, a few times a second, so that a rush of orders is
summed up before it is written. Where the history is lost, or nothing was ever counted, all is counted anew. Killed at
any line, or run twice at once, it counts everything once: the book sees to that.
"""

from dataclasses import dataclass
from typing import Protocol

import structlog

from models.feed import HistoryLost

INTERVAL = 0.2
# Seconds. Counting anew millions of orders is no sign of a worker that hangs.
LONGEST_STEP = 3600.0

log = structlog.get_logger(__name__)


class SalesKeeper(Protocol):
    """Where figures are kept."""

    async def advance(self) -> bool:
        """Apply what happened next; return whether there is more. HistoryLost: that is not to be had any more."""

    async def rebuild(self) -> None:
        """Count all orders anew, and go on from there."""


@dataclass(frozen=True, slots=True)
class Projector:
    """Keeps the figures."""

    keeper: SalesKeeper

    async def step(self) -> bool:
        """Apply one batch; return whether there is more to do right away."""
        try:
            return await self.keeper.advance()
        except HistoryLost as reason:
            log.warning("sales.counted_anew", reason=str(reason)[:200])
            await self.keeper.rebuild()
            return True
