"""Registration and sign-in.

Answers do not tell whether an address has an account: registering takes the same work and gets the same answer either
way, and the owner of a known address hears of it by mail.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ivorycart.accounts.passwords import Passwords
from ivorycart.accounts.tokens import Tokens
from ivorycart.rate_limits import RateLimits
from models.errors import NotAuthenticated, NotFound
from models.letter import Letter

BUYER = "buyer"
HOUR = 3600


class UserBook(Protocol):
    """Where accounts are kept."""

    async def by_email(self, email: str) -> Mapping[str, Any] | None:
        """Return an account by its normalised email."""

    async def get(self, user_id: str) -> Mapping[str, Any] | None:
        """Return an account by its id."""

    async def add(self, *, email: str, name: str, role: str, password: str) -> str | None:
        """Add an account; None where the email has one."""


class Outbox(Protocol):
    """Where mails are queued."""

    async def add(self, letter: Letter) -> None:
        """Queue a mail once."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token, how long it is good (seconds), and whose it is."""

    token: str
    expires_in: int
    user: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accounts:
    """What people do with their account; ``clock`` gives seconds since 1970."""

    users: UserBook
    outbox: Outbox
    passwords: Passwords
    tokens: Tokens
    limits: RateLimits
    clock: Callable[[], float] = time.time

    async def register(self, *, email: str, password: str, name: str, address: str) -> None:
        """Make a buyer's account; ``address`` is the network address the request came from."""
        self.limits.hit("register", address)
        hashed = await self.passwords.hash(password)
        if await self.users.add(email=email, name=name, role=BUYER, password=hashed) is None:
            await self.outbox.add(Letter(self._once_an_hour(email), "already_registered", email, {}))

    def _once_an_hour(self, email: str) -> str:
        """Return the key of a mail that nobody gets twice in an hour; keys are logged, so the email is not in it."""
        return f"already_registered:{hashlib.sha256(email.encode()).hexdigest()[:32]}:{int(self.clock() // HOUR)}"

    async def login(self, *, email: str, password: str, address: str) -> SignedIn:
        """Sign in, or refuse without saying what was wrong."""
        self.limits.hit("login_address", address)
        self.limits.hit("login", email)
        user = await self.users.by_email(email)
        if not await self.passwords.check(password, user["password"] if user else None) or user is None:
            raise NotAuthenticated("the email or the password is wrong")
        token = self.tokens.issue(user_id=user["id"], email=user["email"], name=user["name"], role=user["role"])
        return SignedIn(token, self.tokens.seconds, user)

    async def profile(self, user_id: str) -> Mapping[str, Any]:
        """Return an account."""
        user = await self.users.get(user_id)
        if user is None:
            raise NotFound("there is no such account")
        return user
