"""Screens: the dashboards that sockets of this process have open, kept up to date.

Pattern: the feed marks what moved (plain, never waits); one task looks a few times a second. A screen is all sockets
that watch the same dashboard. Its figures are computed anew only if something moved, at most twice a second and so
seldom that it takes a small part of the time; what is sent are the figures that moved, as absolute values. Levels and
orders go to all screens of a seller, conflated by the tick. Every few seconds what moves with time alone is looked at.

Invariants: whoever watches has, after any message, figures as they were at one moment, and in the end those of the
last: a screen computes, sends, and lets others in, one after the other (its lock), and what it sent last is what all of
its sockets have. Concurrency: one event loop; ``watch`` and the task take turns by the lock. Shutdown: cancel ``run``;
whoever comes back asks for everything anew.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivorycart.connections import Connection, Connections, Outlet
from ivorycart.sales.audience import Audience
from ivorycart.sales.dashboards import Asked, Dashboard, Dashboards
from ivorycart.sales.moved import moved
from ivorycart.sales.news import Payload, SellerNews, Shapes
from ivorycart.workers import WorkerState
from models.errors import NotAuthenticated
from models.feed import SalesMoved
from models.sales_periods import Mark

TICK = 0.25
PACE = 0.5
AGEING = 5.0  # seconds after which what moves with time alone is looked at
SHARE = 10  # a screen is computed for at most one in so many seconds


@dataclass(slots=True)
class _Screen:
    asked: Asked
    audience: Audience
    last: dict[str, Any] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    generation: str | None = None
    """Of which count the orders are that it shows."""
    dirty: bool = False
    anew: bool = False
    due_at: float = 0.0
    looked_at: float = 0.0


class Screens:
    """The open dashboards of one process."""

    def __init__(
        self,
        dashboards: Dashboards,
        connections: Connections,
        outlet: Outlet,
        shapes: Shapes,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dashboards = dashboards
        self._connections = connections
        self._outlet = outlet
        self._shapes = shapes
        self._clock = clock
        self._screens: dict[Asked, _Screen] = {}
        self._news: dict[str, SellerNews] = {}
        self._opened = asyncio.Event()

    async def show(self, asked: Asked) -> dict[str, Any]:
        """Return a dashboard as of now, as it looks on the wire."""
        return self._shapes.dashboard(await self.dashboards.read(asked))

    async def watch(self, connection: Connection, asked: Asked) -> dict[str, Any]:
        """Have a socket watch a dashboard, instead of what it watched before; return it as of now."""
        if connection.user is None:
            raise NotAuthenticated("sign in first")
        for each in tuple(self._screens.values()):
            await each.audience.leave(connection.sid)
        screen = self._screen(asked)
        screen.audience.expect(connection)  # at once, so that nobody closes the screen meanwhile
        async with screen.lock:
            await screen.audience.enter(connection)  # before it is computed: what moves from here on is heard
            if asked.seller_id not in self._news:
                self._news[asked.seller_id] = SellerNews(asked.seller_id, self.dashboards, self._shapes)
            self._opened.set()
            return self._shapes.dashboard(await self._compute(screen, with_orders=True))

    def _screen(self, asked: Asked) -> _Screen:
        if asked not in self._screens:
            room = f"seller:{':'.join(asked)}"
            audience = Audience(asked.seller_id, room, self._connections, self._outlet)
            self._screens[asked] = _Screen(asked, audience)
        return self._screens[asked]

    def sales_moved(self, change: SalesMoved) -> None:
        """Note that orders of some sellers went into the figures, or that all were counted anew."""
        if change.sellers is None:
            self._counted_anew(change.generation)
        for seller_id in change.sellers or ():
            if seller_id in self._news:
                self._news[seller_id].orders_moved()
                self._mark(seller_id)

    def _counted_anew(self, generation: str) -> None:
        """Have shown anew what was not read from these figures yet; who came just now may have read them already."""
        for news in self._news.values():
            if news.mark and news.mark.generation != generation:
                news.mark = None
        for screen in self._screens.values():
            if screen.generation != generation:
                screen.dirty = screen.anew = True

    def level_moved(self, product_id: str) -> None:
        """Note that a product's level or entry changed."""
        seller_id = self.dashboards.board.shelves.seller_of(product_id) if self._news else None
        if seller_id in self._news:
            self._news[seller_id].level_moved(product_id)
            self._mark(seller_id)

    def everything_moved(self) -> None:
        """Have every screen shown anew: what happened meanwhile is not known."""
        for seller_id, news in self._news.items():
            news.missed()
            self._mark(seller_id, anew=True)

    def _mark(self, seller_id: str, *, anew: bool = False) -> None:
        for screen in self._screens.values():
            if screen.asked.seller_id == seller_id:
                screen.dirty = True
                screen.anew |= anew

    async def run(self, state: WorkerState | None = None) -> None:
        """Keep the screens up to date until cancelled."""
        while True:
            await self._opened.wait()
            await self.tick()
            if state:
                state.alive()
            if not self._screens:
                self._opened.clear()
            await asyncio.sleep(TICK)

    async def tick(self) -> None:
        """Send what is due."""
        await self._close_empty()
        for news in tuple(self._news.values()):
            await self._tell(news)
        for screen in tuple(self._screens.values()):
            now = self._clock()
            if now >= screen.due_at and (screen.dirty or now - screen.looked_at >= AGEING):
                await self._refresh(screen)

    async def _refresh(self, screen: _Screen) -> None:
        async with screen.lock:
            anew, screen.anew, screen.dirty = screen.anew, False, False
            try:
                dashboard = await self._compute(screen, with_orders=anew)
                if anew:
                    payload = {**self._shapes.dashboard(dashboard), "complete": True}
                    await screen.audience.broadcast("seller:metrics", payload)
            except BaseException:
                screen.dirty, screen.anew = True, screen.anew or anew
                raise

    async def _compute(self, screen: _Screen, *, with_orders: bool) -> Dashboard:
        """Read the figures, and tell those who watch already which of them moved."""
        began = self._clock()
        screen.looked_at = began
        dashboard = await self.dashboards.read(screen.asked, with_orders=with_orders)
        figures = self._shapes.dashboard(dashboard)
        del figures["orders"]
        if screen.last and (news := moved(screen.last, figures)):
            await screen.audience.broadcast("seller:metrics", {**news, "complete": False})
        screen.last = figures
        if with_orders and dashboard.sales.mark:
            self._note_mark(screen, dashboard.sales.mark)
        screen.due_at = began + max(PACE, (self._clock() - began) * SHARE)
        return dashboard

    def _note_mark(self, screen: _Screen, mark: Mark) -> None:
        """Note up to where orders were shown; one of two counts was read before the other, and nobody knows which."""
        screen.generation = mark.generation
        news = self._news.get(screen.asked.seller_id)
        if news and news.mark and news.mark.generation != mark.generation:
            news.mark = None
            self._mark(news.seller_id, anew=True)
        elif news:
            news.mark = news.mark or mark

    async def _tell(self, news: SellerNews) -> None:
        """Send levels and orders to all screens of a seller; where that fails, all is told again."""
        orders = await news.orders()
        items = news.levels()
        try:
            await self._send(news, items, orders)
        except BaseException:
            news.untold()
            self._mark(news.seller_id, anew=True)
            raise

    async def _send(self, news: SellerNews, items: Sequence[Payload], orders: Sequence[Payload]) -> None:
        for screen in tuple(self._screens.values()) if items or orders else ():
            if screen.asked.seller_id != news.seller_id:
                continue
            if items:
                await screen.audience.broadcast("seller:stock", {"seller_id": news.seller_id, "items": items})
            for order in orders:
                await screen.audience.broadcast("seller:order", {"seller_id": news.seller_id, "order": order})

    async def _close_empty(self) -> None:
        """Close screens that nobody watches any more."""
        for screen in tuple(self._screens.values()):
            await screen.audience.prune()
            if not screen.audience and not screen.lock.locked():
                self._screens.pop(screen.asked, None)
        for seller_id in self._news.keys() - {asked.seller_id for asked in self._screens}:
            del self._news[seller_id]

    @property
    def watched(self) -> Collection[str]:
        """The sellers whose dashboards are open here."""
        return self._news.keys()
