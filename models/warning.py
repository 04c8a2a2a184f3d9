"""Rules of warnings: how long before the end of a hold its owner is told, and under which key."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from models.alert import Notice
from models.identity import OwnerId
from models.letter import Letter

LONGEST = timedelta(seconds=60)
HOLD_EXPIRING = "hold_expiring"


class EndingHold(NamedTuple):
    """A cart whose hold ends soon. ``email`` is where its owner is written to, where they want that."""

    owner: OwnerId
    expires_at: datetime
    email: str | None = None


class EndingHolds(NamedTuple):
    """Holds of which nobody was warned yet, of a portion of all whose last one ends at ``until``."""

    holds: Sequence[EndingHold]
    until: datetime


def warning_before(hold: timedelta) -> timedelta:
    """Return how long before its end a hold is warned of: a minute, or half of a short one; nothing where it is off."""
    return LONGEST if hold > LONGEST else hold / 2


def warning_key(owner: OwnerId, expires_at: datetime) -> str:
    """Return the key of the warning of a hold: one that was prolonged has another."""
    return f"{HOLD_EXPIRING}:{owner}:{round(expires_at.timestamp() * 1000)}"


def warning_of(hold: EndingHold) -> Notice:
    """Return the one warning of a hold, with its mail where there is an address."""
    at = hold.expires_at.astimezone(UTC)
    data = {"expires_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    key = warning_key(hold.owner, hold.expires_at)
    letter = Letter(key, HOLD_EXPIRING, hold.email, data, until=hold.expires_at) if hold.email else None
    return Notice(key, hold.owner, HOLD_EXPIRING, data, letter, until=hold.expires_at)
