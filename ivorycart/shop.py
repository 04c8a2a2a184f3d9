"""The shop: what the wire needs of the system, in one place. Built by ``server.py`` alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ivorycart.accounts.administration import Administration
from ivorycart.accounts.service import Accounts
from ivorycart.accounts.standing import Identity
from ivorycart.checkout import Checkout
from ivorycart.connections import Connections
from ivorycart.ledger import Ledger
from ivorycart.rate_limits import RateLimits
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.resuming import Resuming
from ivorycart.telling import NotificationBook, Telling
from ivorycart.waiting import WaitingRoom
from ivorycart.workers import Workers
from models.cart import Cart
from models.catalogue import Listing
from models.identity import OwnerId
from models.order import Order


class CartBook(Protocol):
    """Where carts are read."""

    async def get(self, owner: OwnerId) -> Cart:
        """Return an owner's cart."""


class ProductBook(Protocol):
    """Where the catalogue is read."""

    async def get(self, product_id: str) -> Listing | None:
        """Return an entry, on show or not."""

    async def page(self, *, limit: int, after: str | None, category: str | None) -> Sequence[Listing]:
        """Return a page of what is on show."""

    async def categories(self) -> Mapping[str, int]:
        """Return how many products on show each category has."""

    async def movements(self, product_id: str, *, limit: int, before: int | None) -> Sequence[Mapping[str, Any]]:
        """Return movements of a product, newest first."""


class OrderBook(Protocol):
    """Where orders are read."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""

    async def of_buyer(self, buyer_id: str, *, limit: int, after: str | None) -> Sequence[Order]:
        """Return a page of a buyer's orders."""


class Picture(Protocol):
    """A stored picture."""

    @property
    def content(self) -> bytes:
        """Its bytes."""

    @property
    def content_type(self) -> str:
        """What kind of picture it is."""


class ImageBook(Protocol):
    """Where pictures are."""

    async def get(self, image_id: str) -> Picture | None:
        """Return a picture."""


class Health(Protocol):
    """Whether the database can serve."""

    async def ping(self) -> None:
        """Return if a primary answers, raise otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page may know of the shop's settings."""

    demo: bool
    currency: str
    hold_seconds: int
    low_stock_threshold: int
    guest_checkout: bool
    activation_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Everything that handlers use."""

    facts: Facts
    public_url: str
    session_days: int
    """How long a sign-in lasts at the most."""
    ledger: Ledger
    checkout: Checkout
    accounts: Accounts
    administration: Administration
    identity: Identity
    carts: CartBook
    products: ProductBook
    orders: OrderBook
    images: ImageBook
    notifications: NotificationBook
    board: StockBoard
    broadcaster: Broadcaster
    resuming: Resuming
    connections: Connections
    telling: Telling
    waiting: WaitingRoom
    workers: Workers
    health: Health
    limits: RateLimits
    storage_errors: tuple[type[Exception], ...]
    """What reading raises while the database cannot be reached; the driver's own, which handlers cannot name."""
