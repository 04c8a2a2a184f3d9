"""Accounts that an operator makes: with a password that somebody chose, or with none until a mail was answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.choosing import choose
from ivorycart.accounts.passwords import NO_PASSWORD, Passwords
from ivorycart.accounts.trail import Trail
from models.account import AccountRequest, AuditEvent
from models.errors import Conflict, Invalid
from models.roles import Role

SHORTEST, LONGEST = 8, 128  # characters, as over the wire


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Creating:
    """Makes accounts. ``new_id`` makes ids (24 hex characters)."""

    accounts: AccountBook
    requests: RequestBook
    passwords: Passwords
    trail: Trail
    new_id: Callable[[], str]

    async def create(self, *, email: str, name: str, role: Role, password: str) -> str:
        """Make an account that can sign in at once; return its id. Invalid: a bad password, Conflict: there is one."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters")
        choose(password, email=email, name=name)
        hashed = await self.passwords.hash(password)
        return await self._add(email=email, name=name, role=role, password=hashed, activated=True)

    async def invite(self, *, email: str, name: str, role: Role) -> str:
        """Make an account whose owner sets the password by a mail, which proves the address, too; return its id."""
        user_id = await self._add(email=email, name=name, role=role, password=NO_PASSWORD, activated=False)
        await self.requests.add(AccountRequest(self.new_id(), "reset", email))
        return user_id

    async def _add(self, *, email: str, name: str, role: Role, password: str, activated: bool) -> str:
        user_id = await self.accounts.add(email=email, name=name, role=role, password=password, activated=activated)
        if user_id is None:
            raise Conflict("this address has an account already")
        detail = {"by": "operator", "after": role, "invited": not activated}
        await self.trail.note(AuditEvent(kind="create", user_id=user_id, email=email, detail=detail))
        return user_id
