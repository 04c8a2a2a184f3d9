"""Periods of sales figures: which hours or days they are made of, and those before, for comparison."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from models.sales import Figures, day_of, hour_of

Period = Literal["24h", "7d", "30d", "90d"]
Unit = Literal["hour", "day"]

_STEP: Mapping[Unit, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_PERIODS: Mapping[Period, tuple[Unit, int]] = {
    "24h": ("hour", 24),
    "7d": ("hour", 7 * 24),
    "30d": ("day", 30),
    "90d": ("day", 90),
}


class Window(NamedTuple):
    """A period that ends with the running hour or day: when its parts begin, and those of the period before it."""

    unit: Unit
    slots: Sequence[datetime]
    before: Sequence[datetime]

    @property
    def since(self) -> datetime:
        """When it begins."""
        return self.slots[0]

    @property
    def until(self) -> datetime:
        """When its last part will be over."""
        return self.slots[-1] + _STEP[self.unit]

    @property
    def days(self) -> Sequence[datetime]:
        """The days (UTC) that it touches."""
        return sorted({day_of(each) for each in self.slots})


def window_of(period: Period, now: datetime) -> Window:
    """Return a period's window at a time (UTC)."""
    unit, count = _PERIODS[period]
    last = hour_of(now) if unit == "hour" else day_of(now)
    slots = [last - _STEP[unit] * back for back in reversed(range(2 * count))]
    return Window(unit, slots[count:], slots[:count])


class Point(NamedTuple):
    """The figures of an hour or day that begins at ``at``."""

    at: datetime
    figures: Figures


class ProductSales(NamedTuple):
    """What was sold of a product, net."""

    product_id: str
    units: int
    revenue: int


class SellerSales(NamedTuple):
    """What a seller sold, net."""

    seller_id: str
    orders: int
    units: int
    revenue: int


class TopProducts(NamedTuple):
    """The products of which most was sold, by units and by revenue, in the days (UTC) that the period touches.

    ``shared`` are those by revenue farther down, for shares of the whole; ``units`` and ``revenue`` are of all.
    """

    by_units: Sequence[ProductSales]
    by_revenue: Sequence[ProductSales]
    since: datetime
    shared: Sequence[ProductSales] = ()
    units: int = 0
    revenue: int = 0


class Mark(NamedTuple):
    """How far figures are: batch of which rebuild; they contain all up to ``as_of``, asked for ``lag`` seconds ago.

    ``as_of`` is the cursor of the last change counted.
    """

    generation: str
    batch: int
    as_of: str
    lag: float


class SalesFigures(NamedTuple):
    """All that is known of a seller's sales, at one moment; ``mark`` is None while nothing was ever counted."""

    mark: Mark | None
    window: Window
    totals: Figures
    before: Figures
    series: Sequence[Point]
    top: TopProducts
    units_per_minute: float
