"""Rate limits of HTTP acts, in this process's memory: a moving window for each act and whoever does it."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from models.errors import RateLimited

# Behind a proxy one network address can be the whole shop: it may try more often than one account is tried.
LOGINS_PER_ADDRESS = 10


def share(limit: int, workers: int) -> int:
    """Return what each of several processes allows, so that all together allow the limit, or a little more.

    Each process counts only what comes to it; how connections are spread over them is the kernel's affair.
    """
    return -(-limit // workers)


def account_limits(*, logins: int = 10, registrations: int = 60, mails: int = 5) -> dict[str, str]:
    """Return the limits of sign-ins and asked-for mails per account and network address, and of what else is tried."""
    return {
        "login": f"{logins}/minute",
        "login_address": f"{logins * LOGINS_PER_ADDRESS}/minute",
        "register": f"{registrations}/minute",
        "mail": f"{mails}/hour",
        "mail_address": f"{registrations}/minute",
        "token": f"{registrations}/minute",
    }


class RateLimits:
    """Counts acts and refuses those beyond their limit."""

    def __init__(self, limits: Mapping[str, str] | None = None) -> None:
        chosen = account_limits() if limits is None else limits
        self._limits: dict[str, RateLimitItem] = {act: parse(limit) for act, limit in chosen.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, act: str, who: str) -> None:
        """Count one act; raise RateLimited beyond the limit."""
        limit = self._limits[act]
        if not self._limiter.hit(limit, act, who):
            resets = self._limiter.get_window_stats(limit, act, who).reset_time
            raise RateLimited("too many tries; wait a little", retry_after=max(1, round(resets - time.time())))
