"""Screens: the dashboards that sockets of this process have open, kept up to date.

Pattern: the feed marks what moved (plain, never waits); one task looks a few times a second. A screen is all sockets
that watch the same dashboard. Its figures are computed anew only if something moved, at most twice a second and so
seldom that it takes a small part of the time; what is sent are the figures that moved, as absolute values. Levels and
orders go to all screens of a seller, conflated by the tick. Every few seconds what moves with time alone is looked at.

Invariants: whoever watches has, after any message, figures as they were at one moment, and in the end those of the
last: a screen computes, sends, and lets others in, one after the other (its lock), and what it sent last is what all of
its sockets have. Before anything is sent, those who may not see it any more are taken out: whose token ran out, who
signed out, whose role changed. Concurrency: one event loop; ``watch`` and the task take turns by the lock. Shutdown:
cancel ``run``; whoever comes back asks for everything anew.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivorycart.connections import Connection, Connections, Outlet, User
from ivorycart.selling.dashboards import Asked, Dashboard, Dashboards, Part, Stocked, may_see, part_of
from ivorycart.selling.moved import moved
from ivorycart.stock.shelves import State
from ivorycart.workers import WorkerState
from models.errors import NotAuthenticated
from models.feed import SalesMoved
from models.sales_periods import Mark

TICK = 0.25
PACE = 0.5
AGEING = 5.0  # seconds after which what moves with time alone is looked at
SHARE = 10  # a screen is computed for at most one in so many seconds
ORDERS = 100  # at most so many are told of in a tick, the latest; figures count the others
LEVELS = 500

Payload = Mapping[str, Any]


class Shapes(Protocol):
    """How dashboards look on the wire; the handlers know."""

    def dashboard(self, dashboard: Dashboard) -> dict[str, Any]:
        """Show a dashboard."""

    def order(self, part: Part) -> Payload:
        """Show a seller's part of an order."""

    def stock(self, stocked: Stocked, crossed: State | None) -> Payload:
        """Show a level, and which state it has come to."""


@dataclass(slots=True)
class _Screen:
    asked: Asked
    room: str
    members: dict[str, str] = field(default_factory=dict)  # user ids by socket
    last: dict[str, Any] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    dirty: bool = False
    anew: bool = False
    due_at: float = 0.0
    looked_at: float = 0.0


@dataclass(slots=True)
class _Seller:
    """What was told of a seller: up to which batch of orders, and in which state products were."""

    mark: Mark | None
    has_news: bool = False
    levels: dict[str, None] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)


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
        self._sellers: dict[str, _Seller] = {}
        self._opened = asyncio.Event()

    async def show(self, asked: Asked) -> dict[str, Any]:
        """Return a dashboard as of now, as it looks on the wire."""
        return self._shapes.dashboard(await self.dashboards.read(asked))

    async def watch(self, connection: Connection, asked: Asked) -> dict[str, Any]:
        """Have a socket watch a dashboard, instead of what it watched before; return it as of now."""
        user = connection.user
        if user is None:
            raise NotAuthenticated("sign in first")
        await self._leave(connection.sid)
        screen = self._screens.setdefault(asked, _Screen(asked, f"seller:{':'.join(asked)}"))
        screen.members[connection.sid] = user.id  # at once, so that nobody closes the screen meanwhile
        async with screen.lock:
            # Entered before it is computed: what moves from here on is heard.
            await self._outlet.join(connection.sid, screen.room)
            if connection.sid not in screen.members:  # it has gone, or asked for another one
                await self._outlet.leave(connection.sid, screen.room)
            seller = self._sellers.get(asked.seller_id) or self._begin(asked.seller_id)
            self._opened.set()
            dashboard = await self._compute(screen, with_orders=True)
            seller.mark = seller.mark or dashboard.sales.mark
            return self._shapes.dashboard(dashboard)

    def _begin(self, seller_id: str) -> _Seller:
        seller = self._sellers[seller_id] = _Seller(None, states=self._states(seller_id))
        return seller

    def _states(self, seller_id: str) -> dict[str, State]:
        shelf = self.dashboards.board.shelves.of(seller_id)
        low: dict[str, State] = dict.fromkeys(shelf.low, "low")
        return low | dict.fromkeys(shelf.out, "out")

    def sales_moved(self, change: SalesMoved) -> None:
        """Note that orders of some sellers went into the figures, or that all were counted anew."""
        for seller_id, seller in self._sellers.items() if change.sellers is None else ():
            seller.mark = None
            self._mark(seller_id, anew=True)
        for seller_id in change.sellers or ():
            if seller_id in self._sellers:
                self._sellers[seller_id].has_news = True
                self._mark(seller_id)

    def level_moved(self, product_id: str) -> None:
        """Note that a product's level or entry changed."""
        seller_id = self.dashboards.board.shelves.seller_of(product_id)
        seller = self._sellers.get(seller_id) if seller_id else None
        if seller_id and seller:
            seller.levels[product_id] = None
            self._mark(seller_id)

    def everything_moved(self) -> None:
        """Have every screen shown anew: what happened meanwhile is not known."""
        for seller_id, seller in self._sellers.items():
            seller.levels.clear()
            seller.mark = None
            seller.states = self._states(seller_id)
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
        await self._prune()
        for seller_id in tuple(self._sellers):
            await self._tell_levels(seller_id)
            await self._tell_orders(seller_id)
        for screen in tuple(self._screens.values()):
            now = self._clock()
            if now >= screen.due_at and (screen.dirty or now - screen.looked_at >= AGEING):
                await self._refresh(screen)

    async def _refresh(self, screen: _Screen) -> None:
        async with screen.lock:
            anew, screen.anew, screen.dirty = screen.anew, False, False
            try:
                dashboard = await self._compute(screen, with_orders=anew)
            except BaseException:
                screen.dirty, screen.anew = True, screen.anew or anew
                raise
            seller = self._sellers.get(screen.asked.seller_id)
            if seller and seller.mark is None:
                seller.mark = dashboard.sales.mark
            if anew:
                await self._send_metrics(screen, {**self._shapes.dashboard(dashboard), "complete": True})

    async def _compute(self, screen: _Screen, *, with_orders: bool) -> Dashboard:
        """Read the figures, and tell those who watch already which of them moved."""
        began = self._clock()
        screen.looked_at = began
        dashboard = await self.dashboards.read(screen.asked, with_orders=with_orders)
        figures = self._shapes.dashboard(dashboard)
        del figures["orders"]
        if screen.last and (news := moved(screen.last, figures)):
            await self._send_metrics(screen, {**news, "complete": False})
        screen.last = figures
        screen.due_at = began + max(PACE, (self._clock() - began) * SHARE)
        return dashboard

    async def _send_metrics(self, screen: _Screen, payload: Payload) -> None:
        await self._prune()
        await self._outlet.broadcast("seller:metrics", payload, room=screen.room)

    async def _tell_levels(self, seller_id: str) -> None:
        seller = self._sellers.get(seller_id)
        if seller is None or not seller.levels:
            return
        waiting, seller.levels = list(seller.levels), dict.fromkeys(list(seller.levels)[LEVELS:])
        items = []
        for product_id in waiting[:LEVELS]:
            stocked = self.dashboards.stocked(product_id)
            if stocked is None:
                continue
            before = seller.states.get(product_id, "ok")
            items.append(self._shapes.stock(stocked, None if stocked.state == before else stocked.state))
            if stocked.state == "ok":
                seller.states.pop(product_id, None)
            else:
                seller.states[product_id] = stocked.state
        for room in self._rooms(seller_id) if items else ():
            await self._outlet.broadcast("seller:stock", {"seller_id": seller_id, "items": items}, room=room)

    async def _tell_orders(self, seller_id: str) -> None:
        seller = self._sellers.get(seller_id)
        if seller is None or not seller.has_news or seller.mark is None:
            return
        seller.has_news = False
        try:
            batch, orders = await self.dashboards.sales.orders_since(seller_id, seller.mark, ORDERS)
        except BaseException:
            seller.has_news = True
            raise
        if seller.mark:
            seller.mark = seller.mark._replace(batch=batch)
        await self._prune()
        for order in orders:
            shown = self._shapes.order(part_of(order, seller_id))
            for room in self._rooms(seller_id):
                await self._outlet.broadcast("seller:order", {"seller_id": seller_id, "order": shown}, room=room)

    def _rooms(self, seller_id: str) -> Sequence[str]:
        return [each.room for each in self._screens.values() if each.asked.seller_id == seller_id and each.members]

    async def _prune(self) -> None:
        """Take out who has gone or may not see a screen any more, and close screens without sockets."""
        for screen in tuple(self._screens.values()):
            for sid in [sid for sid in screen.members if not self._may_stay(screen, sid)]:
                screen.members.pop(sid, None)
                await self._outlet.leave(sid, screen.room)
            if not screen.members and not screen.lock.locked():
                self._screens.pop(screen.asked, None)
        for seller_id in self._sellers.keys() - {asked.seller_id for asked in self._screens}:
            del self._sellers[seller_id]

    def _may_stay(self, screen: _Screen, sid: str) -> bool:
        connection = self._connections.get(sid)
        user: User | None = connection.user if connection else None
        return (
            user is not None
            and user.id == screen.members[sid]
            and user.expires_at > time.time()
            and may_see(user, screen.asked.seller_id)
        )

    async def _leave(self, sid: str) -> None:
        for screen in self._screens.values():
            if screen.members.pop(sid, None):
                await self._outlet.leave(sid, screen.room)

    @property
    def watched(self) -> Collection[str]:
        """The sellers whose dashboards are open here."""
        return self._sellers.keys()
