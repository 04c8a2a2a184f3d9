"""Which measurements there are, by name; parts may be asked for alone."""

from collections.abc import Callable, Mapping
from functools import partial

from bench.plan import Measure
from bench.scale import cursors, processes, stored
from bench.scale.size import Size

CROWDS, CURSORS, ORDERS, PRODUCTS = "sockets of one process", "change streams", "stored orders", "products"


def of_processes(count: int) -> str:
    """Name the measurement of so many processes."""
    return f"{count} process{'es' if count > 1 else ''}"


def _processes(size: Size) -> dict[str, Measure]:
    return {of_processes(count): partial(processes.measure, count, size) for count in size.processes}


PARTS: Mapping[str, Callable[[Size], dict[str, Measure]]] = {
    "processes": _processes,
    "sockets": lambda size: {CROWDS: partial(processes.crowds, size)},
    "streams": lambda size: {CURSORS: partial(cursors.measure, size)},
    "orders": lambda size: {ORDERS: partial(stored.orders, size)},
    "products": lambda size: {PRODUCTS: partial(stored.catalogues, size)},
}


def measurements(size: Size, only: str) -> dict[str, Measure]:
    """Return the parts that were asked for, or all; none for "model". Raise ValueError for a part that is none."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = set(names) - {*PARTS, "model"}
    if unknown:
        raise ValueError(f"there is no part {', '.join(sorted(unknown))}")
    chosen = [part for name, part in PARTS.items() if not names or name in names]
    return {name: measure for part in chosen for name, measure in part(size).items()}
