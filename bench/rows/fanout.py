"""Rows of the engine, without a shop: what each client costs, and how soon it hears."""

from bench import plan
from bench.extent import Extent
from bench.figures import Results
from bench.measure.peers import BARE, NODE, OURS, STOCK
from bench.report import Line, at_least, at_most, every, number, ratio
from bench.rows.row import FLAT, NAMES, Row, both_waits, each_of, faults, of_crowds


def _broadcast(results: Results, extent: Extent) -> list[Line]:
    crowds = {server: plan.crowd(server, extent.clients) for server in (BARE, NODE, STOCK)}
    cost = {server: results.middle(name, "cpu_us") for server, name in crowds.items()}
    ours = plan.crowd(OURS, extent.clients)
    own = results.middle(ours, "cpu_us")
    wrong = {name: faults(results, name) for name in (ours, *crowds.values())}
    return [
        Line(
            f"broadcast of a stock event, CPU per client ({extent.clients:,} clients)",
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
            both_waits(results, ours),
            " · ".join(f"{NAMES[server]} {both_waits(results, name)}" for server, name in crowds.items()),
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


def _memory(results: Results, extent: Extent) -> list[Line]:
    peers = {server: plan.crowd(server, extent.clients) for server in (NODE, STOCK)}
    ours = results.middle(plan.crowd(OURS, extent.clients), "memory_kib")
    return [
        Line(
            "memory per idle client, deflate offered",
            "≤ Node's",
            number(ours, "KiB"),
            each_of(results, peers, "memory_kib", "KiB"),
            at_most(ours, results.middle(peers[NODE], "memory_kib")),
        )
    ]


def _connects(results: Results, extent: Extent) -> list[Line]:
    peers = {server: plan.crowd(server, extent.clients) for server in (NODE, STOCK, BARE)}
    node = results.middle(peers[NODE], "connects_per_s")
    what = f"connects, {extent.clients:,} at once ({extent.connects_at_once} handshakes on their way)"
    lines = []
    for server, which in ((OURS, "engine alone"), (plan.SHOP, "whole shop")):
        name = plan.crowd(server, extent.clients)
        ours, cost = results.middle(name, "connects_per_s"), results.middle(name, "connect_us")
        told = f"{number(ours, '/s')} ({number(cost, 'µs')} CPU each)"
        beside = each_of(results, peers, "connects_per_s", "/s")
        lines.append(Line(f"{what}, {which}", "≥ Node's", told, beside, at_least(ours, node)))
    return lines


def _disconnect(results: Results, extent: Extent) -> list[Line]:
    many, few = plan.crowd(OURS, extent.clients), plan.crowd(OURS, extent.few_clients)
    each, each_of_few = results.middle(many, "leave_us"), results.middle(few, "leave_us")
    return [
        Line(
            f"disconnect of {extent.clients:,} at once, CPU per client",
            f"the same as for {extent.few_clients:,} (≤ {FLAT} times)",
            f"{number(each, 'µs')}, of {extent.few_clients:,} {number(each_of_few, 'µs')}",
            each_of(
                results, {server: plan.crowd(server, extent.clients) for server in (NODE, STOCK)}, "leave_us", "µs"
            ),
            at_most(each, FLAT * each_of_few),
        )
    ]


def _stalled(results: Results, extent: Extent) -> list[Line]:
    without = plan.stalled_crowd(extent.clients, 0)
    usual, grown = results.spread(without, "p99_ms"), results.middle(without, "grown_mib")
    lines = []
    for count in extent.stalled:
        name = plan.stalled_crowd(extent.clients, count)
        slow = results.middle(name, "p99_ms")
        each = (results.middle(name, "grown_mib") - grown) / count
        what = f"{count} stalled among {extent.clients:,}: the others' p99, memory kept for each"
        told = f"{number(slow, 'ms')}, {number(max(0.0, each), 'MiB')}"
        beside = f"nobody stalled {number(usual.middle, 'ms')} ({number(usual.least)} to {number(usual.most)})"
        # Unchanged: within a quarter of the median, or no worse than a run without anyone stalled was.
        met = every([at_most(slow, max(FLAT * usual.middle, usual.most)), at_most(each, 1.0)])
        lines.append(Line(what, "p99 unchanged, ≤ 1 MiB", told, beside, met))
    return lines


def _requests(results: Results, extent: Extent) -> list[Line]:
    ours, peers = plan.asking(OURS), {server: plan.asking(server) for server in (NODE, STOCK)}
    told = (
        f"{number(results.middle(ours, 'per_s'), '/s')}, p99 {number(results.middle(ours, 'p99_ms'), 'ms')}, "
        f"{number(results.middle(ours, 'cpu_us'), 'µs')} CPU each"
    )
    beside = f"{each_of(results, peers, 'per_s', '/s')}; CPU each {each_of(results, peers, 'cpu_us', 'µs')}"
    return [Line(f"request and ack on {extent.askers} sockets", "", told, beside, None)]


FANOUT = (
    Row("broadcast", of_crowds(BARE, OURS, NODE, STOCK), _broadcast),
    Row("memory", of_crowds(OURS, NODE, STOCK), _memory),
    Row("connects", of_crowds(OURS, plan.SHOP, NODE, STOCK, BARE), _connects),
    Row(
        "disconnect",
        lambda extent: [*of_crowds(OURS, NODE, STOCK)(extent), plan.crowd(OURS, extent.few_clients)],
        _disconnect,
    ),
    Row(
        "stalled", lambda extent: [plan.stalled_crowd(extent.clients, each) for each in (0, *extent.stalled)], _stalled
    ),
    Row("requests", lambda _: [plan.asking(server) for server in (OURS, NODE, STOCK)], _requests),
)
