"""The overview over HTTP: the dashboard, health, audits, and the outbox."""

from typing import Any

from handlers import shapes
from handlers.payloads.admin_dashboard import (
    AdminDashboard,
    AdminEmail,
    AdminEmailList,
    AdminHealth,
    AuditState,
    DashboardQuery,
    EmailListQuery,
)
from handlers.routing import Call, Routes
from models.administration import Actor
from models.errors import NotFound
from models.outbox import EmailEntry, EmailQuery
from models.roles import Permission

MAIL_ID_LENGTH = 300

admin_dashboard_routes = Routes()


@admin_dashboard_routes.add(
    "GET", "/api/admin/dashboard", needs=Permission.WATCH_SHOP, answer=AdminDashboard, query=DashboardQuery
)
async def admin_dashboard(call: Call) -> Any:
    """Return how the whole shop is doing; a part that cannot be read within two seconds says so for itself."""
    return shapes.plain(await call.shop.overview.dashboard.snapshot(call.query.period))


@admin_dashboard_routes.add("GET", "/api/admin/health", needs=Permission.WATCH_SHOP, answer=AdminHealth)
async def admin_health(call: Call) -> Any:
    """Return how each process, its workers, the database, the change stream and the mail server are."""
    return shapes.plain(await call.shop.overview.health.now())


@admin_dashboard_routes.add("GET", "/api/admin/audit", needs=Permission.WATCH_SHOP, answer=AuditState)
async def audit_state(call: Call) -> Any:
    """Return what the last audit of the database found, and whether one runs now."""
    return shapes.plain(await call.shop.overview.audits.state())


@admin_dashboard_routes.add(
    "POST",
    "/api/admin/audit",
    needs=Permission.WATCH_SHOP,
    answer=AuditState,
    status=202,
    refusals=("conflict",),
)
async def start_audit(call: Call) -> Any:
    """Start an audit of the database in the background; one at a time."""
    return shapes.plain(await call.shop.overview.audits.start(Actor(call.me.id, call.visitor)))


@admin_dashboard_routes.add(
    "GET", "/api/admin/emails", needs=Permission.WATCH_SHOP, answer=AdminEmailList, query=EmailListQuery
)
async def list_emails(call: Call) -> Any:
    """Return a page of the outbox, newest first: what became of each mail, not what it says."""
    asked = call.query
    query = EmailQuery(state=asked.state, to=asked.to, kind=asked.kind, limit=asked.limit, after=asked.after)
    entries = await call.shop.overview.outbox.page(query)
    return {
        "items": [_email(entry) for entry in entries],
        "next": entries[-1].id if len(entries) == asked.limit else None,
    }


@admin_dashboard_routes.add(
    "POST",
    "/api/admin/emails/{mail_id}/resend",
    needs=Permission.WATCH_SHOP,
    answer=AdminEmail,
    refusals=("not_found", "conflict"),
)
async def resend_email(call: Call) -> Any:
    """Have a mail sent again that was sent, given up or set aside; not one whose link has run out."""
    mail_id = call.path["mail_id"]
    if len(mail_id) > MAIL_ID_LENGTH or not mail_id.isprintable():
        raise NotFound("there is no such mail")
    return _email(await call.shop.overview.outbox.resend(mail_id, Actor(call.me.id, call.visitor)))


def _email(entry: EmailEntry) -> shapes.Payload:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "to": entry.to,
        "state": entry.state,
        "tries": entry.tries,
        "error": entry.error,
        "created_at": shapes.time(entry.created_at),
        "due": shapes.time(entry.due),
        "sent_at": shapes.time(entry.sent_at),
    }
