"""Many machines, by arithmetic: what the costs measured here come to on so many hosts, and where each part stops.

Measured are the costs of one (`Costs`), assumed are the crowd and the machines (`Crowd`, `Machines`); all else is
computed from them by the formulas below. Processor time is that of the machine of the measurements. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from ivorycart.stock.broadcaster import FRAME_LIMIT, LONGEST_PAUSE, TICK

LEVELS_PER_ORDER = 2  # a hold, and the purchase


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one costs, as measured. µs of the processor, bytes."""

    frame_us: float  # of a process, for each socket and frame
    frame_bytes: float  # of a frame without products
    item_bytes: float  # of a product in it
    socket_bytes: float
    process_bytes: float
    product_bytes: float  # in each process
    process_idle_us: float  # of a process, each second
    mongod_idle_us: float  # of the database, each second, for each process
    connections: float  # to the database, of each process
    order_app_us: float  # cart and order
    order_mongod_us: float
    order_log_bytes: float
    cursor_order_us: float  # of the database, for each order and change stream
    cursor_idle_us: float  # of the database, each second, for each change stream
    cursor_bytes: float  # that the database sends for each order and change stream
    cursor_memory: float  # of the database, for each change stream
    follow_us: float  # of a process, for each order of any process
    command_bytes: float = 400  # assumed: what a socket sends for an order, cart included


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who comes, all of it assumed."""

    sockets: int = 1_000_000
    seconds_per_order: float = 1000.0  # of a socket
    products: int = 100_000
    watched: float = 0.01  # the part of all changes that concerns what one socket watches, where it watches something

    @property
    def orders_per_s(self) -> float:
        """Return the orders of all sockets."""
        return self.sockets / self.seconds_per_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """What it runs on, all of it assumed."""

    hosts: int = 100
    workers: int = 4  # of a host
    host_bits: float = 10e9  # a second
    database_cores: float = 16  # of the primary
    cursor_cores: float = 2  # of these, that change streams may use
    database_connections: int = 51_200  # of 64,000 open files, mongod keeps a fifth for itself
    log_bytes: float = 50e9
    log_hours: float = 24  # that must be in it, to come back after a night
    host_bytes: float = 32e9

    @property
    def processes(self) -> int:
        """Return the app processes of all hosts."""
        return self.hosts * self.workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Which switches are set."""

    rooms: bool = False  # sockets hear of what they watch alone
    shared_streams: bool = False  # one change stream for each host


AS_IT_IS = Form()
GROWN = Form(rooms=True, shared_streams=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What it comes to. Bytes and bits, cores of the machine of the measurements, hours."""

    sockets_per_process: float
    items_per_frame: float
    frame_bytes: float
    frames_per_s: float  # that one socket hears
    host_bits_out: float
    host_bits_in: float
    fanout_cores: float  # of a process
    follow_cores: float  # of a process
    order_cores: float  # of a process
    process_bytes: float
    cursors: int
    cursor_cores: float
    mongod_bits_out: float
    mongod_idle_cores: float
    mongod_order_cores: float
    connections: float
    log_hours: float

    @property
    def process_cores(self) -> float:
        """Return what one process uses; a Python process has one core."""
        return self.fanout_cores + self.follow_cores + self.order_cores

    @property
    def mongod_cores(self) -> float:
        """Return what the primary uses."""
        return self.cursor_cores + self.mongod_idle_cores + self.mongod_order_cores


def load_of(costs: Costs, crowd: Crowd, machines: Machines, form: Form = AS_IT_IS) -> Load:
    """Return what each part has to bear."""
    sockets = crowd.sockets / machines.processes
    moves = crowd.orders_per_s * LEVELS_PER_ORDER * (crowd.watched if form.rooms else 1.0)
    sending = sockets * costs.frame_us / 1e6  # seconds of a round
    most = 1 / (TICK + sending) if sending < TICK else 1 / (sending + min(sending, LONGEST_PAUSE))
    frames = min(moves, most)
    items = min(FRAME_LIMIT, crowd.products, moves / frames) if frames else 0.0
    frame = costs.frame_bytes + items * costs.item_bytes
    cursors = machines.hosts if form.shared_streams else machines.processes
    orders = crowd.orders_per_s
    cursor_bytes = costs.cursor_bytes * orders
    own_orders = orders / machines.processes
    return Load(
        sockets_per_process=sockets,
        items_per_frame=items,
        frame_bytes=frame,
        frames_per_s=frames,
        host_bits_out=8 * crowd.sockets / machines.hosts * frame * frames,
        host_bits_in=8 * (cursor_bytes * cursors / machines.hosts + costs.command_bytes * orders / machines.hosts),
        fanout_cores=sending * frames,
        follow_cores=(costs.follow_us * orders + costs.process_idle_us) / 1e6,
        order_cores=costs.order_app_us * own_orders / 1e6,
        process_bytes=costs.process_bytes + costs.product_bytes * crowd.products + costs.socket_bytes * sockets,
        cursors=cursors,
        cursor_cores=cursors * (costs.cursor_order_us * orders + costs.cursor_idle_us) / 1e6,
        mongod_bits_out=8 * cursor_bytes * cursors,
        mongod_idle_cores=machines.processes * costs.mongod_idle_us / 1e6,
        mongod_order_cores=costs.order_mongod_us * orders / 1e6,
        connections=machines.processes * costs.connections,
        log_hours=machines.log_bytes / (costs.order_log_bytes * orders) / 3600 if orders else inf,
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a part stops: from how many hosts on, as each of them brings its share of the crowd; None for never."""

    part: str
    bound: str
    hosts: int | None
    switch: str
    after: int | None  # the same with the switch


MOST_HOSTS = 4096


def first_host(
    beyond: Callable[[Load], bool], costs: Costs, crowd: Crowd, machines: Machines, form: Form
) -> int | None:
    """Return the smallest number of hosts at which a bound is passed, each with its share of the crowd."""
    share = crowd.sockets / machines.hosts

    def passed(hosts: int) -> bool:
        grown = replace(crowd, sockets=int(share * hosts))
        return beyond(load_of(costs, grown, replace(machines, hosts=hosts), form))

    if not passed(MOST_HOSTS):
        return None
    low, high = 0, MOST_HOSTS  # more hosts bear no less, so halving finds it
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passed(middle) else (middle, high)
    return high


def stops(costs: Costs, crowd: Crowd, machines: Machines) -> list[Stop]:
    """Return where each part stops, and what comes next."""
    rooms, streams = replace(AS_IT_IS, rooms=True), replace(AS_IT_IS, shared_streams=True)
    parts: list[tuple[str, str, Callable[[Load], bool], str, Form]] = [
        (
            "bytes to the sockets of a host",
            f"{machines.host_bits / 1e9:g} Gbit/s",
            lambda load: load.host_bits_out > machines.host_bits,
            "interest rooms: pages watch what they show (`stock:watch`)",
            rooms,
        ),
        (
            "frames: processor time of a process",
            "half of a core; beyond, frames come less often",
            lambda load: load.fanout_cores > 0.5,
            "interest rooms, or fewer sockets a process",
            rooms,
        ),
        (
            "following all orders: processor time of a process",
            "a quarter of a core",
            lambda load: load.follow_cores > 0.25,
            "one stream per host that passes on what was translated once",
            streams,
        ),
        (
            "change streams: processor time of the database",
            f"{machines.cursor_cores:g} cores",
            lambda load: load.cursor_cores > machines.cursor_cores,
            "one stream per host, shared by its workers; streams from secondaries",
            streams,
        ),
        (
            "idle processes: processor time of the database",
            "1 core",
            lambda load: load.mongod_idle_cores > 1,
            "leases asked for by one worker per host",
            AS_IT_IS,
        ),
        (
            "connections to the database",
            f"{machines.database_connections:,}",
            lambda load: load.connections > machines.database_connections,
            "mongos on each host",
            AS_IT_IS,
        ),
        (
            "the oplog's window",
            f"{machines.log_hours:g} hours of {machines.log_bytes / 1e9:g} GB",
            lambda load: load.log_hours < machines.log_hours,
            "a larger oplog, then shards, each with its own",
            AS_IT_IS,
        ),
        (
            "orders: processor time of the primary",
            f"{machines.database_cores - machines.cursor_cores:g} cores",
            lambda load: load.mongod_order_cores > machines.database_cores - machines.cursor_cores,
            "shards",
            AS_IT_IS,
        ),
        (
            "memory of the processes of a host",
            f"{machines.host_bytes / 1e9:g} GB",
            lambda load: load.process_bytes * machines.workers > machines.host_bytes,
            "fewer workers a host",
            AS_IT_IS,
        ),
    ]
    found = []
    for part, bound, beyond, switch, form in parts:
        now = first_host(beyond, costs, crowd, machines, AS_IT_IS)
        later = now if form == AS_IT_IS else first_host(beyond, costs, crowd, machines, form)
        found.append(Stop(part, bound, now, switch, later))
    return found
