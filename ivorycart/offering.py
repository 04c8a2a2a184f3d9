"""Offering what came back: whoever waits longest for a product gets the next unit, for a while.

Pattern: a leased worker. What this process hears of levels wakes it (``hear``, plain, never waits); besides, it looks
every second for products that have both units and people who wait, so that nothing is lost with a process. Each offer
is a command of the ledger, of which a few are under way at a time, so that whoever buys meanwhile is not held
up: whom it goes to is decided there, so a worker that is killed at any line, or runs twice, does no harm, and nobody
can be quicker than the line meanwhile (see `models/offering.py`).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from ivorycart.ledger import Ledger
from models.commands import OfferNext
from models.errors import Refused
from models.outcomes import Offered
from models.stock import Level

INTERVAL = 1.0  # seconds between looks at the database
AT_ONCE = 20  # offers of one command: each is half a dozen documents of its transaction
UNDER_WAY = 4  # commands: together about half of what a batch of the ledger may write, so that buyers go with them
PRODUCTS = 500  # of one look, and of one step

log = structlog.get_logger(__name__)


class BackBook(Protocol):
    """Knows which products are back."""

    async def back(self, limit: int) -> Sequence[str]:
        """Return products on show that have units to offer and people who wait for them."""


@dataclass(slots=True)
class Offerer:
    """Makes offers. ``wake`` is set when there may be something to offer."""

    book: BackBook
    ledger: Ledger
    clock: Callable[[], float] = time.monotonic
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: dict[str, None] = field(default_factory=dict)
    _look_at: float = 0.0

    def hear(self, product_id: str, level: Level) -> None:
        """Note a level that has changed."""
        if level.waiting and level.available:
            self._heard[product_id] = None
            self.wake.set()

    async def step(self) -> bool:
        """Offer what is back; return whether there may be more."""
        if self.clock() >= self._look_at:
            self._heard |= dict.fromkeys(await self.book.back(PRODUCTS))
            self._look_at = self.clock() + INTERVAL
        waiting = list(self._heard)[:PRODUCTS]
        for start in range(0, len(waiting), UNDER_WAY):
            if not await self._offer(waiting[start : start + UNDER_WAY]):
                return False
        return bool(self._heard)

    async def _offer(self, back: Sequence[str]) -> bool:
        """Offer what is back of a few products; return whether the ledger took it all."""
        for product_id in back:
            self._heard.pop(product_id, None)
        commands = (self.ledger.submit(OfferNext(product_id, AT_ONCE)) for product_id in back)
        answers = await asyncio.gather(*commands, return_exceptions=True)
        refused = 0
        for product_id, answer in zip(back, answers, strict=True):
            if isinstance(answer, Refused):
                refused += 1
            elif isinstance(answer, BaseException):
                raise answer
            elif isinstance(answer, Offered) and answer.more:
                self._heard[product_id] = None
        if refused:  # the next look at the database finds them again
            log.warning("offers.refused", count=refused)
        return not refused
