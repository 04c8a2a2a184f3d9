"""What a person or a cart has been told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
