"""The feed: what the database says happened goes to the board and to the sockets that it concerns.

Pattern: one task reads the change stream. A lost history means a new snapshot for the board and for everyone.
Concurrency: a batch of thousands is taken in by slices; whoever looks at the board in between sees part of a
transaction, which cursors and versions make harmless (every part has the transaction's time).
Shutdown: cancel the task. Invariant: nothing is told to a browser that the database has not said.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from ivorycart.accounts.presence import Presence
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.releases import prolonged
from ivorycart.stock.slices import Slices
from ivorycart.telling import Telling
from ivorycart.workers import WorkerState
from models.feed import (
    AccountChanged,
    CartWritten,
    CatalogueChanged,
    Change,
    HistoryLost,
    ImportMoved,
    LevelChanged,
    NotificationAdded,
    OrderUpdated,
    SalesMoved,
    SessionEnded,
    Snapshot,
    TurnWanted,
    WaiterChanged,
    WorkQueued,
)
from models.imports import Import
from models.order import Order
from models.stock import Level
from models.waiter import WaitState

log = structlog.get_logger(__name__)


class ChangeSource(Protocol):
    """A change stream that begins at a snapshot."""

    async def open(self) -> Snapshot:
        """Read all products at one cluster time."""

    @property
    def lag(self) -> float:
        """How many seconds what was delivered last lies behind the database."""

    def batches(self) -> AsyncIterator[Sequence[Change]]:
        """Yield what followed; raise ``HistoryLost`` where that is not to be had any more."""


class SellerScreens(Protocol):
    """The dashboards that are open here; all of this is plain and never waits."""

    def sales_moved(self, change: SalesMoved) -> None:
        """Note that orders went into the figures."""

    def level_moved(self, product_id: str) -> None:
        """Note that a product's level or entry changed."""

    def everything_moved(self) -> None:
        """Note that what happened is not known."""


class Deliveries(Protocol):
    """Whoever follows the orders that are on their way; all of this is plain and never waits."""

    def order_moved(self, order: Order) -> None:
        """Note that an order changed."""

    def everything_moved(self) -> None:
        """Note that what happened is not known."""


class Follower(Protocol):
    """Whoever follows the catalogue for purposes of their own."""

    def changed(self, product_id: str) -> None:
        """Note that an entry was written, or is gone."""

    def anew(self) -> None:
        """Note that changes were missed."""


class Feed:
    """Follows the change stream."""

    def __init__(
        self,
        source: ChangeSource,
        board: StockBoard,
        broadcaster: Broadcaster,
        telling: Telling,
        presence: Presence,
        *,
        on_entry: Callable[[str], None] = lambda _product_id: None,
        screens: SellerScreens | None = None,
        deliveries: Deliveries | None = None,
        on_import: Callable[[Import], None] = lambda _job: None,
        followers: Sequence[Follower] = (),
        slices: Callable[[], Slices] = Slices,
        on_level: Callable[[str, Level], None] = lambda _product_id, _level: None,
        on_hold: Callable[[Iterable[str]], None] = lambda _product_ids: None,
        on_queued: Callable[[str], None] = lambda _queue: None,
        on_turn_wanted: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._board = board
        self._broadcaster = broadcaster
        self._telling = telling
        self._presence = presence
        self._on_entry = on_entry
        self._screens = screens
        self._deliveries = deliveries
        self._on_import = on_import
        self._followers = followers
        self._slices = slices
        self._on_level = on_level
        self._on_hold = on_hold
        self._on_queued = on_queued
        self._on_turn_wanted = on_turn_wanted
        self._opened = False
        self.gaps = 0
        """How often changes were missed, and all began anew from a snapshot."""

    @property
    def lag(self) -> float:
        """How many seconds the board lies behind the database; 0 while nothing happens and the database answers."""
        return self._source.lag

    async def open(self) -> None:
        """Fill the board, before anyone is let in."""
        self._board.start(await self._source.open())
        await self._presence.open()
        self._opened = True

    async def run(self, state: WorkerState) -> None:
        """Follow until cancelled."""
        state.lag = lambda: self.lag
        if not self._opened:
            await self._begin_anew()
        self._opened = False  # should this fail, the next run begins with a snapshot
        while True:
            try:
                async for changes in self._source.batches():
                    state.alive()
                    slices = self._slices()
                    for change in changes:
                        await self._take(change)
                        await slices.breathe()
            except HistoryLost as reason:
                log.warning("feed.history_lost", reason=str(reason)[:200])
                await self._begin_anew()

    async def _begin_anew(self) -> None:
        """Start from a snapshot. What went by unheard may have been notifications and carts, too."""
        self.gaps += 1
        self._board.start(await self._source.open())
        self._broadcaster.mark_everything()
        for follower in self._followers:
            follower.anew()
        await self._presence.open()
        await self._telling.open()
        self._telling.repeat_to_all()
        if self._screens:
            self._screens.everything_moved()
        if self._deliveries:
            self._deliveries.everything_moved()

    async def _take(self, change: Change) -> None:
        match change:
            case LevelChanged():
                self._take_level(change)
            case CatalogueChanged():
                self._take_catalogue(change)
            case SalesMoved() if self._screens:
                self._screens.sales_moved(change)
            case ImportMoved(job):
                self._on_import(job)
            case WorkQueued(queue):
                self._on_queued(queue)
            case TurnWanted():
                self._on_turn_wanted()
            case _:
                await self._tell(change)

    async def _tell(self, change: Change) -> None:
        """Pass on what concerns certain people."""
        match change:
            case CartWritten(cart):
                self._on_hold(prolonged(cart))
                await self._telling.cart(cart)
            case NotificationAdded(notification):
                await self._telling.notification(notification)
            case OrderUpdated(order):
                if self._deliveries:
                    self._deliveries.order_moved(order)
                await self._telling.order(order)
            case WaiterChanged(waiter):
                if waiter.state == WaitState.TAKEN:  # its unit is held on, by another cart and until another time
                    self._on_hold((waiter.product_id,))
                await self._telling.waiter(waiter)
            case SessionEnded():
                await self._presence.ended(change)
            case AccountChanged():
                await self._presence.changed(change)

    def _take_level(self, change: LevelChanged) -> None:
        if self._board.apply_level(change):
            self._broadcaster.mark(change.product_id)
            self._on_level(change.product_id, self._board.levels[change.product_id])
        if self._screens:
            self._screens.level_moved(change.product_id)

    def _take_catalogue(self, change: CatalogueChanged) -> None:
        for follower in self._followers:
            follower.changed(change.product_id)
        known, missed = self._board.products.get(change.product_id), self._board.was_missed(change.product_id)
        is_news = self._board.is_news(change)
        if self._screens:
            self._screens.level_moved(change.product_id)  # of whoever has it no more
        self._board.apply_catalogue(change)
        if self._screens:
            self._screens.level_moved(change.product_id)
        if is_news:
            self._broadcaster.mark_catalogue(change.product_id, self._telling.shapes.product(change))
        if change.listing is not None:
            self._broadcaster.mark(change.product_id)
        now = change.listing.product if change.listing else None
        # A price that changed can be a discount that began or ended. Products that are new are in no cart, but for one
        # that was shown sooner than this was heard.
        if missed or (known and (now != known or change.change == "price_changed")):
            self._on_entry(change.product_id)
