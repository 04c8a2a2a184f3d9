"""The shop: what the wire needs of the system, in one place. Built by ``server.py`` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.administration import Administration
from ivorycart.accounts.service import Accounts
from ivorycart.accounts.standing import Identity
from ivorycart.alert_email import AlertEmail
from ivorycart.bringing import Bringing
from ivorycart.checking_out import CheckingOut
from ivorycart.checkout import Checkout
from ivorycart.connections import Connections
from ivorycart.delivering import Delivering
from ivorycart.finding.finding import Finding
from ivorycart.importing.exporting import Exporting
from ivorycart.importing.service import Importing
from ivorycart.inbox import Inbox
from ivorycart.ledger import Ledger
from ivorycart.order_desk import OrderDesk
from ivorycart.order_links import OrderLinks
from ivorycart.order_lists import OrderLists
from ivorycart.order_timelines import OrderTimelines
from ivorycart.overview.overview import Overview
from ivorycart.payments.webhooks import Webhooks
from ivorycart.pictures import Gallery
from ivorycart.rate_limits import RateLimits
from ivorycart.sales.screens import Screens
from ivorycart.selling import Selling
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.resuming import Resuming
from ivorycart.stock_work import StockWork
from ivorycart.telling import Telling
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

    async def on_show(self, limit: int) -> Sequence[Listing]:
        """Return what is on show, oldest first."""


class OrderBook(Protocol):
    """Where orders are read."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""

    async def of_buyer(self, buyer_id: str, *, limit: int, after: str | None) -> Sequence[Order]:
        """Return a page of a buyer's orders."""


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
    unpaid_orders: bool = True
    """Whether the first design's cart page, which pays nothing here, may order."""
    shipping: int = 0
    free_shipping_from: int | None = None
    stripe_publishable_key: str | None = None
    mails: bool = False
    """Whether there is a mail server, so that a page may promise a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Everything that handlers use."""

    facts: Facts
    public_url: str
    session_days: int
    """How long a sign-in lasts at the most."""
    ledger: Ledger
    checkout: Checkout
    checking_out: CheckingOut
    order_links: OrderLinks
    accounts: Accounts
    administration: Administration
    identity: Identity
    carts: CartBook
    products: ProductBook
    finding: Finding
    selling: Selling
    importing: Importing
    exporting: Exporting
    stock_work: StockWork
    orders: OrderBook
    desk: OrderDesk
    order_lists: OrderLists
    order_timelines: OrderTimelines
    gallery: Gallery
    inbox: Inbox
    board: StockBoard
    broadcaster: Broadcaster
    resuming: Resuming
    connections: Connections
    telling: Telling
    screens: Screens
    delivering: Delivering
    alert_email: AlertEmail
    waiting: WaitingRoom
    bringing: Bringing
    workers: Workers
    health: Health
    overview: Overview
    limits: RateLimits
    webhooks: Webhooks | None
    """What payment providers send, if any of them does."""
    storage_errors: tuple[type[Exception], ...]
    """What reading raises while the database cannot be reached; the driver's own, which handlers cannot name."""
