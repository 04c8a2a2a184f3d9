"""Rate limits of HTTP acts, in this process's memory: a moving window for each act and whoever does it."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from models.errors import RateLimited

DEFAULT_LIMITS = {"login": "10/minute", "register": "10/minute"}


class RateLimits:
    """Counts acts and refuses those beyond their limit."""

    def __init__(self, limits: Mapping[str, str] = DEFAULT_LIMITS) -> None:
        self._limits: dict[str, RateLimitItem] = {act: parse(limit) for act, limit in limits.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, act: str, who: str) -> None:
        """Count one act; raise RateLimited beyond the limit."""
        limit = self._limits[act]
        if not self._limiter.hit(limit, act, who):
            resets = self._limiter.get_window_stats(limit, act, who).reset_time
            raise RateLimited("too many tries; wait a little", retry_after=max(1, round(resets - time.time())))
