"""From the figures to what one more of each costs: lines through the measured points, and the model's costs."""

from collections.abc import Sequence
from math import isnan, nan
from statistics import StatisticsError, linear_regression

import orjson

from bench.figures import Results
from bench.payload import EVENT, stock_event
from bench.scale import plan
from bench.scale.contention import BatchCost, Contended, contended, cost_of
from bench.scale.drawing import Point
from bench.scale.model import Costs
from bench.scale.size import Size

KIB, MIB = 1024.0, 2.0**20


def points(results: Results, measurement: str, figure: str) -> list[Point]:
    """Return the medians of a figure that is named by a number: that number, and the figure."""
    names = dict.fromkeys(name for run in results.runs.get(measurement, []) for name in run)
    ats = [int(at) for name, _, at in (each.partition("@") for each in names) if name == figure and at]
    return [(float(at), results.middle(measurement, f"{figure}@{at}")) for at in ats]


def by_processes(results: Results, size: Size, figure: str) -> list[Point]:
    """Return the medians of a figure by the number of processes."""
    told = [(float(n), results.middle(plan.of_processes(n), figure)) for n in size.processes]
    return [point for point in told if not isnan(point[1])]


def slope(measured: Sequence[Point]) -> float:
    """Return what one more costs: the line of least squares, at least 0; NaN where it was not measured twice."""
    try:
        return max(0.0, linear_regression(*zip(*measured, strict=True)).slope)
    except (StatisticsError, TypeError):
        return nan


def costs_of(results: Results, size: Size) -> Costs:
    """Return the costs that the model is fed with; NaN for what was not measured."""
    one = plan.of_processes(min(size.processes))
    empty, item = _frame_bytes()
    crowd = points(results, plan.CROWDS, "app_us")
    memory = [(n, each * n * KIB) for n, each in points(results, plan.CROWDS, "memory_kib")]
    streams = plan.CURSORS
    return Costs(
        frame_us=slope(crowd),
        frame_bytes=empty,
        item_bytes=item,
        socket_bytes=slope(memory),
        process_bytes=results.middle(one, "app_mib") * MIB,
        product_bytes=slope(points(results, plan.PRODUCTS, "app_mib")) * MIB,
        process_idle_us=results.middle(one, "idle_app_us"),
        mongod_idle_us=slope(by_processes(results, size, "idle_mongod_us")),
        connections=slope(by_processes(results, size, "connections")),
        order_app_us=results.middle(one, "spread_both_app_us"),
        order_mongod_us=results.middle(one, "spread_both_mongod_us"),
        order_log_bytes=results.middle(one, "spread_logged_bytes"),
        cursor_order_us=slope(points(results, streams, "mongod_us")),
        cursor_idle_us=slope(points(results, streams, "idle_us")),
        cursor_bytes=slope(points(results, streams, "bytes_out")),
        cursor_memory=slope(points(results, streams, "mongod_mib")) * MIB,
        follow_us=points(results, streams, "follower_us")[-1][1] if points(results, streams, "follower_us") else nan,
    )


def _frame_bytes() -> tuple[float, float]:
    """Return the bytes of a `stock` frame without products, and those of a product in it."""
    event = {name: value for name, value in stock_event(0, 0.0).items() if name in {"cursor", "items"}}
    whole, items = len(orjson.dumps([EVENT, event])), len(event["items"])
    each = len(orjson.dumps(event["items"][0])) + 1
    return float(whole - items * each), float(each)


def batch_cost(results: Results, size: Size) -> BatchCost:
    """Return what a batch costs, by one process at a hot product and by a lone cart."""
    one = plan.of_processes(min(size.processes))
    rate = results.middle(one, "hot_per_s")
    between = size.buyers_at_once / rate * 1000 - results.middle(one, "hot_p50_ms") if rate else 0.0
    return cost_of(
        results.middle(one, "sockets_batch_ms"),
        results.middle(one, "hot_batch_ms"),
        results.middle(one, "hot_batch"),
        0.0 if isnan(between) else between,
    )


def simulated(results: Results, size: Size) -> dict[int, Contended]:
    """Return what that many ledgers at one product come to, by simulation."""
    cost = batch_cost(results, size)
    return {n: contended(n, size.buyers_at_once, size.simulated_orders, cost) for n in size.ledgers}
