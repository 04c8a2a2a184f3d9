"""Shapes of administration: accounts as an admin sees them, and the audit trail."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.account import UserAnswer
from handlers.payloads.fields import Answer, Id, Moment, OneLine, Request, Time
from models.administration import AccountState
from models.roles import Role


class UserListQuery(Request):
    """Which accounts to list; ``q`` is the beginning of an address or of a name, or an id."""

    q: Annotated[OneLine, Field(min_length=1, max_length=254)] | None = None
    role: Role | None = None
    state: AccountState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class AuditEventQuery(Request):
    """Which events to list: about an account, of a kind, done or failed, from one moment to another."""

    user_id: Id | None = None
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None
    ok: Literal["true", "false"] | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class RoleBody(Request):
    """What somebody is to be."""

    role: Role


class DisableBody(Request):
    """Why somebody is kept out; it stands in the audit trail."""

    reason: Annotated[OneLine, Field(min_length=1, max_length=500)]


class AdminUser(UserAnswer):
    """An account. A ``waiting`` one has not proved its address; a ``deleted`` one has neither name nor address left."""

    state: AccountState
    created_at: Time | None
    activated_at: Time | None
    disabled_at: Time | None
    deleted_at: Time | None


class AdminUserList(Answer):
    """A page of accounts, newest first."""

    items: list[AdminUser]
    next: Id | None


class AdminSession(Answer):
    """Where somebody is signed in."""

    id: Id
    device: str
    address: str
    created_at: Time
    last_used_at: Time
    expires_at: Time


class AuditEventAnswer(Answer):
    """Something that happened around an account: whose it is, who did it, from where; what of it is known."""

    id: Id
    at: Time
    kind: str
    ok: bool
    user_id: Id | None
    actor_id: Id | None
    email: str | None
    address: str | None
    device: str | None
    detail: dict[str, object]


class AuditEventList(Answer):
    """A page of the audit trail, newest first."""

    items: list[AuditEventAnswer]
    next: Id | None


class AdminUserDetail(AdminUser):
    """An account, where it is signed in, and its last twenty sign-ins, failed ones included."""

    sessions: list[AdminSession]
    sign_ins: list[AuditEventAnswer]
