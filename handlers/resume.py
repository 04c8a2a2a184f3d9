"""What a socket is told when it comes (back): where it stands, what it missed or a snapshot, and nothing twice claimed.

Concurrency: sending may wait, and the shop goes on meanwhile. So a socket hears no broadcasts before it has everything
up to the moment at which it enters; a broadcast that came first would claim what is still to be sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers import shapes
from ivorycart.connections import Connection, Outlet
from ivorycart.shop import Shop
from models.feed import Cursor

ROUNDS = 5

Message = tuple[str, Mapping[str, Any]]


class Arrival:
    """One socket on its way in; ``watch`` is what it wants to hear of, None is everything."""

    def __init__(self, shop: Shop, outlet: Outlet, connection: Connection, watch: frozenset[str] | None) -> None:
        self._shop = shop
        self._outlet = outlet
        self._connection = connection
        self._watch = watch

    async def tell(self, since: str | None) -> None:
        """Send the welcome and what follows it, then let the socket hear what everyone hears."""
        board, sid = self._shop.board, self._connection.sid
        missed = self._missed(Cursor(since)) if since else None
        cursor = Cursor(since) if since and missed else self._shop.broadcaster.cursor
        welcome = self._welcome(cursor, resumed=missed is not None)
        messages, told = missed or self._snapshot(), board.cursor
        await self._outlet.send("welcome", welcome, to=sid)
        await self._send(messages)
        for _ in range(ROUNDS):
            if board.cursor == told:
                break
            told = await self._replay(told)
        await self._shop.broadcaster.watch(sid, self._watch)
        if board.cursor != told:
            await self._replay(told)

    async def _replay(self, told: Cursor) -> Cursor:
        messages, now = self._missed(told) or self._snapshot(), self._shop.board.cursor
        await self._send(messages)
        return now

    async def _send(self, messages: Sequence[Message]) -> None:
        for event, payload in messages:
            await self._outlet.send(event, payload, to=self._connection.sid)

    def _missed(self, since: Cursor) -> list[Message] | None:
        """Return the levels, then the catalogue changes in their order; only the last claims to be the last."""
        board = self._shop.board
        missed = board.since(since)
        if missed is None:
            return None
        levels = board.shown(each for each in missed.levels if self._wants(each))
        changes = [change for change in reversed(missed.catalogue) if self._wants(change.product_id)]
        products = [dict(self._shop.telling.shapes.product(change)) for change in changes]
        frame = dict(shapes.frame(since, levels))
        messages = [("stock", frame), *(("product", product) for product in products)]
        messages[-1][1]["cursor"] = board.cursor
        return list(messages)

    def _snapshot(self) -> list[Message]:
        ids = self._shop.board.snapshot_ids() if self._watch is None else self._watch
        return [("stock:snapshot", self._shop.broadcaster.payload_of(ids))]

    def _wants(self, product_id: str) -> bool:
        return self._watch is None or product_id in self._watch

    def _welcome(self, cursor: Cursor, *, resumed: bool) -> dict[str, Any]:
        user, facts = self._connection.user, self._shop.facts
        return {
            "session": self._connection.session,
            "user": shapes.user(user) if user else None,
            "server_time": shapes.now(),
            "hold_seconds": facts.hold_seconds,
            "low_stock_threshold": facts.low_stock_threshold,
            "cursor": cursor,
            "resumed": resumed,
        }
