"""The shop's limits, as the rules see them."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits and durations. ``hold`` of zero turns holding off: then stock is only taken at the order.

    ``offer`` is how long a unit is kept for whoever it is offered to; that is held, whatever ``hold`` is.
    """

    hold: timedelta = timedelta(seconds=600)
    extension: timedelta = timedelta(seconds=60)
    offer: timedelta = timedelta(seconds=120)
    max_lines: int = 200
    max_units: int = 500

    @classmethod
    def of_seconds(cls, *, hold: int, max_units: int, offer: int = 120) -> "Policy":
        """Make a policy of numbers as settings have them."""
        return cls(hold=timedelta(seconds=hold), max_units=max_units, offer=timedelta(seconds=offer))
