"""Administration: what may be done to an account, by whom, and what is kept of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from models.account import Account, AuditEvent, Visitor
from models.errors import Conflict, Forbidden
from models.roles import Role

AccountState = Literal["active", "waiting", "disabled", "deleted"]
ActKind = Literal["change_role", "disable", "enable", "activate", "delete"]

DELETED_NAME = "Deleted account"


def deleted_email(user_id: str) -> str:
    """Return the address that stands in for a deleted account's: unique, and none that mail reaches (RFC 2606)."""
    return f"deleted-{user_id}@deleted.invalid"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an admin, or without an id an operator at the command line."""

    user_id: str | None
    visitor: Visitor | None = None


OPERATOR = Actor(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done to somebody's account: a new ``role``, or a ``reason`` to disable it, where that is what it is."""

    kind: ActKind
    role: Role | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.role is None) == (self.kind == "change_role"):
            raise ValueError("a change of role names one, and nothing else does")

    @property
    def ending(self) -> str | None:
        """Why sessions end by it, if they do; enabling ends those that began while the account was being disabled."""
        return {"disable": "account_disabled", "enable": "account_disabled", "delete": "account_deleted"}.get(self.kind)

    def takes_admin(self, account: Account) -> bool:
        """Whether there is an admin less afterwards who can sign in."""
        taken = self.kind in {"disable", "delete"} or (self.kind == "change_role" and self.role != "admin")
        return taken and account.role == "admin" and state_of(account) == "active"


def state_of(account: Account) -> AccountState:
    """Return what an account can do: an active one signs in, a waiting one still has to prove its address."""
    if account.deleted_at is not None:
        return "deleted"
    if account.disabled_at is not None:
        return "disabled"
    return "active" if account.activated_at is not None else "waiting"


def judge(act: Act, account: Account, actor: Actor, *, other_admins: int) -> AuditEvent | None:
    """Return how an act is noted, or None where it changes nothing; raise Forbidden or Conflict where it must not be.

    ``other_admins`` counts the active admins beside this account.
    """
    if state_of(account) not in _FITTING[act.kind]:
        raise Conflict(f"this account is {state_of(account)}")
    if act.role == account.role:
        return None
    if actor.user_id == account.id and act.kind in {"change_role", "disable", "delete"}:
        raise Forbidden("this is your own account: ask another admin")
    if act.takes_admin(account) and not other_admins:
        raise Conflict("this is the last admin: make somebody else one first")
    return noted(act, account, actor)


_FITTING: dict[ActKind, set[AccountState]] = {
    "change_role": {"active", "waiting", "disabled"},
    "disable": {"active", "waiting"},
    "enable": {"disabled"},
    "activate": {"waiting"},
    "delete": {"active", "waiting", "disabled"},
}


def noted(act: Act, account: Account, actor: Actor, *, refused: str | None = None) -> AuditEvent:
    """Return the line of the audit trail for an act, done or ``refused`` for that reason; it names no address."""
    detail: dict[str, Any] = {"by": "admin" if actor.user_id else "operator"}
    if act.role:
        detail |= {"before": account.role, "after": act.role}
    if act.reason:
        detail["reason"] = act.reason
    if refused:
        detail["refused"] = refused
    return AuditEvent(
        kind=act.kind,
        ok=refused is None,
        user_id=account.id,
        actor_id=actor.user_id,
        visitor=actor.visitor,
        detail=detail,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuery:
    """Which accounts to list, newest first, after an id.

    ``search`` is the beginning of an address or of a name, or an id.
    """

    search: str | None = None
    role: Role | None = None
    state: AccountState | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which events to list, newest first, after an id; ``since`` and ``until`` are the first and the last moment."""

    user_id: str | None = None
    kind: str | None = None
    ok: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event as the audit trail has it."""

    id: str
    at: datetime
    event: AuditEvent


@dataclass(frozen=True, slots=True)
class Erasure:
    """An account that is being erased: the addresses by which it was known, and whether this is the last round."""

    user_id: str
    emails: tuple[str, ...]
    deleted_at: datetime
    last: bool
