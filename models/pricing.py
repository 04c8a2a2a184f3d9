"""What a product costs at a moment: its list price, or the lowest that a discount of that moment makes of it.

Discounts do not add up. A period includes its beginning and not its end. Prices are in minor units.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

DiscountKind = Literal["percent", "amount"]
_WHOLE = 100


class Discount(NamedTuple):
    """A reduction for a period: by ``value`` percent, or by ``value`` minor units."""

    id: str
    kind: DiscountKind
    value: int
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether the period is now."""
        return self.starts_at <= now < self.ends_at

    def reduce(self, price: int) -> int:
        """Return what is left of a price: half a unit counts for the seller, and nobody is paid for buying."""
        if self.kind == "percent":
            return (price * (_WHOLE - self.value) + _WHOLE // 2) // _WHOLE
        return max(0, price - self.value)


def price_at(price: int, discounts: Iterable[Discount], now: datetime) -> int:
    """Return what a unit costs at a moment."""
    return min((each.reduce(price) for each in discounts if each.holds(now)), default=price)


def next_change(discounts: Iterable[Discount], now: datetime) -> datetime | None:
    """Return when the next period begins or ends after a moment; None where none does."""
    moments = (at for each in discounts for at in (each.starts_at, each.ends_at))
    return min((at for at in moments if at > now), default=None)
