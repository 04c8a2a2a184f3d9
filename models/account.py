"""An account, its sessions, and what happened around it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from models.roles import Role

Purpose = Literal["activation", "reset", "email_change"]
RequestKind = Literal["registration", "activation", "reset", "email_change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who can sign in. ``password`` is a hash; a deleted account has neither it nor an address left."""

    id: str
    email: str
    name: str
    role: Role
    password: str
    created_at: datetime | None = None
    activated_at: datetime | None = None
    disabled_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def barred(self) -> bool:
        """Whether nobody may act as this account any more, whatever they have in hand."""
        return self.disabled_at is not None or self.deleted_at is not None


def digest(secret: str) -> str:
    """Return a digest by which a long random secret, or a hash, is known again without being kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: a network address, and the device as it calls itself."""

    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Lasting:
    """How many days a session lasts at the most, and how many without being used."""

    days: int
    idle_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """One sign-in on one device, for as long as it is refreshed."""

    id: str
    user_id: str
    visitor: Visitor
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """Something to be done about an address after it was asked for, so that the answer cannot show what it is.

    ``id`` is also the id of the token that comes of it; ``age`` is how many seconds ago it was asked for, as it was
    read.
    """

    id: str
    kind: RequestKind
    email: str
    data: Mapping[str, Any] = field(default_factory=dict)
    age: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """A line of the audit trail: a sign-in, failed or not, or an act upon an account.

    ``user_id`` is whose account it is about, ``actor_id`` who did it; either may be unknown.
    """

    kind: str
    ok: bool = True
    user_id: str | None = None
    actor_id: str | None = None
    email: str | None = None
    visitor: Visitor | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
