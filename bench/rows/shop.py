"""Rows of the whole shop, database included: stock changes, carts, orders."""

from bench import plan
from bench.extent import Extent
from bench.figures import Results
from bench.measure.peers import NODE
from bench.report import Line, at_least, at_most, every, number, ratio
from bench.rows.row import Row, both_waits, faults, of_crowds


def _commit(results: Results, extent: Extent) -> list[Line]:
    shop, node = plan.crowd(plan.SHOP, extent.clients), plan.crowd(NODE, extent.clients)
    ours, peer = results.middle(shop, "p99_ms"), results.middle(node, "p99_ms")
    wrong = faults(results, shop)
    return [
        Line(
            f"a stock change: commit → all of {extent.clients:,} clients, p99 (whole shop)",
            "≤ half of Node's broadcast p99 + 10 ms; nothing lost or repeated",
            f"{number(ours, 'ms')} (p50 {number(results.middle(shop, 'p50_ms'))}), {number(wrong)} wrong",
            f"Node's broadcast p99 {number(peer, 'ms')}",
            every([at_most(ours, peer / 2 + 10), at_most(wrong, 0)]),
        )
    ]


def _carts(results: Results, extent: Extent) -> list[Line]:
    lines = []
    for sockets in extent.cart_sockets:
        name = plan.filling(sockets)
        rate, slow = results.middle(name, "per_s"), results.middle(name, "p99_ms")
        refused = results.total(name, "refused")
        told = f"{number(rate, '/s')}, p50 / p99 {both_waits(results, name)}, {number(refused)} refused"
        what = f"cart:set over {sockets} sockets, {extent.products:,} products, database included"
        met = every([at_least(rate, 5000), at_most(slow, 100)])
        lines.append(Line(what, "≥ 5,000/s, p99 ≤ 100 ms", told, "", met))
    return lines


def _alone(results: Results, _scale: Extent) -> list[Line]:
    middle = results.middle(plan.ALONE, "p50_ms")
    return [
        Line(
            "a lone cart:set on an idle server", "p50 ≤ 8 ms", both_waits(results, plan.ALONE), "", at_most(middle, 8.0)
        )
    ]


def _orders(results: Results, extent: Extent) -> list[Line]:
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
            f"orders over {extent.buyers:,} sockets, one hot product",
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


SHOP = (
    Row("commit", of_crowds(plan.SHOP, NODE), _commit),
    Row("carts", lambda extent: [plan.filling(sockets) for sockets in extent.cart_sockets], _carts),
    Row("alone", lambda _: [plan.ALONE], _alone),
    Row("orders", lambda _: [plan.HOT, plan.TEXTBOOK, plan.ONE_EACH, plan.POSTGRES], _orders),
)
