"""Signing in: by address and password, for as long as a session lasts."""

from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.passwords import Passwords
from ivorycart.accounts.sessions import LoginSessions, SignedIn
from ivorycart.accounts.trail import Trail
from ivorycart.rate_limits import RateLimits
from models.account import Account, AuditEvent, Visitor
from models.errors import Forbidden, NotAuthenticated, RateLimited


class AccountBook(Protocol):
    """Where accounts are read, and hashes renewed."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""

    async def rehash(self, user_id: str, before: str, after: str) -> None:
        """Store a password's newer hash, unless the password was changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """Signs people in. An account whose address is not proven yet has no password, so nobody signs in to it."""

    accounts: AccountBook
    sessions: LoginSessions
    passwords: Passwords
    limits: RateLimits
    trail: Trail

    async def login(self, *, email: str, password: str, visitor: Visitor) -> SignedIn:
        """Sign in, or refuse without saying what was wrong; only who knows the password hears what else is amiss."""
        try:
            await self.limits.hit("login_address", visitor.address)
            await self.limits.hit("login", email)
        except RateLimited:
            await self._note(None, email, visitor, refused="too many")
            raise
        account = await self.accounts.by_email(email)
        known = await self.passwords.check(password, account.password if account else None)
        if not known or account is None or account.deleted_at:
            await self._note(account, email, visitor, refused="password")
            raise NotAuthenticated("the email or the password is wrong")
        if account.disabled_at:
            await self._note(account, email, visitor, refused="disabled")
            raise Forbidden("this account is disabled")
        try:
            signed_in = await self.sessions.begin(account, visitor)
        except NotAuthenticated:
            await self._note(account, email, visitor, refused="changed meanwhile")
            raise
        if self.passwords.outdated(account.password):
            await self.accounts.rehash(account.id, account.password, await self.passwords.hash(password))
        await self._note(account, email, visitor)
        return signed_in

    async def logout(self, *, user_id: str, session_id: str, everywhere: bool, visitor: Visitor) -> None:
        """End this session, or all of the user's."""
        if everywhere:
            await self.sessions.end_all(user_id, "signed_out_everywhere")
        else:
            await self.sessions.end(user_id, session_id, "signed_out")
        kind = "logout_everywhere" if everywhere else "logout"
        await self.trail.note(AuditEvent(kind=kind, user_id=user_id, actor_id=user_id, visitor=visitor))

    async def _note(self, account: Account | None, email: str, visitor: Visitor, *, refused: str | None = None) -> None:
        event = AuditEvent(
            kind="login",
            ok=refused is None,
            user_id=account.id if account else None,
            email=email,
            visitor=visitor,
            detail={"refused": refused} if refused else {},
        )
        await self.trail.note(event)
