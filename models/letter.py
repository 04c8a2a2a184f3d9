"""Mail that must go out because something was committed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.identity import OwnerId

# Kinds of mails that are about somebody's account, and not about an order or a product.
ACCOUNT_KINDS: tuple[str, ...] = (
    "activate",
    "activate_anew",
    "already_registered",
    "confirm_email",
    "email_changed",
    "password_changed",
    "reset_password",
)


UNADDRESSED = ""
"""Where a letter goes to whose ``owner`` has an account: their address is looked up when they are told."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent once: ``key`` is unique for its cause, so writing it again changes nothing.

    ``data`` is what the template of this ``kind`` needs, or refers to (an order id, say). After ``until`` it is not
    worth sending any more; None is for ever. With an ``owner`` it is told them in the shop, too, under the same key.
    Of letters with the same ``once`` only the first is written.
    """

    key: str
    kind: str
    to: str
    data: Mapping[str, Any]
    until: datetime | None = None
    owner: OwnerId | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter on its way: ``tries`` counts how often it was taken up, this time included."""

    key: str
    kind: str
    to: str
    data: Mapping[str, Any]
    tries: int
    owner: OwnerId | None = None
