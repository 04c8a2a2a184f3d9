"""One client of the load, over all of its connections, and the account that it may act for."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivorycart.load.client import SocketIOClient
from ivorycart.load.sights import Sight


@dataclass(slots=True, eq=False)
class Account:
    """A buyer's account, shared by its sockets; the token is replaced before it runs out."""

    email: str
    token: str


class Seat:
    """One client of the load, over all of its connections."""

    __slots__ = (
        "account", "awaits", "blamed", "came_at", "client", "cursor", "entering_at", "left_at", "number", "refused",
        "resumed", "session", "sight", "signed", "stalls", "tries",
    )  # fmt: skip

    def __init__(self, number: int, sight: Sight, *, account: Account | None = None, stalls: bool = False) -> None:
        self.number = number
        self.sight = sight
        self.account = account
        self.stalls = stalls
        self.client: SocketIOClient | None = None
        self.cursor = self.session = ""
        self.signed = ""  # the token that this connection was let in with
        self.refused = ""  # the token that it was not let in with: it comes back without one
        self.left_at = 0.0  # 0: never connected before
        self.came_at = 0.0  # its last welcome
        self.entering_at = 0.0  # its last attempt to connect
        self.awaits: Mapping[str, int] | None = None  # versions that it has to hear to be equal, once it is back
        self.resumed = False
        self.tries = 0
        self.blamed: set[str] | None = None  # kinds of faults that this client has met

    @property
    def token(self) -> str:
        """The token to show at the door; none for a guest, or where the present one was refused."""
        return self.account.token if self.account and self.account.token != self.refused else ""

    @property
    def may_order(self) -> bool:
        """Whether it is a guest's, or signed in."""
        return self.account is None or bool(self.signed)

    @property
    def has_caught_up(self) -> bool:
        """Whether it has heard what it awaits."""
        levels = self.sight.levels
        return all(
            (known := levels.get(product_id)) is not None and known.version >= version
            for product_id, version in (self.awaits or {}).items()
        )

    def auth(self) -> dict[str, str] | None:
        """Return what it says when it comes (back)."""
        known = {"session": self.session, "token": self.token, "since": self.cursor}
        return {name: value for name, value in known.items() if value} or None
