"""Who is told of a crossing, and under which key, so that nobody is told twice per arming."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from models.account import AuditEvent
from models.identity import OwnerId, user_of_owner
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
    letter = None
    if recipient.email:
        letter = Letter(key, kind, recipient.email, data, once=_once(crossing, recipient.owner, recipient.email, kind))
    return Notice(key, recipient.owner, kind, data, letter)


def _once(crossing: Crossing, owner: OwnerId, email: str, kind: str) -> str:
    """Return under what an address gets one mail, however many carts name it.

    An account's address is its owner's, who is told once per arming. An anonymous cart may name anybody's, and whoever
    likes can let a product fall and rise again: such an address is written to once an hour for a product.
    """
    period = crossing.arming if user_of_owner(owner) else f"{crossing.timestamp:%Y%m%dT%H}"
    digest = hashlib.sha256(email.encode()).hexdigest()[:32]
    return f"{kind}:{crossing.product_id}:{period}:{digest}"
