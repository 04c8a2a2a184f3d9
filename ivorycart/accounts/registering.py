"""Making an account, and proving that its address is one's own.

Answers do not tell whether an address has an account: registering takes the same work and gets the same answer either
way. What differs is in a mail, which a worker writes afterwards (``clerk``).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.choosing import choose
from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.accounts.passwords import NO_PASSWORD, Passwords
from ivorycart.accounts.trail import Trail
from ivorycart.rate_limits import RateLimits
from models.account import Account, AccountRequest, AuditEvent, Visitor
from models.errors import TokenInvalid
from models.roles import Role


class AccountBook(Protocol):
    """Where accounts are added."""

    async def add(
        self, *, email: str, name: str, role: Role, password: str, activated: bool, user_id: str | None = None
    ) -> str | None:
        """Add an account; None where the address has one."""


class RequestBook(Protocol):
    """Where requests wait for the clerk."""

    async def add(self, request: AccountRequest) -> None:
        """Note a request."""


class Activation(Protocol):
    """Uses activation tokens."""

    async def activate(self, token_id: str) -> Account | None:
        """Activate an account; None where the token is used, expired or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """Registers and activates. ``new_id`` makes ids (24 hex characters)."""

    accounts: AccountBook
    requests: RequestBook
    changes: Activation
    passwords: Passwords
    mail_tokens: MailTokens
    limits: RateLimits
    trail: Trail
    new_id: Callable[[], str]
    activation_required: bool

    async def register(self, *, email: str, password: str, name: str, visitor: Visitor) -> None:
        """Make a buyer's account; for an address that has one nothing changes but that its owner gets a mail.

        Until the address is proven the account has no password: what was chosen waits in the link's token.
        """
        await self.limits.hit("register", visitor.address)
        # Counted apart, so that nobody can keep somebody from a reset mail by registering their address.
        await self.limits.hit("mail", f"register {email}")
        choose(password, email=email, name=name)
        hashed = await self.passwords.hash(password)
        user_id = self.new_id()
        wanted = {"user_id": user_id, "name": name, "password": hashed}
        request = AccountRequest(self.new_id(), "registration", email, wanted)
        # At the same time, so that the one that fails at once for a known address cannot be told from the other.
        await asyncio.gather(
            self.accounts.add(
                email=email,
                name=name,
                role="buyer",
                password=NO_PASSWORD if self.activation_required else hashed,
                activated=not self.activation_required,
                user_id=user_id,
            ),
            self.requests.add(request),
        )
        await self.trail.note(AuditEvent(kind="register", email=email, visitor=visitor))

    async def resend(self, *, email: str, visitor: Visitor) -> None:
        """Have another activation mail sent, where the address has an account that waits for it."""
        await self.limits.hit("mail_address", visitor.address)
        await self.limits.hit("mail", email)
        await self.requests.add(AccountRequest(self.new_id(), "activation", email))

    async def activate(self, *, token: str, visitor: Visitor) -> Account:
        """Activate the account of a token; TokenInvalid for any that is not good (any more)."""
        await self.limits.hit("token", visitor.address)
        token_id = self.mail_tokens.request_id("activation", token)
        account = await self.changes.activate(token_id) if token_id else None
        if account is None:
            raise TokenInvalid("this link is not good any more: ask for another one")
        await self.trail.note(AuditEvent(kind="activate", user_id=account.id, visitor=visitor))
        return account
