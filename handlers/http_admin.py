"""Administration over HTTP: the accounts of others, and the audit trail."""

from typing import Any

from handlers import shapes
from handlers.payloads.admin import (
    AdminUser,
    AdminUserDetail,
    AdminUserList,
    AuditEventList,
    AuditEventQuery,
    DisableBody,
    RoleBody,
    UserListQuery,
)
from handlers.routing import Call, Routes
from models.account import Account, LoginSession
from models.administration import Actor, AuditEntry, AuditQuery, UserQuery, state_of
from models.roles import Permission

REFUSALS = ("not_found", "conflict")

admin_routes = Routes()


@admin_routes.add("GET", "/api/admin/users", needs=Permission.MANAGE_USERS, answer=AdminUserList, query=UserListQuery)
async def list_users(call: Call) -> Any:
    """Return a page of accounts, newest first."""
    asked = call.query
    query = UserQuery(search=asked.q, role=asked.role, state=asked.state, limit=asked.limit, after=asked.after)
    accounts = await call.shop.administration.page(query)
    return {
        "items": [_user(account) for account in accounts],
        "next": accounts[-1].id if len(accounts) == asked.limit else None,
    }


@admin_routes.add("GET", "/api/admin/users/{user_id}", needs=Permission.MANAGE_USERS, answer=AdminUserDetail)
async def get_user(call: Call) -> Any:
    """Return an account, where it is signed in, and its last sign-ins."""
    detail = await call.shop.administration.detail(call.id("user_id"))
    return {
        **_user(detail.account),
        "sessions": [_session(each) for each in detail.sessions],
        "sign_ins": [_event(each) for each in detail.sign_ins],
    }


@admin_routes.add(
    "PUT",
    "/api/admin/users/{user_id}/role",
    needs=Permission.MANAGE_USERS,
    answer=AdminUser,
    body=RoleBody,
    refusals=REFUSALS,
)
async def change_role(call: Call) -> Any:
    """Give somebody another role; it counts at once, on open sockets, too. Not one's own, nor the last admin's."""
    account = await call.shop.administration.change_role(call.id("user_id"), call.body.role, _actor(call))
    return _user(account)


@admin_routes.add(
    "PUT",
    "/api/admin/users/{user_id}/disable",
    needs=Permission.MANAGE_USERS,
    answer=AdminUser,
    body=DisableBody,
    refusals=REFUSALS,
)
async def disable_user(call: Call) -> Any:
    """Keep somebody out until further notice; they are signed out everywhere at once."""
    return _user(await call.shop.administration.disable(call.id("user_id"), call.body.reason, _actor(call)))


@admin_routes.add(
    "PUT",
    "/api/admin/users/{user_id}/enable",
    needs=Permission.MANAGE_USERS,
    answer=AdminUser,
    refusals=REFUSALS,
)
async def enable_user(call: Call) -> Any:
    """Let somebody in again who was kept out."""
    return _user(await call.shop.administration.enable(call.id("user_id"), _actor(call)))


@admin_routes.add(
    "DELETE", "/api/admin/users/{user_id}", needs=Permission.MANAGE_USERS, answer=AdminUser, refusals=REFUSALS
)
async def delete_user(call: Call) -> Any:
    """Delete an account for good: nameless at once, and what else names its owner is gone some moments later.

    Orders and the ledger stay, without names; what a seller has on show is withdrawn.
    """
    return _user(await call.shop.administration.delete(call.id("user_id"), _actor(call)))


@admin_routes.add(
    "GET", "/api/admin/audit-events", needs=Permission.MANAGE_USERS, answer=AuditEventList, query=AuditEventQuery
)
async def audit_events(call: Call) -> Any:
    """Return a page of sign-ins, failed or not, and acts upon accounts, newest first."""
    asked = call.query
    query = AuditQuery(
        user_id=asked.user_id,
        kind=asked.kind,
        ok=None if asked.ok is None else asked.ok == "true",
        since=asked.since,
        until=asked.until,
        limit=asked.limit,
        after=asked.after,
    )
    entries = await call.shop.administration.audit_events(query)
    return {
        "items": [_event(each) for each in entries],
        "next": entries[-1].id if len(entries) == asked.limit else None,
    }


def _actor(call: Call) -> Actor:
    return Actor(call.me.id, call.visitor)


def _user(account: Account) -> shapes.Payload:
    return {
        **shapes.user(account),
        "state": state_of(account),
        "created_at": shapes.time(account.created_at),
        "activated_at": shapes.time(account.activated_at),
        "disabled_at": shapes.time(account.disabled_at),
        "deleted_at": shapes.time(account.deleted_at),
    }


def _session(session: LoginSession) -> shapes.Payload:
    shown = shapes.login_session(session, current="")
    del shown["current"]
    return shown


def _event(entry: AuditEntry) -> shapes.Payload:
    event = entry.event
    return {
        "id": entry.id,
        "at": shapes.time(entry.at),
        "kind": event.kind,
        "ok": event.ok,
        "user_id": event.user_id,
        "actor_id": event.actor_id,
        "email": event.email,
        "address": event.visitor.address if event.visitor else None,
        "device": event.visitor.device if event.visitor else None,
        "detail": dict(event.detail),
    }
