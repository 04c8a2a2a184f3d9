"""What has become of access tokens since they were made: sessions that ended, accounts that changed.

A token is good for minutes and is checked without a query, so each process remembers for that long what would make it
worth less. It hears of it by the change stream, and of its own doings at once.

Concurrency: one event loop. Nothing here waits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ivorycart.accounts.tokens import Tokens
from ivorycart.connections import User
from models.errors import NotAuthenticated
from models.feed import AccountChanged, SessionEnded

# Longer than a token is good, by as much as clocks of processes and the lag of a change stream may differ.
MARGIN = 300.0


class EndedBook(Protocol):
    """Where sessions are kept."""

    async def ended_within(self, seconds: float) -> Sequence[SessionEnded]:
        """Return the sessions that ended in the last so many seconds."""


class ChangedBook(Protocol):
    """Where accounts are kept."""

    async def changed_within(self, seconds: float) -> Sequence[AccountChanged]:
        """Return what was changed about what accounts may do in the last so many seconds."""


@dataclass(slots=True)
class Standing:
    """Remembers for ``seconds`` who was signed out and who may do something else than their token says."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _ended: dict[str, float] = field(default_factory=dict)
    _changed: dict[str, tuple[float, AccountChanged]] = field(default_factory=dict)

    def ended(self, session: SessionEnded) -> None:
        """Note that a session is over."""
        self._forget()
        self._ended[session.session_id] = self.clock()

    def changed(self, account: AccountChanged) -> None:
        """Note what an account may do from now on."""
        self._forget()
        self._changed.pop(account.user_id, None)  # so that the order stays that of the times
        self._changed[account.user_id] = (self.clock(), account)

    def applied(self, user: User) -> User | None:
        """Return the user as of now; None for one who was signed out or may do nothing any more."""
        if user.session_id in self._ended:
            return None
        _, account = self._changed.get(user.id, (0.0, None))
        if account is None:
            return user
        return None if account.barred else replace(user, role=account.role, email=account.email)

    def _forget(self) -> None:
        """Drop what no token can be affected by any more; entries are in the order of their times."""
        before = self.clock() - self.seconds
        while self._ended and next(iter(self._ended.values())) < before:
            del self._ended[next(iter(self._ended))]
        while self._changed and next(iter(self._changed.values()))[0] < before:
            del self._changed[next(iter(self._changed))]


@dataclass(frozen=True, slots=True)
class Identity:
    """Says whom an access token names, as of now."""

    tokens: Tokens
    standing: Standing

    def of(self, token: str) -> User:
        """Return whom a token names; NotAuthenticated where it is not in order, or worth nothing any more."""
        user = self.standing.applied(self.tokens.read(token))
        if user is None:
            raise NotAuthenticated("the token is not valid or has expired")
        return user
