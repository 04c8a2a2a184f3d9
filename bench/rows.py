"""The rows of the report: what each needs measured, and how it is judged beside its peers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from bench import plan
from bench.figures import Results
from bench.measure.peers import BARE, NODE, OURS, STOCK
from bench.report import Line, at_least, at_most, every, number, ratio
from bench.scale import Scale

NAMES = {OURS: "ours", BARE: "bare send()", NODE: "Socket.IO on Node", STOCK: "python-socketio as it comes"}
FLAT = 1.25  # largest of several costs over the smallest, to be called the same

Tell = Callable[[Results, Scale], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name for `--only`, the measurements it needs, and what it says."""

    name: str
    needs: Callable[[Scale], Sequence[str]]
    tell: Tell


def _beside(results: Results, names: dict[str, str], figure: str, unit: str) -> str:
    """Write the peers' figures."""
    return " · ".join(f"{NAMES[server]} {number(results.middle(name, figure), unit)}" for server, name in names.items())


def _broadcast(results: Results, scale: Scale) -> list[Line]:
    crowds = {server: plan.crowd(server, scale.clients) for server in (BARE, NODE, STOCK)}
    cost = {server: results.middle(name, "cpu_us") for server, name in crowds.items()}
    ours = plan.crowd(OURS, scale.clients)
    own = results.middle(ours, "cpu_us")
    wrong = {name: _wrong(results, name) for name in (ours, *crowds.values())}
    return [
        Line(
            f"broadcast of a stock event, CPU per client ({scale.clients:,} clients)",
            "≤ 1.25 times bare send(), ≤ 0.65 times Node, ≤ 1/8 of python-socketio",
            number(own, "µs"),
            "; ".join(
                f"{number(ratio(own, cost[server]))} times {NAMES[server]} ({number(cost[server], 'µs')})"
                for server in cost
            ),
            at_most(own, 1.25 * cost[BARE], 0.65 * cost[NODE], cost[STOCK] / 8),
        ),
        Line(
            "broadcast, at the client p50 / p99",
            "",
            _two(results, ours),
            " · ".join(f"{NAMES[server]} {_two(results, name)}" for server, name in crowds.items()),
            None,
        ),
        Line(
            "broadcast, events lost, repeated or out of order",
            "0",
            number(wrong[ours]),
            " · ".join(f"{NAMES[server]} {number(wrong[name])}" for server, name in crowds.items()),
            at_most(wrong[ours], 0),
        ),
    ]


def _wrong(results: Results, name: str) -> float:
    """Return how many events were lost, repeated or out of order, over all runs, and clients that were cut off."""
    if name not in results.runs:
        return nan
    return sum(results.total(name, fault) for fault in ("lost", "repeated", "regressed", "gone"))


def _two(results: Results, name: str) -> str:
    return f"{number(results.middle(name, 'p50_ms'))} / {number(results.middle(name, 'p99_ms'))} ms"


def _commit(results: Results, scale: Scale) -> list[Line]:
    shop, node = plan.crowd(plan.SHOP, scale.clients), plan.crowd(NODE, scale.clients)
    ours, peer = results.middle(shop, "p99_ms"), results.middle(node, "p99_ms")
    wrong = _wrong(results, shop)
    return [
        Line(
            f"a stock change: commit → all of {scale.clients:,} clients, p99 (whole shop)",
            "≤ half of Node's broadcast p99 + 10 ms; nothing lost or repeated",
            f"{number(ours, 'ms')} (p50 {number(results.middle(shop, 'p50_ms'))}), {number(wrong)} wrong",
            f"Node's broadcast p99 {number(peer, 'ms')}",
            every([at_most(ours, peer / 2 + 10), at_most(wrong, 0)]),
        )
    ]


def _memory(results: Results, scale: Scale) -> list[Line]:
    peers = {server: plan.crowd(server, scale.clients) for server in (NODE, STOCK)}
    ours = results.middle(plan.crowd(OURS, scale.clients), "memory_kib")
    return [
        Line(
            "memory per idle client, deflate offered",
            "≤ Node's",
            number(ours, "KiB"),
            _beside(results, peers, "memory_kib", "KiB"),
            at_most(ours, results.middle(peers[NODE], "memory_kib")),
        )
    ]


def _connects(results: Results, scale: Scale) -> list[Line]:
    peers = {server: plan.crowd(server, scale.clients) for server in (NODE, STOCK, BARE)}
    node = results.middle(peers[NODE], "connects_per_s")
    what = f"connects, {scale.clients:,} at once ({scale.connects_at_once} handshakes on their way)"
    lines = []
    for server, which in ((OURS, "engine alone"), (plan.SHOP, "whole shop")):
        name = plan.crowd(server, scale.clients)
        ours, cost = results.middle(name, "connects_per_s"), results.middle(name, "connect_us")
        told = f"{number(ours, '/s')} ({number(cost, 'µs')} CPU each)"
        beside = _beside(results, peers, "connects_per_s", "/s")
        lines.append(Line(f"{what}, {which}", "≥ Node's", told, beside, at_least(ours, node)))
    return lines


def _disconnect(results: Results, scale: Scale) -> list[Line]:
    many, few = plan.crowd(OURS, scale.clients), plan.crowd(OURS, scale.few_clients)
    each, each_of_few = results.middle(many, "leave_us"), results.middle(few, "leave_us")
    return [
        Line(
            f"disconnect of {scale.clients:,} at once, CPU per client",
            f"the same as for {scale.few_clients:,} (≤ {FLAT} times)",
            f"{number(each, 'µs')}, of {scale.few_clients:,} {number(each_of_few, 'µs')}",
            _beside(results, {server: plan.crowd(server, scale.clients) for server in (NODE, STOCK)}, "leave_us", "µs"),
            at_most(each, FLAT * each_of_few),
        )
    ]


def _carts(results: Results, scale: Scale) -> list[Line]:
    lines = []
    for sockets in scale.cart_sockets:
        name = plan.filling(sockets)
        rate, slow = results.middle(name, "per_s"), results.middle(name, "p99_ms")
        refused = results.total(name, "refused")
        told = f"{number(rate, '/s')}, p50 / p99 {_two(results, name)}, {number(refused)} refused"
        what = f"cart:set over {sockets} sockets, {scale.products:,} products, database included"
        met = every([at_least(rate, 5000), at_most(slow, 100)])
        lines.append(Line(what, "≥ 5,000/s, p99 ≤ 100 ms", told, "", met))
    return lines


def _alone(results: Results, _scale: Scale) -> list[Line]:
    middle = results.middle(plan.ALONE, "p50_ms")
    return [
        Line("a lone cart:set on an idle server", "p50 ≤ 8 ms", _two(results, plan.ALONE), "", at_most(middle, 8.0))
    ]


def _orders(results: Results, scale: Scale) -> list[Line]:
    rate, textbook = results.middle(plan.HOT, "per_s"), results.middle(plan.TEXTBOOK, "per_s")
    wrong = results.total(plan.HOT, "oversold") + results.total(plan.HOT, "faults")
    singles = (
        (textbook, "one transaction per order, as the driver's manual has it"),
        (results.middle(plan.ONE_EACH, "per_s"), "this ledger with batches of one, backing off"),
    )
    peers = [f"{name}: {number(each, '/s')} ({number(ratio(rate, each))} times)" for each, name in singles]
    none_wrong = wrong == 0 if plan.HOT in results.runs else None
    return [
        Line(
            f"orders over {scale.buyers:,} sockets, one hot product",
            "≥ 3,000/s, ≥ 100 times one transaction per order as in the manual, 0 oversold",
            f"{number(rate, '/s')}, p99 {number(results.middle(plan.HOT, 'p99_ms'), 'ms')}, {number(wrong)} oversold",
            " · ".join((*peers, f"PostgreSQL, hot row: {_postgres(results)}")),
            every([at_least(rate, 3000, 100 * textbook), none_wrong]),
        )
    ]


def _postgres(results: Results) -> str:
    if plan.POSTGRES in results.missing:
        return results.missing[plan.POSTGRES]
    slow = results.middle(plan.POSTGRES, "p99_ms")
    return f"{number(results.middle(plan.POSTGRES, 'per_s'), '/s')}, p99 {number(slow, 'ms')}"


def _growth(results: Results, scale: Scale) -> list[Line]:
    sizes = sorted({*scale.growth})
    costs = [results.middle(plan.crowd(OURS, clients), "cpu_us") for clients in sizes]
    orders = [results.middle(plan.STORED, f"cpu_us@{size}") for size in scale.stored]
    stored = [results.middle(plan.STORED, f"mongod_us@{size}") for size in scale.stored]
    both = [mine + database for mine, database in zip(orders, stored, strict=True)]
    rates = [results.middle(plan.STORED, f"per_s@{size}") for size in scale.stored]
    return [
        _flat("broadcast, CPU per client", "clients", sizes, costs),
        _flat("an order, CPU with the database's", "stored orders", scale.stored, both, f" ({_series(rates)} per s)"),
    ]


def _flat(what: str, of: str, sizes: Sequence[int], costs: Sequence[float], more: str = "") -> Line:
    at = " / ".join(f"{size:,}" for size in sizes)
    met = at_most(max(costs), FLAT * min(costs))
    return Line(
        f"{what}, at {at} {of}", f"flat (largest ≤ {FLAT} times smallest)", f"{_series(costs)} µs{more}", "", met
    )


def _series(values: Sequence[float]) -> str:
    return " / ".join(map(number, values))


def _stalled(results: Results, scale: Scale) -> list[Line]:
    without = plan.stalled_crowd(scale.clients, 0)
    usual, grown = results.spread(without, "p99_ms"), results.middle(without, "grown_mib")
    lines = []
    for count in scale.stalled:
        name = plan.stalled_crowd(scale.clients, count)
        slow = results.middle(name, "p99_ms")
        each = (results.middle(name, "grown_mib") - grown) / count
        what = f"{count} stalled among {scale.clients:,}: the others' p99, memory kept for each"
        told = f"{number(slow, 'ms')}, {number(max(0.0, each), 'MiB')}"
        beside = f"nobody stalled {number(usual.middle, 'ms')} ({number(usual.least)} to {number(usual.most)})"
        # Unchanged: within a quarter of the median, or no worse than a run without anyone stalled was.
        met = every([at_most(slow, max(FLAT * usual.middle, usual.most)), at_most(each, 1.0)])
        lines.append(Line(what, "p99 unchanged, ≤ 1 MiB", told, beside, met))
    return lines


def _requests(results: Results, scale: Scale) -> list[Line]:
    ours, peers = plan.asking(OURS), {server: plan.asking(server) for server in (NODE, STOCK)}
    told = (
        f"{number(results.middle(ours, 'per_s'), '/s')}, p99 {number(results.middle(ours, 'p99_ms'), 'ms')}, "
        f"{number(results.middle(ours, 'cpu_us'), 'µs')} CPU each"
    )
    beside = f"{_beside(results, peers, 'per_s', '/s')}; CPU each {_beside(results, peers, 'cpu_us', 'µs')}"
    return [Line(f"request and ack on {scale.askers} sockets", "", told, beside, None)]


def _crowds(*servers: str) -> Callable[[Scale], Sequence[str]]:
    return lambda scale: [plan.crowd(server, scale.clients) for server in servers]


ROWS: tuple[Row, ...] = (
    Row("broadcast", _crowds(BARE, OURS, NODE, STOCK), _broadcast),
    Row("commit", _crowds(plan.SHOP, NODE), _commit),
    Row("memory", _crowds(OURS, NODE, STOCK), _memory),
    Row("connects", _crowds(OURS, plan.SHOP, NODE, STOCK, BARE), _connects),
    Row(
        "disconnect",
        lambda scale: [*_crowds(OURS, NODE, STOCK)(scale), plan.crowd(OURS, scale.few_clients)],
        _disconnect,
    ),
    Row("carts", lambda scale: [plan.filling(sockets) for sockets in scale.cart_sockets], _carts),
    Row("alone", lambda _: [plan.ALONE], _alone),
    Row("orders", lambda _: [plan.HOT, plan.TEXTBOOK, plan.ONE_EACH, plan.POSTGRES], _orders),
    Row("growth", lambda scale: [*(plan.crowd(OURS, each) for each in scale.growth), plan.STORED], _growth),
    Row("stalled", lambda scale: [plan.stalled_crowd(scale.clients, each) for each in (0, *scale.stalled)], _stalled),
    Row("requests", lambda _: [plan.asking(server) for server in (OURS, NODE, STOCK)], _requests),
)
