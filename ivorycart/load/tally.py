"""What was measured, in a form that is small, adds up and travels between processes. Pure."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

STEP = 1.02  # neighbouring bounds differ by 2 %: so exact is a percentile
SHORTEST, LONGEST = 10e-6, 1000.0  # seconds
EXAMPLES = 20
PERCENTILES = (50, 90, 99)


def _bounds() -> tuple[float, ...]:
    above = [SHORTEST]
    while above[-1] < LONGEST:
        above.append(above[-1] * STEP)
    return (*(-each for each in reversed(above)), 0.0, *above)


BOUNDS = _bounds()


@dataclass(slots=True)
class Histogram:
    """Durations in seconds, which may be negative: counts between bounds that grow by 2 %."""

    counts: Counter[int] = field(default_factory=Counter)
    least: float = float("inf")
    most: float = float("-inf")

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())

    def add(self, value: float) -> None:
        """Add one value."""
        self.counts[bisect_left(BOUNDS, value)] += 1
        self._widen(value, value)

    def add_all(self, values: Iterable[float]) -> None:
        """Add many values; costs about a sort of them."""
        ordered = sorted(values)
        if not ordered:
            return
        at = 0
        while at < len(ordered):
            bound = bisect_left(BOUNDS, ordered[at])
            after = bisect_right(ordered, BOUNDS[bound], at) if bound < len(BOUNDS) else len(ordered)
            self.counts[bound] += after - at
            at = after
        self._widen(ordered[0], ordered[-1])

    def merge(self, other: "Histogram") -> None:
        """Add another's values."""
        self.counts.update(other.counts)
        self._widen(other.least, other.most)

    def percentile(self, percent: float) -> float | None:
        """Return the value that so many percent do not exceed, rounded up by at most 2 %."""
        rank, seen = percent / 100 * self.count, 0
        for bound in sorted(self.counts):
            seen += self.counts[bound]
            if seen >= rank:
                return max(self.least, min(BOUNDS[min(bound, len(BOUNDS) - 1)], self.most))
        return None

    def below(self, value: float) -> int:
        """Return how many values are less than or equal to a bound."""
        last = bisect_left(BOUNDS, value)
        return sum(count for bound, count in self.counts.items() if bound <= last)

    def in_ms(self) -> dict[str, float | int | None]:
        """Return count, percentiles and maximum, in milliseconds."""
        known = {f"p{percent}": self.percentile(percent) for percent in PERCENTILES}
        known["max"] = self.most if self.counts else None
        shown = {name: None if value is None else round(value * 1000, 3) for name, value in known.items()}
        return {"count": self.count, **shown}

    def _widen(self, least: float, most: float) -> None:
        self.least, self.most = min(self.least, least), max(self.most, most)


@dataclass(slots=True)
class Tally:
    """Everything that is counted. Two of them add up."""

    frames: int = 0
    received_bytes: int = 0
    connects: int = 0
    reconnects: int = 0
    resumed: int = 0
    snapshots: int = 0
    cut: int = 0
    deflated: int = 0
    orders: int = 0
    repeated: int = 0
    tokens_refused: int = 0  # at the door; the client then comes without one
    probe_steps: int = 0
    probe_unheard: int = 0
    probe_disturbed: int = 0
    handshakes: Histogram = field(default_factory=Histogram)
    back: Histogram = field(default_factory=Histogram)
    equal: Histogram = field(default_factory=Histogram)  # from the begin of a reconnect to knowing the newest levels
    cart_acks: Histogram = field(default_factory=Histogram)
    order_acks: Histogram = field(default_factory=Histogram)
    connect_errors: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)  # "event: code"
    unknown: Counter[str] = field(default_factory=Counter)  # an answer that never came, by event
    units: Counter[str] = field(default_factory=Counter)  # of acknowledged orders, by product
    unknown_units: Counter[str] = field(default_factory=Counter)  # of orders whose outcome is not known
    faults: Counter[str] = field(default_factory=Counter)
    faulty_clients: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def merge(self, other: "Tally") -> None:
        """Add what another has counted."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Histogram):
                mine.merge(theirs)
            elif isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, list):
                mine.extend(theirs[: EXAMPLES - len(mine)])
            else:
                setattr(self, each.name, mine + theirs)

    def example(self, kind: str, **what: Any) -> None:
        """Keep what was wrong, if there is still room for it."""
        if len(self.examples) < EXAMPLES:
            self.examples.append({"kind": kind, **what})

    @property
    def errors(self) -> int:
        """How many things went wrong that are neither refusals nor closed on purpose."""
        return sum(self.connect_errors.values()) + sum(self.unknown.values()) + sum(self.unreadable.values())


def by_code(refusals: Mapping[str, int], event: str) -> dict[str, int]:
    """Return one event's refusals by code, the most frequent first."""
    mine = {key.removeprefix(f"{event}: "): count for key, count in refusals.items() if key.startswith(f"{event}: ")}
    return dict(sorted(mine.items(), key=lambda each: -each[1]))
