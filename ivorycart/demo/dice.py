"""Choices that look random and are the same for the same seed on every version of Python."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_BYTES = 4
_RANGE = 2**32


class Dice:
    """A stream of numbers that depends on nothing but the seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._thrown = 0

    def unit(self) -> float:
        """Return the next number, 0 ≤ n < 1."""
        self._thrown += 1
        digest = blake2b(f"{self._seed}:{self._thrown}".encode(), digest_size=_BYTES).digest()
        return int.from_bytes(digest) / _RANGE

    def between(self, low: float, high: float) -> float:
        """Return the next number, low ≤ n < high."""
        return low + (high - low) * self.unit()

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[int(self.unit() * len(choices))]

    def chance(self, share: float) -> bool:
        """Return True in that share of all throws."""
        return self.unit() < share
