"""What happened to an order: put together for whoever may see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.errors import NotFound
from models.order import Order
from models.order_timeline import Entry, Looker, Traces, actors, timeline
from models.order_views import side_of


class OrderBook(Protocol):
    """Where orders are read."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""


class TraceBook(Protocol):
    """Where it is kept what was paid and mailed."""

    async def of(self, order_id: str) -> Traces:
        """Return what there is of an order."""


class NameBook(Protocol):
    """Where names of accounts are read."""

    async def names(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of those accounts that there are."""


@dataclass(frozen=True, slots=True)
class OrderTimelines:
    """Reads timelines."""

    orders: OrderBook
    traces: TraceBook
    names: NameBook

    async def of(self, order_id: str, user_id: str, role: str) -> tuple[Order, Sequence[Entry]]:
        """Return an order and what happened to it, oldest first; NotFound for who has nothing to do with it."""
        order = await self.orders.get(order_id)
        side = side_of(order, user_id, role) if order else None
        if order is None or side is None:
            raise NotFound("there is no such order")
        traces = await self.traces.of(order_id) if side in {"admin", "buyer"} else Traces()
        known = actors(order) if side == "admin" else actors(order) & {user_id}
        names = await self.names.names(known) if known else {}
        return order, timeline(order, Looker(user_id, side), traces, names)
