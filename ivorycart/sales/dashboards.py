"""The seller's dashboard: sales from the projection, levels from the board, holds that are about to end from the carts.

Concurrency: nothing here changes anything. What the carts say is asked for once a second at most, for all sellers.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, Protocol

from ivorycart.connections import User
from ivorycart.sales.shares import Share, shares_of
from ivorycart.stock.board import StockBoard
from ivorycart.stock.shelves import State
from ivorycart.stock.slices import Slices
from models.errors import Forbidden
from models.order import Order, OrderLine
from models.roles import Permission, may
from models.sales_periods import Mark, Period, SalesFigures
from models.stock import Level, Product

SOON = (60, 300)  # seconds
LATEST = 20
LISTED = 100
LISTED_IN_CARTS = 20
AT_A_STRETCH = 500  # products that are looked at without a look at the clock
SHARED = 1.0  # seconds
_NONE_BACK = [0] * len(SOON)


class Asked(NamedTuple):
    """Whose dashboard, of which period, in which currency."""

    seller_id: str
    period: Period
    currency: str


class SalesBook(Protocol):
    """Where sales figures are read."""

    async def figures(self, seller_id: str, period: Period, currency: str) -> SalesFigures:
        """Return all figures of a period that ends now."""

    async def latest_orders(self, seller_id: str, limit: int) -> Sequence[Order]:
        """Return a seller's latest orders, newest first, whole."""

    async def orders_since(self, seller_id: str, mark: Mark, limit: int) -> tuple[int, Sequence[Order]]:
        """Return the last batch about a seller, and the last orders that batches since a mark were about."""


class HoldBook(Protocol):
    """Where it is known which holds are about to end."""

    async def ending(self, within: Sequence[int]) -> Mapping[str, Sequence[int]]:
        """Return by product the units in carts that expire within so many seconds, for each of these."""


class Part(NamedTuple):
    """One seller's part of an order, without a word about the buyer."""

    order: Order
    lines: Sequence[OrderLine]
    status: str


class Stocked(NamedTuple):
    """A product with its level, and whether it runs low."""

    product: Product
    level: Level
    state: State


class Listed(NamedTuple):
    """How many products there are of a kind, and the first of them."""

    total: int
    items: Sequence[Stocked]


class Carried(NamedTuple):
    """A product of which carts hold units; ``ending`` are those of them in carts that expire within each of `SOON`."""

    stocked: Stocked
    ending: Sequence[int]


class InCarts(NamedTuple):
    """How many products carts hold units of, and those whose units come back first, then those that run low."""

    total: int
    items: Sequence[Carried]


class Dashboard(NamedTuple):
    """What a seller sees. ``ending`` are the units held in carts that expire within each of `SOON`.

    ``currencies`` are those of what they have; ``names`` those of the top products, but for what is gone. ``shares``
    are the departments' parts in what was sold.
    """

    asked: Asked
    sales: SalesFigures
    currencies: Sequence[str]
    held: int
    ending: Sequence[int]
    low: Listed
    out: Listed
    names: Mapping[str, str]
    orders: Sequence[Part]
    in_carts: InCarts
    shares: Sequence[Share]


@dataclass(slots=True)
class Dashboards:
    """Puts dashboards together."""

    sales: SalesBook
    holds: HoldBook
    board: StockBoard
    clock: Callable[[], float] = time.monotonic
    slices: Callable[[], Slices] = Slices
    _ending: Mapping[str, Sequence[int]] = field(default_factory=dict)
    _asked_at: float = float("-inf")
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self, asked: Asked, *, with_orders: bool = True) -> Dashboard:
        """Return a dashboard as of now."""
        sales = await self.sales.figures(*asked)
        ending = await self._ending_of(asked.seller_id)
        sums = [sum(units[number] for units in ending.values()) for number in range(len(SOON))]
        orders = await self.sales.latest_orders(asked.seller_id, LATEST) if with_orders else ()
        shelf = self.board.shelves.of(asked.seller_id)
        top = {each.product_id for each in (*sales.top.by_units, *sales.top.by_revenue)}
        known = self.board.products
        return Dashboard(
            asked=asked,
            sales=sales,
            currencies=sorted(shelf.currencies),
            held=shelf.held,
            ending=[min(units, shelf.held) for units in sums],
            low=await self._listed(shelf.low),
            out=await self._listed(shelf.out),
            names={each: known[each].name for each in top if each in known},
            orders=[part_of(order, asked.seller_id) for order in orders],
            in_carts=await self._in_carts(shelf.in_carts, ending),
            shares=shares_of(sales.top, self._department_of),
        )

    def _department_of(self, product_id: str) -> str | None:
        product = self.board.products.get(product_id)
        return product.department if product else None

    def stocked(self, product_id: str) -> Stocked | None:
        """Return a product as it is now, on show or not."""
        product, level = self.board.products.get(product_id), self.board.levels.get(product_id)
        if product is None or level is None:
            return None
        return Stocked(product, level, self.board.shelves.state(product_id))

    async def _listed(self, ids: Mapping[str, None]) -> Listed:
        total = len(ids)
        return Listed(total, await self._first(ids, LISTED, {}))

    async def _in_carts(self, ids: Mapping[str, None], ending: Mapping[str, Sequence[int]]) -> InCarts:
        total, found = len(ids), []
        for stocked in await self._first(ids, LISTED_IN_CARTS, ending):
            units = ending.get(stocked.product.id, _NONE_BACK)
            found.append(Carried(stocked, [min(each, stocked.level.held) for each in units]))
        return InCarts(total, found)

    async def _first(self, ids: Mapping[str, None], most: int, ending: Mapping[str, Sequence[int]]) -> list[Stocked]:
        """Find the first of what may be many, and let others have their turn meanwhile.

        What comes back from carts first goes first, then that of which fewest are available.
        """
        waiting, slices = list(ids), self.slices()
        first: list[tuple[Sequence[int], int, str, str]] = []
        for start in range(0, len(waiting), AT_A_STRETCH):
            keys = self._keys(waiting[start : start + AT_A_STRETCH], ending)
            first = heapq.nsmallest(most, chain(first, keys))
            await slices.breathe()
        return [each for *_, product_id in first if (each := self.stocked(product_id))]

    def _keys(
        self, ids: Iterable[str], ending: Mapping[str, Sequence[int]]
    ) -> Iterator[tuple[Sequence[int], int, str, str]]:
        """Yield by what products are listed."""
        products, levels = self.board.products, self.board.levels
        for product_id in ids:
            if product_id in products and product_id in levels:
                back = [-units for units in ending.get(product_id, ())] or _NONE_BACK
                yield back, levels[product_id].available, products[product_id].name, product_id

    async def _ending_of(self, seller_id: str) -> Mapping[str, Sequence[int]]:
        """Return by product of a seller the units that are about to come back."""
        async with self._asking:  # many may wait; one asks
            if self.clock() - self._asked_at >= SHARED:
                self._ending = await self.holds.ending(SOON)
                self._asked_at = self.clock()
        shelves = self.board.shelves
        return {each: units for each, units in self._ending.items() if shelves.seller_of(each) == seller_id}


def part_of(order: Order, seller_id: str) -> Part:
    """Return a seller's part of an order: its own status, unless the whole order has ended otherwise."""
    own = next((each.status for each in order.fulfilments if each.seller_id == seller_id), order.status)
    return Part(order, [line for line in order.lines if line.seller_id == seller_id], own.value)


def whose(user: User, seller_id: str | None) -> str:
    """Return whose dashboard a user gets: their own, or, as an admin, the one they name. Raise Forbidden."""
    if not may_see(user, seller_id or user.id):
        raise Forbidden("these are the figures of somebody else")
    return seller_id or user.id


def may_see(user: User, seller_id: str) -> bool:
    """Whether somebody may see a seller's figures now."""
    return may(user.role, Permission.SELL) and (user.role == "admin" or user.id == seller_id)
