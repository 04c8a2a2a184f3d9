"""Which measurements the chosen rows need, and in which order: a round is one run of each, so peers take turns."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from bench.extent import Extent
from bench.figures import Figures
from bench.measure import commits, crowds
from bench.measure.carts import alone, carts
from bench.measure.orders import growth, hot_product
from bench.measure.peers import BARE, NODE, OURS, STOCK
from bench.measure.postgres import hot_row
from bench.measure.requests import requests
from bench.measure.single_orders import batches_of_one, textbook

Measure = Callable[[], Awaitable[Figures]]

SHOP = "shop"
ALONE, HOT, STORED, POSTGRES = "cart:set alone", "orders", "orders stored", "postgres"
TEXTBOOK, ONE_EACH = "orders, a transaction each", "orders, batches of one"


def crowd(server: str, clients: int) -> str:
    """Name a crowd's visit."""
    return f"{server}, {clients} clients"


def stalled_crowd(clients: int, stalled: int) -> str:
    """Name a visit of a crowd of which some read nothing."""
    return f"{OURS}, {clients} clients, {stalled} stalled"


def asking(server: str) -> str:
    """Name the requests to a server."""
    return f"{server}, requests"


def filling(sockets: int) -> str:
    """Name the carts of so many sockets."""
    return f"cart:set, {sockets} sockets"


def measurements(extent: Extent) -> dict[str, Measure]:
    """Return every measurement by its name, in the order of a round."""
    plan: dict[str, Measure] = {
        crowd(server, extent.clients): partial(crowds.visit, server, extent.clients, extent)
        for server in (BARE, OURS, NODE, STOCK)
    }
    plan[crowd(SHOP, extent.clients)] = partial(commits.visit, extent.clients, extent)
    for clients in (extent.few_clients, *extent.growth):
        plan.setdefault(crowd(OURS, clients), partial(crowds.visit, OURS, clients, extent))
    for count in (0, *extent.stalled):
        visit = partial(crowds.visit, OURS, extent.clients, extent, stalled=count)
        plan[stalled_crowd(extent.clients, count)] = visit
    plan |= {asking(server): partial(requests, server, extent) for server in (OURS, NODE, STOCK)}
    plan |= {filling(sockets): partial(carts, sockets, extent) for sockets in extent.cart_sockets}
    return plan | {
        ALONE: partial(alone, extent),
        HOT: partial(hot_product, extent),
        TEXTBOOK: partial(textbook, extent),
        ONE_EACH: partial(batches_of_one, extent),
        POSTGRES: partial(hot_row, extent),
        STORED: partial(growth, extent),
    }


def needed(extent: Extent, names: Iterable[str]) -> dict[str, Measure]:
    """Return these measurements, in the order of a round."""
    wanted = set(names)
    return {name: measure for name, measure in measurements(extent).items() if name in wanted}
