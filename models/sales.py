"""Periods of sales figures."""

from collections.abc import Mapping
from typing import Literal

Period = Literal["day", "month"]

PERIODS: Mapping[Period, tuple[Literal["hour", "day"], int]] = {
    "day": ("hour", 86_400),
    "month": ("day", 30 * 86_400),
}
"""Each period's steps, and how many seconds back it begins."""
