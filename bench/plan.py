"""Which measurements the chosen rows need, and in which order: a round is one run of each, so peers take turns."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from bench.figures import Figures
from bench.measure import commits, crowds
from bench.measure.carts import alone, carts
from bench.measure.orders import growth, hot_product
from bench.measure.peers import BARE, NODE, OURS, STOCK
from bench.measure.postgres import hot_row
from bench.measure.requests import requests
from bench.measure.single_orders import batches_of_one, textbook
from bench.scale import Scale

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


def measurements(scale: Scale) -> dict[str, Measure]:
    """Return every measurement by its name, in the order of a round."""
    plan: dict[str, Measure] = {
        crowd(server, scale.clients): partial(crowds.visit, server, scale.clients, scale)
        for server in (BARE, OURS, NODE, STOCK)
    }
    plan[crowd(SHOP, scale.clients)] = partial(commits.visit, scale.clients, scale)
    for clients in (scale.few_clients, *scale.growth):
        plan.setdefault(crowd(OURS, clients), partial(crowds.visit, OURS, clients, scale))
    for count in (0, *scale.stalled):
        visit = partial(crowds.visit, OURS, scale.clients, scale, stalled=count)
        plan[stalled_crowd(scale.clients, count)] = visit
    plan |= {asking(server): partial(requests, server, scale) for server in (OURS, NODE, STOCK)}
    plan |= {filling(sockets): partial(carts, sockets, scale) for sockets in scale.cart_sockets}
    return plan | {
        ALONE: partial(alone, scale),
        HOT: partial(hot_product, scale),
        TEXTBOOK: partial(textbook, scale),
        ONE_EACH: partial(batches_of_one, scale),
        POSTGRES: partial(hot_row, scale),
        STORED: partial(growth, scale),
    }


def needed(scale: Scale, names: Iterable[str]) -> dict[str, Measure]:
    """Return these measurements, in the order of a round."""
    wanted = set(names)
    return {name: measure for name, measure in measurements(scale).items() if name in wanted}
