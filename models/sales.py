"""Sales figures: what an order adds to them, and what becomes of that when a part of it is cancelled.

An order counts at its ``timestamp``, once for each seller in it with that seller's lines only, and once for the whole
shop (``ALL``). Figures are net: what is cancelled or refunded later leaves the orders, units and revenue of the time at
which it had been *ordered*, and is shown apart, at that same time. An order whose payment is under way is no sale yet.

All figures are of one currency: a cart, and so an order, has only one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.order import OrderStatus

ALL = "all"
"""The whole shop, where a seller is named by an id."""


class Fate(StrEnum):
    """What became of a seller's part of an order, as far as figures go."""

    SOLD = "sold"
    CANCELLED = "cancelled"
    OPEN = "open"


_FATES: Mapping[str, Fate] = {
    OrderStatus.CANCELLED.value: Fate.CANCELLED,
    OrderStatus.REFUNDED.value: Fate.CANCELLED,
    OrderStatus.PENDING.value: Fate.OPEN,
}
CANCELLED_STATUSES = tuple(status for status, fate in _FATES.items() if fate is Fate.CANCELLED)
OPEN_STATUSES = tuple(status for status, fate in _FATES.items() if fate is Fate.OPEN)


class Figures(NamedTuple):
    """Orders, units and revenue (minor units), net; and what was cancelled of what had been ordered at that time."""

    orders: int = 0
    units: int = 0
    revenue: int = 0
    cancelled_orders: int = 0
    cancelled_units: int = 0
    cancelled_revenue: int = 0

    def plus(self, other: "Figures") -> "Figures":
        """Return the sum."""
        return Figures(*(one + another for one, another in zip(self, other, strict=True)))

    @property
    def average_order(self) -> int:
        """Revenue by order, in whole minor units; 0 without orders."""
        return round(self.revenue / self.orders) if self.orders else 0


class SaleLine(NamedTuple):
    """One product of an order; ``price`` is of one unit."""

    product_id: str
    seller_id: str
    quantity: int
    price: int


class Sale(NamedTuple):
    """What figures need of an order; ``fates`` of each seller's part: one that is not named is sold."""

    at: datetime
    currency: str
    lines: tuple[SaleLine, ...]
    fates: Mapping[str, Fate]


class SellerCell(NamedTuple):
    """Where figures of a seller go: those of a minute."""

    minute: datetime
    seller_id: str
    currency: str


class ProductCell(NamedTuple):
    """Where figures of a product go: those of a day."""

    day: datetime
    seller_id: str
    currency: str
    product_id: str


def fates_of(status: str, fulfilments: Iterable[tuple[str, str]]) -> dict[str, Fate]:
    """Return the fates of an order's parts that are not sold, by seller; the whole order's status goes before."""
    parts = tuple(fulfilments)
    whole = _FATES.get(status)
    if whole:
        return {seller: whole for seller, _ in parts}
    return {seller: _FATES[part] for seller, part in parts if part in _FATES}


def minute_of(at: datetime) -> datetime:
    """Return the beginning of a time's minute."""
    return at.replace(second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """Return the beginning of a time's hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> datetime:
    """Return the beginning of a time's day (UTC, as all times are)."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class Tally:
    """What changes add to figures, summed up by where it goes: figures of sellers, and (units, revenue) of products."""

    sellers: defaultdict[SellerCell, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 6))
    products: defaultdict[ProductCell, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, sale: Sale, sign: int = 1) -> None:
        """Count a sale, or, with a sign of -1, take it back."""
        minute, day = minute_of(sale.at), day_of(sale.at)
        fates: dict[str, Fate] = {}
        for line in sale.lines:
            seller = line.seller_id
            fate = fates.get(seller)
            first = fate is None
            if fate is None:
                fate = fates[seller] = sale.fates.get(seller, Fate.SOLD)
            if fate is Fate.OPEN:
                continue
            units, revenue = sign * line.quantity, sign * line.quantity * line.price
            offset = 0 if fate is Fate.SOLD else 3
            for owner in (seller, ALL):
                cell = self.sellers[SellerCell(minute, owner, sale.currency)]
                cell[offset + 1] += units
                cell[offset + 2] += revenue
            if first:
                self.sellers[SellerCell(minute, seller, sale.currency)][offset] += sign
            if fate is Fate.SOLD:
                product = self.products[ProductCell(day, seller, sale.currency, line.product_id)]
                product[0] += units
                product[1] += revenue
        whole = _of_whole(fates.values())
        if whole is not Fate.OPEN:
            self.sellers[SellerCell(minute, ALL, sale.currency)][0 if whole is Fate.SOLD else 3] += sign

    def change(self, before: Sale, after: Sale) -> None:
        """Count what became of a sale that was counted before."""
        self.add(before, -1)
        self.add(after)


def _of_whole(fates: Iterable[Fate]) -> Fate:
    """Return the fate of an order: it is sold while any part is, and cancelled once none is."""
    found = set(fates)
    return next((fate for fate in (Fate.SOLD, Fate.CANCELLED) if fate in found), Fate.OPEN)
