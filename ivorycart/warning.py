"""Warning: who holds something is told before their hold ends, a minute before, or at half of a short hold.

Pattern: a leased worker over the ends of holds, by the database's clock. It goes through those that have come within
the warning since it last looked, in portions; now and then it goes through all of them, for holds that got an earlier
end (carts that were merged). A warning's key names the cart and the end of its hold: so each is told once, whoever else
looks, and one that was prolonged once more. What was ordered or emptied meanwhile has no end any more.
Memory: the last end that was seen. Killed at any line, the next one begins with all that end soon.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from models.alert import Notice
from models.warning import EndingHolds, warning_before, warning_of

INTERVAL = 0.5  # seconds
LOOKS = 4  # at all holds that end soon, while a hold goes through its warning


class HoldBook(Protocol):
    """Where it is kept when holds end."""

    def ending(self, within: timedelta, since: datetime | None) -> AsyncIterator[EndingHolds]:
        """Yield holds that end within so much time, and not before ``since``, the first to end first, in portions.

        Those whose warning is written already are left out. What is empty, or nobody's, holds nothing.
        """

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Write notices and their mails; those whose key is there already stay as they are."""


@dataclass(slots=True)
class Warner:
    """Warns of the ends of holds, of which each lasts for ``hold``."""

    book: HoldBook
    hold: timedelta
    clock: Callable[[], float] = time.monotonic
    _seen: datetime | None = field(default=None, init=False)
    _look_at: float = field(default=0.0, init=False)

    async def step(self) -> bool:
        """Warn of all that have come within the warning; there is nothing more until others have."""
        before = warning_before(self.hold)
        if not before:
            return False
        if self.clock() >= self._look_at:
            self._seen, self._look_at = None, self.clock() + before.total_seconds() / LOOKS
        async for portion in self.book.ending(before, self._seen):
            await self.book.tell([warning_of(hold) for hold in portion.holds])
            self._seen = portion.until
        return False
