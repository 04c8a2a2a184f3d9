"""How popular products are: the units sold of each in the last thirty days, reckoned anew every few minutes.

Pattern: a leased worker. A round walks through the orders of the period, then through the products, in bounded steps,
and writes only what is another number than before, a few products at a time, so that the ledger's transactions seldom
meet a write of this one. Orders that are not paid, cancelled or refunded do not count. Killed at any line, or with the
lease lost, the next round sets it right: nothing else depends on these numbers than the order of a list.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

PERIOD = timedelta(days=30)
ROUND = 300.0  # seconds from the end of a round to the next
INTERVAL = 1.0
ORDERS_AT_ONCE = 2000
PRODUCTS_AT_ONCE = 500


class SalesBook(Protocol):
    """Where sales are read, and popularity is written."""

    async def beginning(self, period: timedelta) -> datetime:
        """Return when a period began that ends now, by the database's clock."""

    async def sold(self, since: datetime, *, after: str | None, limit: int) -> tuple[Mapping[str, int], str | None]:
        """Return the units by product of so many orders behind an id, and the last one's id; None at the end."""

    async def note(self, sold: Mapping[str, int], *, after: str | None, limit: int) -> str | None:
        """Write the units where they are others for so many products behind an id; return the last one's id."""


@dataclass(slots=True)
class Popularity:
    """Keeps popularity right, step by step; ``pause`` is between two rounds, in seconds."""

    book: SalesBook
    pause: float = ROUND
    _due: float = 0.0
    _since: datetime | None = None
    _orders_read: bool = False
    _last: str | None = None
    _sold: Counter[str] = field(default_factory=Counter)

    async def step(self) -> bool:
        """Do one part of a round; return whether there is more of it."""
        if self._since is None:
            if time.monotonic() < self._due:
                return False
            self._since = await self.book.beginning(PERIOD)
        if not self._orders_read:
            units, self._last = await self.book.sold(self._since, after=self._last, limit=ORDERS_AT_ONCE)
            self._sold.update(units)
            self._orders_read = self._last is None
            return True
        self._last = await self.book.note(self._sold, after=self._last, limit=PRODUCTS_AT_ONCE)
        if self._last is None:
            self._rest()
        return self._last is not None

    def _rest(self) -> None:
        self._since, self._orders_read, self._sold = None, False, Counter()
        self._due = time.monotonic() + self.pause
