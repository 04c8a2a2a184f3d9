"""What is new of a seller whose dashboard is open: levels that moved, thresholds that were crossed, orders.

Concurrency: one event loop. What could not be read is news still.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivorycart.sales.dashboards import Dashboard, Dashboards, Part, Stocked, part_of
from ivorycart.stock.shelves import State
from models.sales_periods import Mark

ORDERS = 100  # at most so many are told of at once, the latest; the figures count the others
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
class SellerNews:
    """The news of one seller; ``mark`` is up to where orders were told, None where that is not known."""

    seller_id: str
    dashboards: Dashboards
    shapes: Shapes
    mark: Mark | None = None
    _has_orders: bool = False
    _levels: dict[str, None] = field(default_factory=dict)
    _before: dict[str, State] = field(default_factory=dict)
    """The states of the levels told last, as they were before."""
    _states: dict[str, State] = field(init=False)

    def __post_init__(self) -> None:
        self._states = self._low_and_out()

    def _low_and_out(self) -> dict[str, State]:
        shelf = self.dashboards.board.shelves.of(self.seller_id)
        low: dict[str, State] = dict.fromkeys(shelf.low, "low")
        return low | dict.fromkeys(shelf.out, "out")

    def missed(self) -> None:
        """Tell of what crossed its threshold, back or forth, while nobody listened; orders are about to be shown."""
        self.mark = None
        self._levels |= dict.fromkeys((*self._states, *self._low_and_out()))

    def level_moved(self, product_id: str) -> None:
        """Note that a product's level moved."""
        self._levels[product_id] = None

    def orders_moved(self) -> None:
        """Note that there are new orders, or changed ones."""
        self._has_orders = True

    def levels(self) -> Sequence[Payload]:
        """Return the levels to be told of now, the latest of each, as they look on the wire."""
        waiting = list(self._levels)
        self._levels = dict.fromkeys(waiting[LEVELS:])
        self._before = {product_id: self._states.get(product_id, "ok") for product_id in waiting[:LEVELS]}
        found = [each for product_id in waiting[:LEVELS] if (each := self.dashboards.stocked(product_id))]
        return [self.shapes.stock(each, self._crossed(each)) for each in found]

    def untold(self) -> None:
        """Have the levels told again that could not be sent; orders are about to be shown."""
        self.mark = None
        self._levels = dict.fromkeys((*self._before, *self._levels))
        for product_id, state in self._before.items():
            self._states[product_id] = state

    def _crossed(self, stocked: Stocked) -> State | None:
        before = self._states.pop(stocked.product.id, "ok")
        if stocked.state != "ok":
            self._states[stocked.product.id] = stocked.state
        return None if stocked.state == before else stocked.state

    async def orders(self) -> Sequence[Payload]:
        """Return the orders to be told of now, oldest first, as they look on the wire."""
        mark = self.mark
        if not self._has_orders or mark is None:
            return ()
        self._has_orders = False
        try:
            batch, orders = await self.dashboards.sales.orders_since(self.seller_id, mark, ORDERS)
        except BaseException:
            self._has_orders = True
            raise
        if self.mark is mark:
            self.mark = mark._replace(batch=batch)
        return [self.shapes.order(part_of(order, self.seller_id)) for order in orders]
