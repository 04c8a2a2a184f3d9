"""Rate limits: so many acts of a kind within a moving window, for whoever does them and over all processes together.

Counting is the database's (`Counts`); where that cannot be reached, nothing limited is done: its errors pass through.
Names of people and sessions leave this process only as digests.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ivorycart.client_address import counted_as
from ivorycart.permits import Counts, Permits, Rule
from models.errors import RateLimited
from models.rate_limit import Limit

# Behind a proxy that is not trusted one network address is the whole shop: it may try more often than one account.
PER_ADDRESS = 10
BLOCK = 20
LINES_PER_MAIL = 4  # an offer is mailed once: somebody may wait for more products than they ask for links
CARTS_PER_MAIL = 4  # carts that name an address for their alerts: one for each browser that somebody uses
MINUTE, HOUR = 60, 3600
BY_ADDRESS = frozenset({"login_address", "register", "mail_address", "waiting_address", "token", "requests_address"})
_MANY = 1024  # keys; before there are so many, nobody looks for those that can be forgotten


@dataclass(frozen=True, slots=True)
class Count:
    """Where an act stands with its limit: how many are left, and seconds until the next are free again."""

    act: str
    limit: Limit
    left: int
    opens_in: float


_counted: ContextVar[list[Count] | None] = ContextVar("counted", default=None)


def rules_of(*, logins: int = 10, registrations: int = 60, mails: int = 5, requests: int = 600) -> Mapping[str, Rule]:
    """Return what is limited: sign-ins; mails, alerted carts and lines per account and address; tokens; requests."""
    return {
        "login": Rule(Limit(logins, MINUTE)),
        "login_address": Rule(Limit(logins * PER_ADDRESS, MINUTE)),
        "register": Rule(Limit(registrations, MINUTE)),
        "mail": Rule(Limit(mails, HOUR)),
        "alerts": Rule(Limit(mails * CARTS_PER_MAIL, HOUR)),
        "waiting": Rule(Limit(mails * LINES_PER_MAIL, HOUR)),
        "mail_address": Rule(Limit(registrations, MINUTE)),
        "waiting_address": Rule(Limit(registrations, MINUTE)),
        "token": Rule(Limit(registrations, MINUTE)),
        "requests": Rule(Limit(requests, MINUTE), BLOCK),
        "requests_address": Rule(Limit(requests * PER_ADDRESS, MINUTE), BLOCK),
    }


@contextmanager
def counting() -> Iterator[list[Count]]:
    """Collect where the limits stand that this context's acts hit."""
    counts: list[Count] = []
    token = _counted.set(counts)
    try:
        yield counts
    finally:
        _counted.reset(token)


class RateLimits:
    """Counts acts and refuses those beyond their limit."""

    def __init__(
        self, counts: Counts, rules: Mapping[str, Rule] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._counts = counts
        self._rules = rules_of() if rules is None else rules
        self._clock = clock
        self._permits: dict[str, Permits] = {}
        self._tidy_at = _MANY

    async def hit(self, act: str, who: str) -> None:
        """Count one act; raise RateLimited beyond the limit."""
        rule = self._rules[act]
        permits = self._of(act, counted_as(who) if act in BY_ADDRESS else who, rule)
        granted = await permits.take()
        count = Count(act, rule.limit, permits.left if granted else 0, permits.opens_in)
        counts = _counted.get()
        if counts is not None:
            counts.append(count)
        if not granted:
            raise RateLimited("too many tries; wait a little", retry_after=max(1, math.ceil(count.opens_in)))

    def _of(self, act: str, who: str, rule: Rule) -> Permits:
        key = f"{act}:{hashlib.blake2b(who.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
        permits = self._permits.get(key)
        if permits is None:
            self._tidy()
            permits = self._permits[key] = Permits(key, rule, self._counts, self._clock)
        return permits

    def _tidy(self) -> None:
        """Forget what says nothing any more, so seldom that it costs nothing."""
        if len(self._permits) >= self._tidy_at:
            self._permits = {key: permits for key, permits in self._permits.items() if not permits.idle}
            self._tidy_at = max(_MANY, 2 * len(self._permits))
