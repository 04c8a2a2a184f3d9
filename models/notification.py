"""What a person or a cart has been told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from models.alert import Notice
from models.identity import OwnerId


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing told to one owner; ``data`` depends on ``kind`` and is shown as it is.

    ``open``: it tells of an offer that was neither taken nor given up nor has run out, as far as is known.
    """

    id: str
    to: OwnerId
    kind: str
    data: Mapping[str, Any]
    at: datetime
    seen: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationQuery:
    """Which notifications of somebody to list, newest first, after an id."""

    seen: bool | None = None
    kind: str | None = None
    limit: int = 50
    after: str | None = None


class DueNotice(NamedTuple):
    """A notice that is still to be written among its owner's notifications, and since when."""

    notice: Notice
    at: datetime
