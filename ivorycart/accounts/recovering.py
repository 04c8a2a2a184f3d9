"""Forgotten and changed passwords, and changed addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.choosing import choose
from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.accounts.passwords import Passwords
from ivorycart.accounts.registering import RequestBook
from ivorycart.accounts.trail import Trail
from ivorycart.rate_limits import RateLimits
from models.account import Account, AccountRequest, AuditEvent, Visitor, digest
from models.errors import NotAuthenticated, NotFound, TokenInvalid
from models.letter import Letter

GONE = "this link is not good any more: ask for another one"


class AccountBook(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""


class Changes(Protocol):
    """Changes that must happen whole."""

    async def reset_password(self, token_id: str, hashed: str, letter: Callable[[Account], Letter]) -> Account | None:
        """Use a reset token; None where it is not good."""

    async def change_password(
        self, user_id: str, seen: str, hashed: str, letter: Callable[[Account], Letter], *, keep: str
    ) -> Account | None:
        """Set a new password and end all sessions but one; None where the hash is not any more the one seen."""

    async def change_email(self, token_id: str, letter: Callable[[Account], Letter]) -> Account | None:
        """Use an email token; None where it is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering:
    """Gives people back what they lost. ``new_id`` makes ids (24 hex characters)."""

    accounts: AccountBook
    requests: RequestBook
    changes: Changes
    passwords: Passwords
    mail_tokens: MailTokens
    limits: RateLimits
    trail: Trail
    new_id: Callable[[], str]

    async def forgot(self, *, email: str, visitor: Visitor) -> None:
        """Have a reset mail sent, where the address has an account; the answer is the same where it has none."""
        await self.limits.hit("mail_address", visitor.address)
        await self.limits.hit("mail", email)
        await self.requests.add(AccountRequest(self.new_id(), "reset", email))
        await self.trail.note(AuditEvent(kind="forgot_password", email=email, visitor=visitor))

    async def reset(self, *, token: str, password: str, visitor: Visitor) -> None:
        """Set a new password by a token; all sessions end. TokenInvalid for a token that is not good."""
        await self.limits.hit("token", visitor.address)
        token_id = self.mail_tokens.request_id("reset", token)
        if token_id is None:
            raise TokenInvalid(GONE)
        choose(password, email="")
        hashed = await self.passwords.hash(password)
        write = self._password_changed(token_id)

        def letter(account: Account) -> Letter:
            # Whose link it is comes out only as it is used; what is refused then leaves the link as good as it was.
            choose(password, email=account.email, name=account.name)
            return write(account)

        account = await self.changes.reset_password(token_id, hashed, letter)
        if account is None:
            raise TokenInvalid(GONE)
        await self.trail.note(AuditEvent(kind="reset_password", user_id=account.id, visitor=visitor))

    async def change(self, *, user_id: str, session_id: str, current: str, password: str, visitor: Visitor) -> None:
        """Set a new password, given the present one; all other sessions end."""
        account = await self._proven(user_id, current, visitor, "change_password")
        choose(password, email=account.email, name=account.name)
        hashed = await self.passwords.hash(password)
        letter = self._password_changed(self.new_id())
        changed = await self.changes.change_password(user_id, account.password, hashed, letter, keep=session_id)
        if changed is None:  # somebody was quicker: with a reset, say
            raise NotAuthenticated("the password was changed meanwhile: sign in again")
        await self.trail.note(AuditEvent(kind="change_password", user_id=user_id, actor_id=user_id, visitor=visitor))

    async def begin_email_change(self, *, user_id: str, email: str, password: str, visitor: Visitor) -> None:
        """Have the new address asked for its consent, given the password."""
        account = await self._proven(user_id, password, visitor, "change_email")
        await self.limits.hit("mail_address", visitor.address)
        await self.limits.hit("mail", email)
        asked = {"user_id": user_id, "seen": digest(account.password)}
        await self.requests.add(AccountRequest(self.new_id(), "email_change", email, asked))
        event = AuditEvent(kind="ask_for_email", user_id=user_id, actor_id=user_id, email=email, visitor=visitor)
        await self.trail.note(event)

    async def confirm_email_change(self, *, token: str, visitor: Visitor) -> Account:
        """Take the new address; the old one is told. TokenInvalid for a token that is not good."""
        await self.limits.hit("token", visitor.address)
        token_id = self.mail_tokens.request_id("email_change", token)
        account = await self.changes.change_email(token_id, _email_changed(token_id)) if token_id else None
        if account is None:
            raise TokenInvalid(GONE)
        await self.trail.note(AuditEvent(kind="change_email", user_id=account.id, email=account.email, visitor=visitor))
        return account

    async def _proven(self, user_id: str, password: str, visitor: Visitor, act: str) -> Account:
        """Return the account of somebody who knows its password."""
        account = await self.accounts.get(user_id)
        if account is None or account.barred:
            raise NotFound("there is no such account")
        await self.limits.hit("login", account.email)
        if not await self.passwords.check(password, account.password):
            await self.trail.note(AuditEvent(kind=act, ok=False, user_id=user_id, actor_id=user_id, visitor=visitor))
            raise NotAuthenticated("the password is wrong")
        return account

    def _password_changed(self, cause: str) -> Callable[[Account], Letter]:
        return lambda account: Letter(
            f"password_changed:{cause}", "password_changed", account.email, {"name": account.name}
        )


def _email_changed(cause: str) -> Callable[[Account], Letter]:
    return lambda account: Letter(f"email_changed:{cause}", "email_changed", account.email, {"name": account.name})
