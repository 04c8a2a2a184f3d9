"""What a row is, and how figures are told in one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from bench import plan
from bench.extent import Extent
from bench.figures import Results
from bench.measure.peers import BARE, NODE, OURS, STOCK
from bench.report import Line, number

NAMES = {OURS: "ours", BARE: "bare send()", NODE: "Socket.IO on Node", STOCK: "python-socketio as it comes"}
FLAT = 1.25  # largest of several costs over the smallest, to be called the same

Tell = Callable[[Results, Extent], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name for `--only`, the measurements it needs, and what it says."""

    name: str
    needs: Callable[[Extent], Sequence[str]]
    tell: Tell


def each_of(results: Results, names: dict[str, str], figure: str, unit: str) -> str:
    """Write the peers' figures."""
    return " · ".join(f"{NAMES[server]} {number(results.middle(name, figure), unit)}" for server, name in names.items())


def both_waits(results: Results, name: str) -> str:
    """Write a measurement's median wait and its 99th percentile."""
    return f"{number(results.middle(name, 'p50_ms'))} / {number(results.middle(name, 'p99_ms'))} ms"


def faults(results: Results, name: str) -> float:
    """Return how many events were lost, repeated or out of order, over all runs, and clients that were cut off."""
    if name not in results.runs:
        return nan
    return sum(results.total(name, fault) for fault in ("lost", "repeated", "regressed", "gone"))


def of_crowds(*servers: str) -> Callable[[Extent], Sequence[str]]:
    """Return what needs the crowd's visit to each of these servers."""
    return lambda extent: [plan.crowd(server, extent.clients) for server in servers]
