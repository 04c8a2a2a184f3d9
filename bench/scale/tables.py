"""The figures as tables, and as plots."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isnan

from bench.figures import Results
from bench.report import markdown_table, number, ratio
from bench.scale import learned, plan
from bench.scale.contention import Contended
from bench.scale.drawing import Plot, Series
from bench.scale.model import AS_IT_IS, GROWN, Costs, Crowd, Load, Machines, load_of, stops
from bench.scale.size import Size

FULL_CORES = 0.95
HOSTS = (1, 3, 10, 30, 100)
# Name, figure, unit, and by what it is multiplied.
_OF_PROCESSES: tuple[tuple[str, str, str, float], ...] = (
    ("orders/s, one hot product", "hot_per_s", "", 1),
    ("… p50 / p99", "hot_p50_ms,hot_p99_ms", "ms", 1),
    ("… app, µs an order (cart and order)", "hot_both_app_us", "", 1),
    ("… database, µs an order", "hot_both_mongod_us", "", 1),
    ("… load, µs an order", "hot_both_load_us", "", 1),
    ("… commands in a batch", "hot_batch", "", 1),
    ("… batches decided anew, for each committed", "hot_conflicts", "", 1),
    ("… commit to client meanwhile, p50 / p99", "hot_lag_p50_ms,hot_lag_p99_ms", "ms", 1),
    ("orders/s, spread over products", "spread_per_s", "", 1),
    ("… p50 / p99", "spread_p50_ms,spread_p99_ms", "ms", 1),
    ("… app, µs an order (cart and order)", "spread_both_app_us", "", 1),
    ("… database, µs an order", "spread_both_mongod_us", "", 1),
    ("… load, µs an order", "spread_both_load_us", "", 1),
    ("… batches decided anew, for each committed", "spread_conflicts", "", 1),
    ("… oplog, bytes an order", "spread_logged_bytes", "", 1),
    ("sockets: connects/s", "sockets_connects_per_s", "", 1),
    ("… memory of one", "sockets_memory_kib", "KiB", 1),
    ("… commit to client, p50 / p99", "sockets_p50_ms,sockets_p99_ms", "ms", 1),
    ("… app, ms a broadcast", "sockets_app_us", "", 1e-3),
    ("… database, ms a broadcast", "sockets_mongod_us", "", 1e-3),
    ("… load, ms a broadcast", "sockets_load_us", "", 1e-3),
    ("… missed by some, repeated or out of order", "sockets_missed+sockets_repeated+sockets_regressed", "", 1),
    ("… passed over by a later level", "sockets_unheard", "", 1),
    ("idle: a process, ms of the processor a second", "idle_app_us", "", 1e-3),
    ("idle: the database, ms a second", "idle_mongod_us", "", 1e-3),
    ("connections to the database", "connections", "", 1),
    ("cores busy while ordering, hot / spread", "hot_cores_busy,spread_cores_busy", "%", 100),
    ("the load's part of that", "hot_load_share,spread_load_share", "%", 100),
    ("faults that the audit found", "faults", "", 1),
)


def of_processes(results: Results, size: Size) -> str:
    """Return what 1, 2, 4 … processes do."""
    names = [plan.of_processes(count) for count in size.processes]
    rows = [
        (what, *(_cell(results, name, figure, unit, factor) for name in names))
        for what, figure, unit, factor in _OF_PROCESSES
    ]
    return markdown_table(("", *names), rows)


def _cell(results: Results, name: str, figure: str, unit: str, factor: float) -> str:
    if "+" in figure:
        each = figure.split("+")
        known = not any(isnan(results.middle(name, one)) for one in each)
        return number(sum(results.total(name, one) for one in each)) if known else "n/a"
    told = " / ".join(number(results.middle(name, each) * factor) for each in figure.split(","))
    return f"{told} {unit}".strip()


def busy(results: Results, size: Size) -> str:
    """Say where the machine was full, and how much of it was the load's."""
    full, shares = [], []
    for name in map(plan.of_processes, size.processes):
        for kind in ("hot", "spread"):
            shares.append(results.middle(name, f"{kind}_load_share"))
            if results.middle(name, f"{kind}_cores_busy") > FULL_CORES:
                full.append(f"{name} ({kind})")
    known = [share for share in shares if not isnan(share)]
    most = f"The load used at most {max(known):.0%} of the processor time of all parts." if known else ""
    if not full:
        return f"{most} The cores were never full while orders were placed."
    return (
        f"{most} All cores were full with {', '.join(full)}: there the rate is what is left when everything shares "
        "them, and would be higher with more; what is carried over is the processor time of each part."
    )


def one_more(results: Results, costs: Costs) -> str:
    """Return what one more of each costs."""
    orders = learned.points(results, plan.ORDERS, "cpu_us")
    stored = learned.points(results, plan.ORDERS, "mongod_us")
    disk = learned.slope(learned.points(results, plan.ORDERS, "disk_mib")) * learned.KIB
    start = learned.slope(learned.points(results, plan.PRODUCTS, "start_cpu_s")) * 1e6
    idle = learned.slope(learned.points(results, plan.CROWDS, "idle_app"))
    first, last = (_sum(orders, stored, place) for place in (0, -1))
    rows = [
        ("socket", f"{number(costs.socket_bytes / 1024, 'KiB')} of its process", f"{number(idle, 'µs')} a second idle"),
        ("", "", f"{number(costs.frame_us, 'µs')} of its process with each frame"),
        (
            "process",
            f"{number(costs.process_bytes / 2**20, 'MiB')}, {number(costs.connections)} connections",
            (
                f"{number(costs.process_idle_us / 1000, 'ms')} a second idle, "
                f"and {number(costs.mongod_idle_us / 1000, 'ms')} of the database"
            ),
        ),
        (
            "change stream",
            f"{number(costs.cursor_memory / 2**20, 'MiB')} of the database",
            (
                f"{number(costs.cursor_idle_us / 1000, 'ms')} of the database a second idle; "
                f"{number(costs.cursor_order_us, 'µs')} of it and {number(costs.cursor_bytes)} bytes with each order; "
                f"{number(costs.follow_us, 'µs')} of the process that reads it"
            ),
        ),
        ("product", f"{number(costs.product_bytes)} bytes of each process", f"{number(start, 'µs')} at each start"),
        (
            "stored order",
            f"{number(disk, 'KiB')} of disk, with its payment, movement, mail and indexes",
            f"an order with the most stored costs {number(ratio(last, first))} times one with the fewest",
        ),
    ]
    return markdown_table(("one more", "memory, disk", "processor time"), rows)


def _sum(first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]], place: int) -> float:
    return first[place][1] + second[place][1] if first and second else float("nan")


def by_number(results: Results, name: str, head: str, figures: Mapping[str, str]) -> str:
    """Return figures that are named by a number, one row for each."""
    columns = {figure: dict(learned.points(results, name, figure)) for figure in figures}
    ats = sorted({at for column in columns.values() for at in column})
    rows = [(f"{at:,.0f}", *(number(column[at]) if at in column else "" for column in columns.values())) for at in ats]
    return markdown_table((head, *figures.values()), rows)


def contention(results: Results, size: Size, simulated: Mapping[int, Contended]) -> str:
    """Return the simulated ledgers beside those that were measured."""
    one = simulated[min(simulated)].orders_per_s
    base = results.middle(plan.of_processes(min(size.processes)), "hot_per_s")
    rows = []
    for count, told in simulated.items():
        name = plan.of_processes(count)
        measured = name in results.runs
        rows.append(
            (
                str(count),
                f"{number(told.orders_per_s)} ({ratio(told.orders_per_s, one):.0%})",
                number(told.conflicts),
                number(told.batch),
                number(told.p99_ms),
                f"{ratio(results.middle(name, 'hot_per_s'), base):.0%}" if measured else "",
                number(results.middle(name, "hot_conflicts")) if measured else "",
                number(results.middle(name, "hot_batch")) if measured else "",
            )
        )
    heads = ("ledgers", "commands/s", "decided anew per batch", "in a batch", "p99 ms")
    return markdown_table((*heads, "measured rate", "measured anew", "measured batch"), rows)


_OF_LOADS: tuple[tuple[str, bool, Callable[[Load], float]], ...] = (
    ("products in a frame", True, lambda load: load.items_per_frame),
    ("KB of a frame, before compression (there is none)", True, lambda load: load.frame_bytes / 1e3),
    ("frames/s that a socket hears", True, lambda load: load.frames_per_s),
    ("Gbit/s out of each host", True, lambda load: load.host_bits_out / 1e9),
    ("Mbit/s into each host", True, lambda load: load.host_bits_in / 1e6),
    ("a process: cores for frames", True, lambda load: load.fanout_cores),
    ("a process: cores for following all orders", False, lambda load: load.follow_cores),
    ("a process: MiB", False, lambda load: load.process_bytes / 2**20),
    ("change streams", True, lambda load: load.cursors),
    ("database: cores for change streams", True, lambda load: load.cursor_cores),
    ("database: Gbit/s for change streams", True, lambda load: load.mongod_bits_out / 1e9),
    ("database: cores for idle processes", False, lambda load: load.mongod_idle_cores),
    ("database: cores for orders", False, lambda load: load.mongod_order_cores),
    ("database: connections", False, lambda load: load.connections),
    ("oplog's window, hours", False, lambda load: load.log_hours),
)


def of_hosts(costs: Costs, crowd: Crowd, machines: Machines) -> str:
    """Return what so many hosts have to bear, each with its share of the crowd: as it is, and with the switches."""
    share = crowd.sockets // machines.hosts
    loads: list[tuple[Load, Load]] = []
    for hosts in HOSTS:
        those, here = replace(crowd, sockets=share * hosts), replace(machines, hosts=hosts)
        loads.append((load_of(costs, those, here, AS_IT_IS), load_of(costs, those, here, GROWN)))
    rows = [("sockets", *(f"{share * hosts:,}" for hosts in HOSTS))]
    rows.append(("orders/s", *(number(share * hosts / crowd.seconds_per_order) for hosts in HOSTS)))
    for what, both, of in _OF_LOADS:
        told = [(of(now), of(later)) for now, later in loads]
        rows.append((what, *(f"{number(a)} → {number(b)}" if both else number(a) for a, b in told)))
    return markdown_table(("hosts", *map(str, HOSTS)), rows)


def where_it_stops(costs: Costs, crowd: Crowd, machines: Machines) -> str:
    """Return from how many hosts on each part is too small, and what comes next."""
    rows = [
        (each.part, each.bound, _hosts(each.hosts), each.switch, "" if each.after == each.hosts else _hosts(each.after))
        for each in stops(costs, crowd, machines)
    ]
    return markdown_table(("part", "bound", "passed at hosts", "the switch", "then at"), rows)


def _hosts(hosts: int | None) -> str:
    return "never" if hosts is None else f"{hosts:,}"


def plots(results: Results, size: Size, simulated: Mapping[int, Contended]) -> dict[str, Plot]:
    """Return the plots by their files' names."""

    def named(name: str, figure: str, factor: float = 1.0) -> list[tuple[float, float]]:
        return [(x, y * factor) for x, y in learned.points(results, name, figure)]

    def processes(figure: str, factor: float = 1.0) -> list[tuple[float, float]]:
        return [(x, y * factor) for x, y in learned.by_processes(results, size, figure)]

    kib = [(n, each * n / 1024) for n, each in learned.points(results, plan.CROWDS, "memory_kib")]
    return {
        "socket-memory": Plot("Memory of all sockets of a process", "sockets", "MiB", [Series("memory", kib)]),
        "socket-broadcast": Plot(
            "Processor time of one broadcast to all sockets of a process",
            "sockets",
            "ms",
            [
                Series("app", named(plan.CROWDS, "app_us", 1e-3)),
                Series("load (the clients)", named(plan.CROWDS, "load_us", 1e-3)),
            ],
        ),
        "process-orders": Plot(
            "Processor time of an order, cart included",
            "app processes",
            "µs an order",
            [
                Series("app, hot", processes("hot_both_app_us")),
                Series("app, spread", processes("spread_both_app_us")),
                Series("database, hot", processes("hot_both_mongod_us")),
            ],
        ),
        "process-idle": Plot(
            "Processor time of the database while nothing happens",
            "app processes",
            "ms a second",
            [Series("database", processes("idle_mongod_us", 1e-3))],
        ),
        "stream": Plot(
            "Processor time of the database for an order",
            "change streams beside that of the one process",
            "µs an order",
            [Series("database", named(plan.CURSORS, "mongod_us"))],
        ),
        "product": Plot(
            "Memory of a process",
            "products",
            "MiB",
            [Series("process", named(plan.PRODUCTS, "app_mib"))],
            logarithmic=True,
        ),
        "order": Plot(
            "Processor time of an order, cart included",
            "stored orders",
            "µs an order",
            [
                Series("app", named(plan.ORDERS, "cpu_us")),
                Series("database", named(plan.ORDERS, "mongod_us")),
            ],
            logarithmic=True,
        ),
        "hot": Plot(
            "One hot product: batches decided anew for each that is committed",
            "ledgers",
            "batches",
            [
                Series("simulated", [(float(n), told.conflicts) for n, told in simulated.items()], dashed=True),
                Series("measured", processes("hot_conflicts")),
            ],
            logarithmic=True,
        ),
    }
