"""What a socket is told when it comes (back): where it stands, what it missed or a snapshot, and nothing twice claimed.

Concurrency: sending may wait, and the shop goes on meanwhile. So a socket hears no broadcasts before it has everything
up to the moment at which it enters; a broadcast that came first would claim what is still to be sent.
"""

from collections.abc import Sequence
from typing import Any

from handlers import shapes
from ivorycart.connections import Connection, Outlet
from ivorycart.shop import Shop
from ivorycart.stock.resuming import Message, Missed
from ivorycart.stock.snapshots import Moment

ROUNDS = 5


class Arrival:
    """One socket on its way in; ``watch`` is what it wants to hear of, None is everything."""

    def __init__(self, shop: Shop, outlet: Outlet, connection: Connection, watch: frozenset[str] | None) -> None:
        self._shop = shop
        self._outlet = outlet
        self._connection = connection
        self._watch = watch

    async def tell(self, since: str | None) -> bool:
        """Send the welcome and what follows it, then let the socket hear what everyone hears.

        Return whether it goes on from ``since``, and got no snapshot.
        """
        board, sid = self._shop.board, self._connection.sid
        missed = self._shop.resuming.recent(since, self._watch) if since else None
        told = missed or self._recent_snapshot(gap=bool(since))
        cursor = since if missed else told.messages[0][1]["cursor"]
        await self._outlet.send("welcome", self._welcome(cursor, resumed=missed is not None), to=sid)
        await self._send(told.messages)
        for _ in range(ROUNDS):
            if board.revision == told.until.revision:
                break
            told = await self._replay(told)
        await self._shop.broadcaster.watch(sid, self._watch)
        if board.revision != told.until.revision:
            await self._replay(told)
        return missed is not None

    async def _replay(self, told: Missed) -> Missed:
        """Tell what has changed meanwhile; of entries that changed, too, where only a snapshot can tell."""
        missed = self._shop.resuming.missed(told.until.cursor, self._watch) or self._snapshot()
        await self._send(missed.messages)
        return missed

    async def _send(self, messages: Sequence[Message]) -> None:
        for event, payload in messages:
            await self._outlet.send(event, payload, to=self._connection.sid)

    def _recent_snapshot(self, *, gap: bool) -> Missed:
        snapshot, moment = self._shop.broadcaster.snapshots.recent(self._watch)
        return Missed([("stock:snapshot", {**snapshot, "gap": gap})], moment)

    def _snapshot(self) -> Missed:
        snapshot = self._shop.broadcaster.snapshots.of(self._watch)
        return Missed([("stock:snapshot", {**snapshot, "gap": True})], Moment.of(self._shop.board))

    def _welcome(self, cursor: str | None, *, resumed: bool) -> dict[str, Any]:
        user, facts = self._connection.user, self._shop.facts
        return {
            "session": self._connection.session,
            "user": shapes.user(user) if user else None,
            "server_time": shapes.time(self._shop.board.clock.now()),
            "hold_seconds": facts.hold_seconds,
            "low_stock_threshold": facts.low_stock_threshold,
            "cursor": cursor,
            "resumed": resumed,
        }
