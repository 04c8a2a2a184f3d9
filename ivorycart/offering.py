"""Offering what came back: whoever waits longest for a product gets the next unit, for a while.

Pattern: a leased worker. What this process hears of levels wakes it (``hear``, plain, never waits); besides, it looks
every second for products that have both units and people who wait, so that nothing is lost with a process. Each offer
is a command of the ledger: whom it goes to is decided there, so a worker that is killed at any line, or runs twice,
does no harm, and nobody can be quicker than the line meanwhile (see `models/offering.py`).
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
AT_ONCE = 50  # offers of one command: each is half a dozen documents of its transaction
PRODUCTS = 500  # of one step

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
        self.wake.clear()
        back = dict.fromkeys(list(self._heard)[:PRODUCTS])
        if self.clock() >= self._look_at:
            back.update(dict.fromkeys(await self.book.back(PRODUCTS)))
            self._look_at = self.clock() + INTERVAL
        for product_id in back:  # only now: had the database been away, they would still be known
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
        return bool(self._heard) and not refused
