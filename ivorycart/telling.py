"""Telling people: carts to their owner's sockets, alerts and notifications, orders to their buyer.

Pattern: what other processes wrote comes from the feed; what this process committed comes from the ledger
(``committed``, plain, never waits) and is sent by one task. A socket that made a change itself has its ack.
After a gap in what the feed heard, open sockets get what they may have missed again (``repeat_to_all``): their carts by
the same task, what was not seen by ``reminding``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivorycart.connections import Connection, Connections, Outlet
from ivorycart.ledger.batch import Committed
from ivorycart.reminding import Reminding, UnseenBook
from ivorycart.workers import WorkerState
from models.cart import Cart
from models.feed import CatalogueChanged
from models.identity import OwnerId
from models.notification import Notification
from models.order import Order
from models.telling import KINDS, Event
from models.waiter import Waiter, WaitState


class Shapes(Protocol):
    """How things look on the wire; the handlers know."""

    def cart(self, cart: Cart, connection: Connection) -> Mapping[str, Any]:
        """Show a cart to one socket."""

    def expired(self, cart: Cart, connection: Connection) -> Mapping[str, Any]:
        """Show what an expiry took from a cart."""

    def order(self, order: Order) -> Mapping[str, Any]:
        """Show an order."""

    def product(self, change: CatalogueChanged) -> Mapping[str, Any]:
        """Show a catalogue change."""

    def notification(self, notification: Notification) -> Mapping[str, Any]:
        """Show a notification."""

    def alert(self, notification: Notification) -> Mapping[str, Any]:
        """Show what is running out, by its notification."""

    def offer(self, notification: Notification) -> Mapping[str, Any]:
        """Show what is offered, by its notification."""

    def waiter(self, waiter: Waiter) -> Mapping[str, Any]:
        """Show a place in a line to its owner."""

    def offer_expired(self, waiter: Waiter) -> Mapping[str, Any]:
        """Show which offer has run out."""


class CartBook(Protocol):
    """Where carts are read."""

    async def get(self, owner: OwnerId) -> Cart:
        """Return an owner's cart."""


@dataclass(slots=True)
class Telling:
    """Sends what concerns one owner to that owner's sockets."""

    connections: Connections
    outlet: Outlet
    shapes: Shapes
    book: UnseenBook
    opened: Callable[[Order], Order]
    """Makes the address of a stored order legible."""
    carts: CartBook | None = None
    muted: Callable[[OwnerId], frozenset[str]] = lambda _owner: frozenset()
    """Says which kinds an owner has turned off."""
    reminding: Reminding = field(init=False)
    _carts: asyncio.Queue[tuple[Cart, str | None] | OwnerId] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.reminding = Reminding(self.book, self._remind)

    async def open(self) -> None:
        """Learn who has something unseen, so that a reconnect of ten thousand asks the database only for those."""
        await self.reminding.open()

    def committed(self, done: Sequence[Committed]) -> None:
        """Queue carts for the sockets that did not change them themselves."""
        for each in done:
            for cart in each.carts.values():
                if any(connection.sid != each.origin for connection in self.connections.of_owner(cart.id)):
                    self._carts.put_nowait((cart, each.origin))

    def repeat_to_all(self) -> None:
        """Queue for every connected owner what they may have missed: unseen notifications, and their cart."""
        for connection in self.connections:
            self.reminding.remind(connection)
        for owner in {connection.owner for connection in self.connections} if self.carts else ():
            self._carts.put_nowait(owner)

    async def run(self, state: WorkerState) -> None:
        """Send what is queued until cancelled."""
        while True:
            item = await self._carts.get()
            if isinstance(item, tuple):
                await self.cart(item[0], skip=item[1])
            else:
                await self._repeat(item)
            state.alive()

    async def _repeat(self, owner: OwnerId) -> None:
        try:
            if self.carts and self.connections.of_owner(owner):
                await self.cart(await self.carts.get(owner))
        except Exception:
            self._carts.put_nowait(owner)  # the next run tries again
            raise

    async def cart(self, cart: Cart, *, skip: str | None = None) -> None:
        """Send a cart to its owner's sockets."""
        for connection in self.connections.of_owner(cart.id):
            if connection.sid == skip:
                continue
            if cart.expired and not cart.lines:
                await self.outlet.send("cart:expired", self.shapes.expired(cart, connection), to=connection.sid)
            else:
                await self.outlet.send("cart", {"cart": self.shapes.cart(cart, connection)}, to=connection.sid)

    async def notification(self, notification: Notification) -> None:
        """Send a fresh notification by the event of its kind, unless that is turned off."""
        if notification.kind in self.muted(notification.to):
            return
        self.reminding.note(notification.to)
        kind = KINDS.get(notification.kind)
        for connection in self.connections.of_owner(notification.to):
            await self._send(kind.event if kind else "notification", notification, connection)

    async def _remind(self, connection: Connection, notification: Notification) -> None:
        await self._send("offer" if notification.open else "notification", notification, connection)

    async def _send(self, event: Event, notification: Notification, connection: Connection) -> None:
        if event == "offer":
            await self.outlet.send("offer", self.shapes.offer(notification), to=connection.sid)
        elif event == "alert":
            await self.outlet.send("alert", self.shapes.alert(notification), to=connection.sid)
        else:
            await self.outlet.send("notification", self.shapes.notification(notification), to=connection.sid)

    async def waiter(self, waiter: Waiter) -> None:
        """Send what has become of a place in a line to its owner's sockets."""
        for connection in self.connections.of_owner(waiter.owner):
            await self.outlet.send("waiting", self.shapes.waiter(waiter), to=connection.sid)
            if waiter.state == WaitState.LAPSED:
                await self.outlet.send("offer:expired", self.shapes.offer_expired(waiter), to=connection.sid)

    async def order(self, order: Order) -> None:
        """Send an order to its buyer."""
        if connections := self.connections.of_owner(order.owner):
            shown = self.shapes.order(self.opened(order))
            for connection in connections:
                await self.outlet.send("order", {"order": shown}, to=connection.sid)
