"""Who did something to a product, as those may know it who ask. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.errors import Invalid
from models.identity import names_owner, owner_of_user, user_of_owner
from models.stock import ChangeType

STOCK_WORK = frozenset((ChangeType.RESTOCK.value, ChangeType.ADJUSTMENT.value))
"""What sellers and admins do; everything else comes of what people buy."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, somebody's anonymous cart, or the shop itself; what whoever asks may not know is None."""

    kind: Literal["user", "cart", "system"]
    id: str | None = None
    name: str | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether it was somebody whom whoever asks may not know."""
        return self.kind != "system" and self.id is None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. An admin may know everybody; a seller themself and who works on their products, but no buyer."""

    user_id: str
    is_admin: bool

    def check_asked(self, raw: str | None) -> None:
        """Refuse to look for what somebody did whom whoever asks may not know; one who does not exist, too."""
        if raw is None or self.is_admin or raw == owner_of_user(self.user_id) or not names_owner(raw):
            return
        problem = {"pointer": "/actor", "detail": "must be yourself, or a part of the shop"}
        raise Invalid("the request is not valid", errors=[problem])


def actor_of(raw: str, names: Mapping[str, str], viewer: Viewer, *, staff: bool) -> Actor:
    """Tell an actor; ``staff`` says that what they did is done by sellers and admins alone."""
    user_id = user_of_owner(raw)
    if user_id is not None:
        may_know = viewer.is_admin or staff or user_id == viewer.user_id
        return Actor("user", user_id, names.get(user_id)) if may_know else Actor("user")
    if raw.startswith("s:"):
        return Actor("cart", raw[2:] if viewer.is_admin else None)
    return Actor("system", None, raw or None)
