"""Reads that may be answered by a secondary: lists and counts that decide nothing.

A secondary may be behind; what it answers must not be older than what this process has heard by its change stream, and
so told its browsers already. So each read waits for that moment (``afterClusterTime``), not for long: what is not
answered in time is asked of the primary. Secondaries that are known to be further behind than ``STALEST`` are not asked
at all.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pymongo
from pymongo.errors import PyMongoError
from pymongo.read_preferences import SecondaryPreferred

from mongo.driver import Database, Driver, Session
from mongo.stream import timestamp_of

STALEST = 90  # seconds: less is more than drivers can tell
WITHIN = 1.0  # seconds that a secondary has for its answer
_REFUSED = (2, 11, 13, 17, 26, 27)  # a mistake in the question, which no other member answers either

T = TypeVar("T")
Read = Callable[[Database, Session | None], Awaitable[T]]

log = logging.getLogger(__name__)


class StaleReads:
    """Runs reads where they may go. ``heard`` is the cursor of the last change that this process knows of."""

    def __init__(
        self,
        driver: Driver,
        database: Database,
        heard: Callable[[], str] = lambda: "",
        *,
        aside: bool = False,
        within: float = WITHIN,
    ) -> None:
        self._driver = driver
        self._database = database
        self._aside: Any = database.with_options(read_preference=SecondaryPreferred(max_staleness=STALEST))
        self._heard = heard
        self._on, self._within = aside, within

    async def run(self, read: Read[T], *, may_be_stale: bool = True) -> T:
        """Run a read on a secondary where that is wanted and can be had in time, else on the primary."""
        if not self._on or not may_be_stale:
            return await read(self._database, None)
        try:
            with pymongo.timeout(self._within):
                return await self._run(read)
        except PyMongoError as error:
            if getattr(error, "code", None) in _REFUSED:
                raise
            log.info("a secondary did not answer: the primary is asked: %s", str(error)[:200])
        return await read(self._database, None)

    async def _run(self, read: Read[T]) -> T:
        session = await self._driver.start_session()
        try:
            if heard := self._heard():
                session.advance_operation_time(timestamp_of(heard))
            return await read(self._aside, session)
        finally:
            await session.end_session()
