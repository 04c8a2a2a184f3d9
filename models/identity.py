"""Who owns a cart or an order: an anonymous session or a user.

A session token is a secret that its browser keeps, so it is never stored: the owner is named by a digest of it.
"""

import hashlib
import re
from typing import NewType

OwnerId = NewType("OwnerId", str)
"""``u:<user id>`` or ``s:<digest of the session token>``; the id of the owner's cart, too.

``o:<place in a line>`` is nobody: the cart that holds a unit for whoever it is offered to.
"""

OFFERS = "o:"
"""How the ids of such carts begin."""

SESSION_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_SOMEBODY = re.compile(r"\b(u:[0-9a-f]{24}|s:[0-9a-f]{32})\b", re.ASCII)


def owner_of_user(user_id: str) -> OwnerId:
    """Return the owner id of a signed-in user."""
    return OwnerId(f"u:{user_id}")


def owner_of_session(token: str) -> OwnerId:
    """Return the owner id of an anonymous session (the first 128 bits of the token's SHA-256, in hex)."""
    return OwnerId("s:" + hashlib.sha256(token.encode()).hexdigest()[:32])


def owner_of_offer(waiter_id: str) -> OwnerId:
    """Return the id of the cart that holds what is offered to somebody in a line."""
    return OwnerId(OFFERS + waiter_id)


def waiter_of_offer(owner: str) -> str | None:
    """Return to whom the cart of an offer belongs, or None for anybody's own cart."""
    return owner[len(OFFERS) :] if owner.startswith(OFFERS) else None


def user_of_owner(owner: str) -> str | None:
    """Return the user id behind an owner id, or None for an anonymous one."""
    return owner[2:] if owner.startswith("u:") else None


def names_owner(text: str) -> bool:
    """Whether a text has somebody's owner id in it."""
    return _SOMEBODY.search(text) is not None
