"""Lists of orders: whose, which of them, and where a page ends. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from models.identity import OBJECT_ID
from models.order import OrderStatus

View = Literal["buyer", "seller", "all", "available", "mine", "done"]
"""What one ordered, what one sold, all; what nobody brings yet, what one brings, what one brought."""

CURSOR = re.compile(r"(?:(-?[0-9a-f]{1,12})-)?([0-9a-f]{24})", re.ASCII)
EVERY_STATUS = tuple(OrderStatus)
LEAST_OF_AN_ID = 8  # digits: the second in which it was made
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


class Place(NamedTuple):
    """Where in a list, by time, an order stands; it stays there while others come and go."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders are wanted; ``user_id`` is whose, ``before`` is not in the period.

    A status is the order's own in the lists of buyers and of all, and elsewhere that of the parts that are shown.
    ``text`` is the beginning of an order's id, or stands in the name of a product that is shown.
    """

    view: View
    user_id: str = ""
    since: datetime | None = None
    before: datetime | None = None
    statuses: tuple[OrderStatus, ...] = ()
    text: str = ""
    oldest_first: bool = False

    @property
    def beginning(self) -> str:
        """What the ids of wanted orders begin with, where the text can be nothing else: eight digits, not all decimal.

        What is decimal only may be the number of an article in a product's name.
        """
        text = self.text.strip().lower()
        is_one = len(text) >= LEAST_OF_AN_ID and _HEX.fullmatch(text) and not text.isdecimal()
        return text if is_one or OBJECT_ID.fullmatch(text) else ""


def cursor_of(place: Place) -> str:
    """Write a place: milliseconds of the epoch, and the id."""
    return f"{(place.at - _EPOCH) // timedelta(milliseconds=1):x}-{place.id}"


def read_cursor(cursor: str) -> Place | str | None:
    """Read a place, or the id that stood for one; None is neither."""
    match = CURSOR.fullmatch(cursor)
    if match is None:
        return None
    if match[1] is None:
        return match[2]
    try:
        return Place(_EPOCH + timedelta(milliseconds=int(match[1], 16)), match[2])
    except OverflowError:
        return None
