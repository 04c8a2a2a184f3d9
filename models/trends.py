"""Sales over time: the periods that can be asked for, and what was sold in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

Period = Literal["24h", "7d", "30d", "90d"]

STEPS: Mapping[Period, tuple[Literal["hour", "day"], int]] = {
    "24h": ("hour", 24),
    "7d": ("hour", 7 * 24),
    "30d": ("day", 30),
    "90d": ("day", 90),
}
"""Each period's steps and how many there are, the running one included."""


class Sold(NamedTuple):
    """Orders, units and revenue in minor units."""

    orders: int
    units: int
    revenue: int


class Point(NamedTuple):
    """What was sold in the hour or day that begins at ``at``."""

    at: datetime
    figures: Sold


class ProductSold(NamedTuple):
    """What was sold of a product."""

    product_id: str
    units: int
    revenue: int


class SellerSold(NamedTuple):
    """What a seller sold."""

    seller_id: str
    orders: int
    units: int
    revenue: int


class TopSold(NamedTuple):
    """The products of which most was sold."""

    by_units: Sequence[ProductSold]
