"""All that people do with their accounts, in one place for the wire."""

from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.profiles import Profiles
from ivorycart.accounts.recovering import Recovering
from ivorycart.accounts.registering import Registering
from ivorycart.accounts.sessions import LoginSessions
from ivorycart.accounts.signing_in import SigningIn
from models.account import Account


class AccountBook(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The rooms of the accounts."""

    book: AccountBook
    registering: Registering
    signing_in: SigningIn
    sessions: LoginSessions
    recovering: Recovering
    profiles: Profiles
