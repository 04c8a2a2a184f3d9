"""The shop's limits, as the rules see them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits and durations. ``hold`` of zero turns holding off: then stock is only taken at the order.

    ``offer`` is how long a unit is kept for whoever it is offered to; that is held, whatever ``hold`` is.
    ``shipping`` is what an order costs beside its lines, in minor units, unless they add up to ``free_shipping_from``.
    """

    hold: timedelta = timedelta(seconds=600)
    extension: timedelta = timedelta(seconds=60)
    offer: timedelta = timedelta(seconds=120)
    max_lines: int = 200
    max_units: int = 500
    shipping: int = 0
    free_shipping_from: int | None = None

    @classmethod
    def of_seconds(cls, *, hold: int, offer: int = 120, **limits: Any) -> "Policy":
        """Make a policy of numbers as settings have them."""
        return cls(hold=timedelta(seconds=hold), offer=timedelta(seconds=offer), **limits)

    def shipping_for(self, total: int) -> int:
        """Return what sending goods of this worth costs, in minor units."""
        free = self.free_shipping_from is not None and total >= self.free_shipping_from
        return 0 if free else self.shipping
