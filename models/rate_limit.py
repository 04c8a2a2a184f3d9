"""How often something may be done, and what was granted of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within any so many seconds."""

    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What came of asking: how many were granted, how many are left, seconds until the next are free again."""

    granted: int
    left: int
    opens_in: float
