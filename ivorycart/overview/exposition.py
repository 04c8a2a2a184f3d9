"""The overview's figures for Prometheus.

Each process tells its own. What is the same for the whole shop is read by one process at a time, the holder of a lease,
every fifteen seconds at the most, and told by it alone: so a sum over processes counts it once. A part that cannot be
read now is left out, and named by ``ivorycart_shop_part_readable``.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ivorycart.overview.parts import Part
from ivorycart.overview.ports import SlowLog
from ivorycart.overview.vitals import LoopLag

INTERVAL = 1.0  # seconds between two signs of life of the lease's holder
EVERY = 15.0  # seconds between two reads
# A holder that was not heard of for so long has lost its lease, which lasts three seconds.
HELD = 3.0


class ShopWide(Protocol):
    """Where the parts are read that are the same for the whole shop."""

    async def shop_wide(self) -> Mapping[str, Part]:
        """Return them."""


class ProcessGauges(Collector):
    """What a process says of its event loop and of its database commands."""

    def __init__(self, loop_lag: LoopLag, slow: SlowLog) -> None:
        self._loop_lag = loop_lag
        self._slow = slow

    def collect(self) -> Iterator[Metric]:
        """Read them all."""
        yield GaugeMetricFamily(
            "ivorycart_event_loop_lag_seconds",
            "The longest that the event loop was late within the last ten seconds",
            value=self._loop_lag.seconds,
        )
        slow = CounterMetricFamily(
            "ivorycart_slow_commands",
            "Database commands that took longer than 100 ms, as the process saw them",
            labels=["collection", "command"],
        )
        for (collection, command), count in self._slow.counts.items():
            slow.add_metric([collection, command], count)
        yield slow


class ShopGauges(Collector):
    """What the holder of the lease says of the whole shop; the others say nothing."""

    def __init__(self, *figures: ShopWide, clock: Callable[[], float] = time.monotonic) -> None:
        self._figures = figures
        self._clock = clock
        self._held_at = self._read_at = float("-inf")
        self._parts: Mapping[str, Part] = {}

    async def step(self) -> bool:
        """Read anew what has become old; called for as long as this process has the lease."""
        if self._clock() - self._held_at > HELD:
            self._parts = {}  # somebody else had the lease in between
            self._read_at = float("-inf")
        self._held_at = self._clock()
        if self._clock() - self._read_at >= EVERY:
            self._read_at = self._clock()
            read = await asyncio.gather(*(each.shop_wide() for each in self._figures))
            self._parts = {name: part for parts in read for name, part in parts.items()}
            self._held_at = self._clock()
        return False

    def collect(self) -> Iterator[Metric]:
        """Tell what was read last, while this process has the lease."""
        if not self._parts or self._clock() - self._held_at > HELD:
            return
        readable = GaugeMetricFamily(
            "ivorycart_shop_part_readable", "Whether these figures of the shop could be read: 1 or 0", labels=["part"]
        )
        for name, part in self._parts.items():
            readable.add_metric([name], 1 if part["ok"] else 0)
        yield readable
        for name, part in self._parts.items():
            if part["ok"]:
                yield from _FAMILIES[name](part)


def _users(part: Part) -> Iterator[Metric]:
    yield _by("ivorycart_users", "Accounts that were not deleted", "role", part["by_role"])
    yield GaugeMetricFamily("ivorycart_users_new_today", "Accounts made since midnight UTC", value=part["new_today"])


def _carts(part: Part) -> Iterator[Metric]:
    yield GaugeMetricFamily("ivorycart_carts_filled", "Carts with something in them", value=part["filled"])
    yield GaugeMetricFamily("ivorycart_units_held", "Units that carts hold", value=part["units_held"])


def _orders(part: Part) -> Iterator[Metric]:
    yield GaugeMetricFamily("ivorycart_orders_last_minute", "Orders of the last minute", value=part["per_minute"])


def _mail(part: Part) -> Iterator[Metric]:
    states = {state: part[state] for state in ("pending", "dead", "unsent")}
    yield _by("ivorycart_mails", "Mails of the outbox that were not sent; above 100,000 not counted", "state", states)
    yield GaugeMetricFamily("ivorycart_mails_due", "Pending mails that may be sent now", value=part["due"])
    yield GaugeMetricFamily("ivorycart_mails_retried", "Pending mails that failed before", value=part["retried"])
    yield GaugeMetricFamily(
        "ivorycart_mail_oldest_pending_seconds",
        "Age of the oldest pending mail; 0 where there is none",
        value=part["oldest_pending_seconds"] or 0.0,
    )


def _replica_set(part: Part) -> Iterator[Metric]:
    members = GaugeMetricFamily(
        "ivorycart_replica_set_member_info", "Members of the replica set: 1 each", labels=["member", "state"]
    )
    lags = GaugeMetricFamily(
        "ivorycart_replica_set_member_lag_seconds", "How far a member is behind the primary", labels=["member"]
    )
    for each in part["members"]:
        members.add_metric([each["host"], each["state"]], 1)
        if each["lag_seconds"] is not None:
            lags.add_metric([each["host"]], each["lag_seconds"])
    yield members
    yield lags


def _storage(part: Part) -> Iterator[Metric]:
    kinds = ("data", "storage", "index")
    whole = {kind: part[f"{kind}_bytes"] for kind in kinds}
    yield _by("ivorycart_database_bytes", "Size of the database: of documents, of files, of indexes", "kind", whole)
    sizes = GaugeMetricFamily(
        "ivorycart_collection_bytes", "Size of a collection, likewise", labels=["collection", "kind"]
    )
    documents = GaugeMetricFamily("ivorycart_collection_documents", "Documents of a collection", labels=["collection"])
    for each in part["collections"]:
        documents.add_metric([each["name"]], each["documents"])
        for kind in kinds:
            sizes.add_metric([each["name"], kind], each[f"{kind}_bytes"])
    yield sizes
    yield documents


def _sales(part: Part) -> Iterator[Metric]:
    for name, unit in (("orders", "orders"), ("units", "units"), ("revenue", "revenue in minor units")):
        family = GaugeMetricFamily(
            f"ivorycart_sales_{name}", f"Net {unit} of the last 24 hours, the running one included", labels=["currency"]
        )
        family.add_metric([part["currency"]], part[name])
        yield family


def _top(kind: str, names: Sequence[str], within: str) -> Callable[[Part], Iterator[Metric]]:
    """Return what tells of ten by their ids: names are long, and change."""

    def families(part: Part) -> Iterator[Metric]:
        for name in names:
            family = GaugeMetricFamily(
                f"ivorycart_top_{kind}_{name}",
                f"Net {name} of each of the ten best {kind}s{within}",
                labels=["currency", kind],
            )
            for each in part["items"]:
                family.add_metric([part["currency"], each["id"]], each[name])
            yield family

    return families


def _payments(part: Part) -> Iterator[Metric]:
    states = part["states"]
    for name, help_text, figure in (
        ("ivorycart_payments_under_way", "Payments of which something is still to be done", "count"),
        ("ivorycart_payment_oldest_under_way_seconds", "Age of the oldest of these; 0 without one", "oldest_seconds"),
        ("ivorycart_payment_overdue_seconds", "For how long the longest due of these waits", "overdue_seconds"),
    ):
        yield _by(name, help_text, "state", {state: each[figure] for state, each in states.items()})
    yield GaugeMetricFamily(
        "ivorycart_payments_flagged", "Payments that failed for too long: a person has to look", value=part["flagged"]
    )


def _lateness(part: Part) -> Iterator[Metric]:
    for name, help_text, what in (
        ("ivorycart_hold_overdue_seconds", "For how long the longest overdue hold is over; 0 without one", "holds"),
        ("ivorycart_mail_overdue_seconds", "For how long the longest due mail waits; 0 without one", "mails"),
        ("ivorycart_crossing_overdue_seconds", "For how long the oldest low stock waits to be told", "crossings"),
    ):
        yield GaugeMetricFamily(name, help_text, value=part[what])


def _audit(part: Part) -> Iterator[Metric]:
    for name, help_text, figure in (
        ("ivorycart_audit_findings", "What the last audit found; no figure before the first", "findings"),
        ("ivorycart_audit_age_seconds", "Time since the last audit ended", "age_seconds"),
        ("ivorycart_audit_failed", "Whether the last audit could not be done: 1 or 0", "failed"),
    ):
        family = GaugeMetricFamily(name, help_text, labels=())
        if figure in part:
            family.add_metric((), float(part[figure]))
        yield family


def _disk(part: Part) -> Iterator[Metric]:
    kinds = {kind: part[f"{kind}_bytes"] for kind in ("used", "total") if f"{kind}_bytes" in part}
    yield _by(
        "ivorycart_database_disk_bytes", "The primary's disk: what is used of it, and what there is", "kind", kinds
    )


def _oplog(part: Part) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "ivorycart_oplog_window_seconds",
        "How far back the primary's oplog goes: for so long a process may be away",
        value=part["window_seconds"],
    )


_FAMILIES: Mapping[str, Callable[[Part], Iterator[Metric]]] = {
    "users": _users,
    "carts": _carts,
    "orders": _orders,
    "mail": _mail,
    "replica_set": _replica_set,
    "storage": _storage,
    "sales": _sales,
    "top_products": _top("product", ("units", "revenue"), ", in the whole days that these hours touch"),
    "top_sellers": _top("seller", ("orders", "units", "revenue"), ""),
    "payments": _payments,
    "lateness": _lateness,
    "audit": _audit,
    "disk": _disk,
    "oplog": _oplog,
}
# What the dashboard adds up each process tells of itself, under these names. What runs long at this moment, and what a
# profiler keeps, is not told: it has neither bounded labels nor a history.
TOLD_BY_EACH: Mapping[str, str] = {
    "sockets": "ivorycart_sockets",
    "refusals": "ivorycart_refusals",
    "stream": "ivorycart_stream_lag_seconds",
    "processes": "process_resident_memory_bytes",
    "slow": "ivorycart_slow_commands",
}


def _by(name: str, help_text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
