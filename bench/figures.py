"""From many numbers to few: percentiles of one run, and the median and spread of several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, nan
from statistics import median

Figures = dict[str, float]  # what one run measured, by name


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over several runs."""

    middle: float
    least: float
    most: float
    runs: int


def percentile(ordered: Sequence[float], part: float) -> float:
    """Return the smallest value that is at least as large as `part` (0..1) of them (nearest rank); NaN of none."""
    if not ordered:
        return nan
    return ordered[min(len(ordered) - 1, max(0, ceil(part * len(ordered)) - 1))]


def waits(seconds: Iterable[float]) -> Figures:
    """Return the percentiles of waits, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50_ms": percentile(ordered, 0.5) * 1000,
        "p99_ms": percentile(ordered, 0.99) * 1000,
        "max_ms": percentile(ordered, 1.0) * 1000,
    }


def spread(values: Sequence[float]) -> Spread:
    """Return the median of several runs, and how far they lie apart."""
    if not values:
        return Spread(nan, nan, nan, 0)
    return Spread(median(values), min(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured: for each measurement its runs, or why there are none, and which runs failed."""

    runs: dict[str, list[Figures]]
    missing: dict[str, str]
    failed: dict[str, list[str]]

    def spread(self, measurement: str, figure: str) -> Spread:
        """Return one figure of a measurement."""
        return spread([run[figure] for run in self.runs.get(measurement, []) if figure in run])

    def middle(self, measurement: str, figure: str) -> float:
        """Return the median of a figure; NaN where it was not measured."""
        return self.spread(measurement, figure).middle

    def total(self, measurement: str, figure: str) -> float:
        """Return the sum of a figure over all runs: of what must never happen, each time counts."""
        return sum(run.get(figure, 0.0) for run in self.runs.get(measurement, []))
