"""The daily audit: starts one in the background when the last is old enough, and none in a shop that just came back.

Pattern: a leased worker that looks every minute whether one is due, by the database's clock, and starts it as an
admin would; ``Audits`` runs it and keeps its result, at most one at a time. Killed at any line, the next holder of the
lease looks anew: one that was begun and never ended is due again within the hour. Invariant: whatever stood still
meanwhile (a database that was away, a shop that was stopped) has had half an hour to catch up, since to an audit a hold
that nobody could end is a contradiction.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from models.audit import LastBegun
from models.errors import Conflict

INTERVAL = 2.0  # seconds between two signs of life of the lease's holder
LOOK = 60.0  # seconds between two looks at the database
# Seconds. After so long without a step, this process was stopped, cut off, or without the lease.
LONGEST_GAP = 20.0
SETTLED = 1800.0  # seconds of steps without such a gap before an audit is started
AGAIN = 3600.0  # seconds until one that failed, or was killed, is repeated: it may be the audit that is too much
HOUR = 3600.0


class Audited(Protocol):
    """Where it is read when the last audit was begun."""

    async def last_begun(self) -> LastBegun | None:
        """Return that; None where there was none yet."""


class Starting(Protocol):
    """What audits in the background."""

    async def start_due(self) -> None:
        """Start one; Conflict while one runs, here or elsewhere."""


class Auditing:
    """Starts an audit every so many hours, counted from the beginning of the last one."""

    def __init__(
        self, audits: Starting, book: Audited, every_hours: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._audits = audits
        self._book = book
        self._every = every_hours * HOUR
        self._clock = clock
        self._stepped = self._steady_since = self._looked = float("-inf")

    async def step(self) -> bool:
        """Start one that is due; called for as long as this process has the lease."""
        now = self._clock()
        if now - self._stepped > LONGEST_GAP:
            self._steady_since = now
        self._stepped = now
        if now - self._steady_since >= SETTLED and now - self._looked >= LOOK:
            self._looked = now
            if self._due(await self._book.last_begun()):
                with suppress(Conflict):  # it runs, or somebody asked for one at this moment
                    await self._audits.start_due()
        return False

    def _due(self, last: LastBegun | None) -> bool:
        if last is None:
            return True
        return last.seconds_ago >= (self._every if last.ended_well else min(AGAIN, self._every))
