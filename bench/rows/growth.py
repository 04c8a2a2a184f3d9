"""The row of what must not grow: the cost of a client with the crowd, and of an order with those stored."""

from collections.abc import Sequence

from bench import plan
from bench.extent import Extent
from bench.figures import Results
from bench.measure.peers import OURS
from bench.report import Line, at_most, number
from bench.rows.row import FLAT, Row


def _growth(results: Results, extent: Extent) -> list[Line]:
    sizes = sorted({*extent.growth})
    costs = [results.middle(plan.crowd(OURS, clients), "cpu_us") for clients in sizes]
    orders = [results.middle(plan.STORED, f"cpu_us@{size}") for size in extent.stored]
    stored = [results.middle(plan.STORED, f"mongod_us@{size}") for size in extent.stored]
    both = [mine + database for mine, database in zip(orders, stored, strict=True)]
    rates = [results.middle(plan.STORED, f"per_s@{size}") for size in extent.stored]
    return [
        _flat("broadcast, CPU per client", "clients", sizes, costs),
        _flat("an order, CPU with the database's", "stored orders", extent.stored, both, f" ({_series(rates)} per s)"),
    ]


def _flat(what: str, of: str, sizes: Sequence[int], costs: Sequence[float], more: str = "") -> Line:
    at = " / ".join(f"{size:,}" for size in sizes)
    met = at_most(max(costs), FLAT * min(costs))
    return Line(
        f"{what}, at {at} {of}", f"flat (largest ≤ {FLAT} times smallest)", f"{_series(costs)} µs{more}", "", met
    )


def _series(values: Sequence[float]) -> str:
    return " / ".join(map(number, values))


GROWTH = Row("growth", lambda extent: [*(plan.crowd(OURS, each) for each in extent.growth), plan.STORED], _growth)
