"""The outbox as an admin sees it: mails with what became of them, never what they say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.account import AuditEvent
from models.administration import Actor
from models.errors import Conflict

EmailState = Literal["pending", "sent", "dead", "unsent", "unaddressed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailEntry:
    """A mail of the outbox. ``due`` is when it is tried next, or was to be tried; ``error`` why it failed last."""

    id: str
    kind: str
    to: str
    state: EmailState
    tries: int
    error: str | None
    created_at: datetime
    due: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailQuery:
    """Which mails to list, newest first, after an id."""

    state: EmailState | None = None
    to: str | None = None
    kind: str | None = None
    limit: int = 50
    after: str | None = None


def judge_resend(entry: EmailEntry, *, link_is_good: bool) -> None:
    """Raise Conflict for a mail that is on its way already, or whose link nobody could use any more."""
    if entry.state in {"pending", "unaddressed"}:
        raise Conflict("this mail is on its way already")
    if not entry.to:
        raise Conflict("this mail has no address any more")
    if not link_is_good:
        raise Conflict("the link in this mail is used or has run out: whoever needs one has to ask for it")


def resent(entry: EmailEntry, actor: Actor, *, refused: str | None = None) -> AuditEvent:
    """Return the line of the audit trail for a mail sent again, or ``refused`` for that reason; it names no address."""
    detail = {"mail": entry.id, "kind": entry.kind, "before": entry.state}
    if refused:
        detail["refused"] = refused
    return AuditEvent(
        kind="resend_email", ok=refused is None, actor_id=actor.user_id, visitor=actor.visitor, detail=detail
    )
