"""Sessions: signed in on a device until it is over, by an access token of minutes and a refresh token that rotates.

The refresh token is two secrets: the family's, which stays, and the present token's, which is good once. Whoever shows
the family's with another than the present token's has one that was used before: somebody has a copy, so the session
ends. Only digests are stored.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivorycart.accounts.tokens import Tokens
from ivorycart.accounts.trail import Trail
from models.account import Account, AuditEvent, Lasting, LoginSession, Visitor, digest
from models.errors import NotAuthenticated, NotFound
from models.feed import SessionEnded

SECRET_BYTES = 24

log = structlog.get_logger(__name__)


class SessionBook(Protocol):
    """Where sessions are kept."""

    async def begin(self, account: Account, family: str, token: str, visitor: Visitor, lasting: Lasting) -> str | None:
        """Add a session by the digests of its secrets; None where the account is not as it was read any more."""

    async def rotate(
        self, family: str, token: str, following: str, visitor: Visitor, lasting: Lasting
    ) -> LoginSession | None:
        """Take the next token in place of the present one; None where that is not the present one."""

    async def of_family(self, family: str) -> LoginSession | None:
        """Return the live session of a family."""

    async def of_user(self, user_id: str) -> Sequence[LoginSession]:
        """Return the live sessions of a user."""

    async def end(self, user_id: str, reason: str, *, only: str | None = None, keep: str | None = None) -> int:
        """End the sessions of a user, or one of them, or all but one; return how many there were."""


class AccountBook(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""


class EndListener(Protocol):
    """Who hears of the ends of sessions before the change stream brings them."""

    def ended(self, session: SessionEnded) -> None:
        """Note that a session is over."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An access token, how long it is good (seconds), the refresh token and whose they are."""

    token: str
    expires_in: int
    refresh_token: str
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSessions:
    """Begins, refreshes and ends sessions."""

    book: SessionBook
    accounts: AccountBook
    tokens: Tokens
    trail: Trail
    standing: EndListener
    lasting: Lasting

    async def begin(self, account: Account, visitor: Visitor) -> SignedIn:
        """Sign somebody in on a device; NotAuthenticated where the account was changed since it was read."""
        family, token = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        session_id = await self.book.begin(account, digest(family), digest(token), visitor, self.lasting)
        if session_id is None:
            raise NotAuthenticated("the email or the password is wrong")
        return self._signed_in(account, session_id, family, token)

    async def refresh(self, refresh_token: str, visitor: Visitor) -> SignedIn:
        """Return the next tokens; NotAuthenticated where this refresh token is not the session's present one."""
        family, _, token = refresh_token.partition(".")
        following = secrets.token_urlsafe(SECRET_BYTES)
        session = await self.book.rotate(digest(family), digest(token), digest(following), visitor, self.lasting)
        if session is None:
            await self._end_reused(family, visitor)
            raise NotAuthenticated("sign in again")
        account = await self.accounts.get(session.user_id)
        if account is None or account.barred:
            raise NotAuthenticated("sign in again")
        return self._signed_in(account, session.id, family, following)

    async def _end_reused(self, family: str, visitor: Visitor) -> None:
        session = await self.book.of_family(digest(family))
        if session is None:
            return
        with suppress(NotFound):  # of several at once, one ends it
            await self.end(session.user_id, session.id, "refresh_token_reused")
        event = AuditEvent(kind="refresh_token_reused", ok=False, user_id=session.user_id, visitor=visitor)
        await self.trail.note(event)
        log.warning("session.refresh_token_reused", user=session.user_id, session=session.id)

    async def of_user(self, user_id: str) -> Sequence[LoginSession]:
        """Return the sessions in which a user is signed in, the last used first."""
        return await self.book.of_user(user_id)

    async def end(self, user_id: str, session_id: str, reason: str) -> None:
        """End one session of a user; NotFound where there is none of that id."""
        if not await self.book.end(user_id, reason, only=session_id):
            raise NotFound("there is no such session")
        self.standing.ended(SessionEnded(session_id, user_id, reason))

    async def end_all(self, user_id: str, reason: str, *, keep: str | None = None) -> int:
        """End all sessions of a user but the one to keep; return how many."""
        for session in await self.book.of_user(user_id):
            if session.id != keep:
                self.standing.ended(SessionEnded(session.id, user_id, reason))
        return await self.book.end(user_id, reason, keep=keep)

    async def of_refresh_token(self, refresh_token: str) -> LoginSession | None:
        """Return the live session of a refresh token, be it the present one or one before."""
        return await self.book.of_family(digest(refresh_token.partition(".")[0]))

    async def replaced(self, refresh_token: str) -> None:
        """End the session of a refresh token whose device has signed in anew."""
        session = await self.of_refresh_token(refresh_token)
        if session:
            with suppress(NotFound):  # it ended by itself
                await self.end(session.user_id, session.id, "signed_in_anew")

    def _signed_in(self, account: Account, session_id: str, family: str, token: str) -> SignedIn:
        claims: Mapping[str, str] = {"email": account.email, "name": account.name, "role": account.role}
        access = self.tokens.issue(user_id=account.id, session_id=session_id, **claims)
        return SignedIn(access, self.tokens.seconds, f"{family}.{token}", account)
