"""Who is told of a crossing, and under which key, so that nobody is told twice per arming."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from models.account import AuditEvent
from models.identity import OwnerId
from models.letter import Letter
from models.stock import Crossing


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be told: an owner, and where their mail goes."""

    owner: OwnerId
    email: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification to be written under its unique key, with its mail; after ``until`` it is repeated to nobody."""

    key: str
    to: OwnerId
    kind: str
    data: Mapping[str, Any]
    letter: Letter | None
    until: datetime | None = None


class Told(NamedTuple):
    """What is written beside an act, because of it: to whom it is told, and what the audit trail says."""

    notice: Notice | None = None
    event: AuditEvent | None = None


def notice_for(crossing: Crossing, recipient: Recipient, role: Literal["cart", "seller"]) -> Notice:
    """Make the one notice that a recipient gets of a product per arming."""
    key = f"low_stock:{crossing.product_id}:{crossing.arming}:{role}:{recipient.owner}"
    data = {
        "product_id": crossing.product_id,
        "name": crossing.name,
        "available": crossing.available,
        "threshold": crossing.threshold,
    }
    kind = "low_stock_seller" if role == "seller" else "low_stock"
    letter = Letter(key, kind, recipient.email, data) if recipient.email else None
    return Notice(key, recipient.owner, kind, data, letter)
