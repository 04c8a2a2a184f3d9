"""Delivery's live worklist: who watches hears of every part that is shipped, claimed, handed over or given back.

Pattern: the feed notes orders (plain, never waits), one task sends the latest of each, a few times a second, on every
process. What is sent is as each watcher sees it, so each is sent to by name; whether they still may see it is looked at
right before. After a gap in the feed every watcher gets their snapshot again. Whoever begins to watch is told from
before their snapshot is read, so nothing falls in between; of what comes twice, what is heard last counts.

Concurrency: one event loop. Shutdown: cancel ``run``; whoever comes back watches anew.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ivorycart.connections import Connection, Connections, Outlet, User
from ivorycart.order_lists import OrderLists
from ivorycart.workers import WorkerState
from models.errors import NotAuthenticated
from models.order import Order
from models.order_list import OrderFilter
from models.order_views import CourierOrder, concerns_couriers, for_courier
from models.roles import Permission, may

PAUSE = 0.2  # seconds between two rounds
LISTED = 100


@dataclass(frozen=True, slots=True)
class Worklist:
    """What nobody brings yet, and what one brings oneself: the newest of each, and how many there are."""

    available: Sequence[CourierOrder]
    available_count: int
    mine: Sequence[CourierOrder]
    mine_count: int
    as_of: datetime


class Shapes(Protocol):
    """How it looks on the wire; the handlers know."""

    def delivery_order(self, order: CourierOrder) -> Mapping[str, Any]:
        """Show what of an order is delivery's."""

    def worklist(self, found: Worklist) -> Mapping[str, Any]:
        """Show what there is to bring."""


class Delivering:
    """Keeps who watches, and tells them."""

    def __init__(
        self,
        lists: OrderLists,
        connections: Connections,
        outlet: Outlet,
        shapes: Shapes,
        now: Callable[[], datetime],
        *,
        pause: float = PAUSE,
    ) -> None:
        self._lists = lists
        self._connections = connections
        self._outlet = outlet
        self._shapes = shapes
        self._now = now
        self._pause = pause
        self._watching: set[str] = set()
        self._moved: dict[str, Order] = {}
        self._anew: set[str] = set()
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """Count those who watch."""
        return len(self._watching)

    async def watch(self, connection: Connection) -> Mapping[str, Any]:
        """Have a socket watch from now on; return what there is to bring."""
        if connection.user is None:
            raise NotAuthenticated("sign in first")
        self._watching.add(connection.sid)
        return self._shapes.worklist(await self._worklist(connection.user.id))

    def order_moved(self, order: Order) -> None:
        """Note what the database says of an order that changed."""
        if self._watching and concerns_couriers(order):
            self._moved[order.id] = order
            self._news.set()

    def everything_moved(self) -> None:
        """Note that what happened is not known: everybody gets their snapshot again."""
        self._moved.clear()
        self._anew |= self._watching
        self._news.set()

    async def run(self, state: WorkerState) -> None:
        """Tell those who watch, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._watching = {sid for sid in self._watching if self._watcher(sid)}
            try:
                await self._repeat()
                await self._tell()
            except BaseException:  # what was not told is told by the next run
                self._news.set()
                raise
            state.alive()
            await asyncio.sleep(self._pause)

    async def _repeat(self) -> None:
        """Send snapshots to those who may have missed something."""
        for sid in tuple(self._anew):
            if user := self._watcher(sid):
                found = self._shapes.worklist(await self._worklist(user.id))
                if self._watcher(sid) == user:
                    await self._outlet.send("delivery:snapshot", found, to=sid)
            self._anew.discard(sid)

    async def _tell(self) -> None:
        for order_id, stored in tuple(self._moved.items()):
            order = self._lists.addresses.opened(stored)
            for sid in tuple(self._watching):
                if user := self._watcher(sid):
                    await self._outlet.send("delivery:order", {"order": self._shown(order, user.id)}, to=sid)
            if self._moved.get(order_id) is stored:
                del self._moved[order_id]

    def _shown(self, order: Order, user_id: str) -> Mapping[str, Any]:
        """Show an order; to whom nothing of it is to be shown any more, nothing but its id and time."""
        nothing = CourierOrder(order.id, order.timestamp, None, ())
        return self._shapes.delivery_order(for_courier(order, user_id) or nothing)

    def _watcher(self, sid: str) -> User | None:
        """Return who watches at a socket, if they still may."""
        connection = self._connections.get(sid) if sid in self._watching else None
        user = connection.user if connection else None
        return user if user and user.expires_at > time.time() and may(user.role, Permission.DELIVER) else None

    async def _worklist(self, user_id: str) -> Worklist:
        available = OrderFilter(view="available", user_id=user_id)
        mine = OrderFilter(view="mine", user_id=user_id)
        as_of = self._now()
        return Worklist(
            available=(await self._lists.courier_page(available, limit=LISTED, after=None))[0],
            available_count=await self._lists.count(available),
            mine=(await self._lists.courier_page(mine, limit=LISTED, after=None))[0],
            mine_count=await self._lists.count(mine),
            as_of=as_of,
        )
