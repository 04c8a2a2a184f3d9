"""The admin's dashboard: parts that are read at once, each telling for itself where it cannot be had."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

from ivorycart.overview.parts import Part, Parts, RememberedRead
from ivorycart.overview.ports import ALL, Books, Figures, SlowLog
from ivorycart.sales.shares import shares_of
from models.sales_periods import Period

TOP, SHARED = 10, 5_000
SHOWN_SLOW = 50
# What is asked for again and again by several admins is read once in so many seconds.
LIVE, SOON, SELDOM = 1.0, 10.0, 30.0

OF_PROCESSES = ("sockets", "refusals", "stream", "processes")
SHOP_WIDE = ("users", "carts", "orders", "mail", "replica_set", "storage")
# What whoever watches is told of only where it changed; the other parts move by the second.
SELDOM_MOVING = frozenset(("users", "sales", "top_products", "top_sellers", "replica_set", "slow", "storage"))
LATELY: Period = "24h"
SALES: Mapping[Period, Mapping[str, str]] = {
    period: {name: f"{name} {period}" for name in ("sales", "top_products", "top_sellers")}
    for period in get_args(Period)
}


class Dashboard:
    """Reads the figures of the shop, of the database, and of all processes; sales in the shop's currency."""

    def __init__(self, books: Books, slow: SlowLog, currency: str) -> None:
        self._currency = currency
        self._slow_log = slow
        self._books = books
        reads = {
            "processes": RememberedRead(self._processes, LIVE),
            "users": RememberedRead(books.shop.users, SOON),
            "carts": RememberedRead(books.shop.carts, LIVE),
            "orders": RememberedRead(books.shop.orders, LIVE),
            "mail": RememberedRead(books.shop.mail, LIVE),
            "replica_set": RememberedRead(books.cluster.members, LIVE),
            "storage": RememberedRead(books.cluster.sizes, SELDOM),
            "slow": RememberedRead(books.cluster.slow, LIVE),
        }
        for period, names in SALES.items():
            reads[names["sales"]] = RememberedRead(partial(self._series, period), SOON)
            reads[names["top_products"]] = RememberedRead(partial(self._top_products, period), SOON)
            reads[names["top_sellers"]] = RememberedRead(partial(self._top_sellers, period), SOON)
        self._parts = Parts(reads)

    async def snapshot(self, period: Period) -> Figures:
        """Return the whole dashboard; ``period`` is that of sales."""
        sales = SALES[period]
        parts = await self._parts.read(("processes", "slow", *SHOP_WIDE, *sales.values()))
        processes, slow = parts.pop("processes"), parts.pop("slow")
        renamed = {name: parts.pop(key) for name, key in sales.items()}
        return {
            "at": datetime.now(UTC),
            "period": period,
            **parts,
            **renamed,
            **of_processes(processes),
            "slow": slow if not slow["ok"] else {**slow, **self._of_slow(processes)},
        }

    async def moving(self) -> Figures:
        """Return the dashboard of those who watch, each part as new as it is kept for: one to thirty seconds."""
        return await self.snapshot(LATELY)

    async def shop_wide(self) -> Mapping[str, Part]:
        """Return what is the same whichever process reads it; sales are those of the last 24 hours."""
        sales = SALES[LATELY]
        parts = await self._parts.read((*SHOP_WIDE, *sales.values()))
        return {name: parts[sales.get(name, name)] for name in (*SHOP_WIDE, *sales)}

    async def processes(self) -> Part:
        """Return what all processes say of themselves."""
        return (await self._parts.read(("processes",)))["processes"]

    async def close(self) -> None:
        """End what is being read."""
        await self._parts.close()

    async def _processes(self) -> Figures:
        return {"items": await self._books.processes.living()}

    async def _series(self, period: Period) -> Figures:
        points = await self._books.sales.series(ALL, period, self._currency)
        series: list[dict[str, Any]] = [
            {
                "at": point.at,
                "orders": point.figures.orders,
                "units": point.figures.units,
                "revenue": point.figures.revenue,
            }
            for point in points
        ]
        sums = {name: sum(point[name] for point in series) for name in ("orders", "units", "revenue")}
        return {"currency": self._currency, **sums, "series": series}

    async def _top_products(self, period: Period) -> Figures:
        top = await self._books.sales.top_products(ALL, period, self._currency, TOP, SHARED)
        rows = top.by_units
        names = await self._books.shop.product_names(row.product_id for row in rows)
        items = [
            {"id": row.product_id, "name": names.get(row.product_id), "units": row.units, "revenue": row.revenue}
            for row in rows
        ]
        departments = await self._books.shop.product_departments(row.product_id for row in top.shared)
        by_category = [
            {"category": each.department, "units": each.units, "revenue": each.revenue}
            for each in shares_of(top, departments.get)
        ]
        return {"currency": self._currency, "since": top.since, "items": items, "by_category": by_category}

    async def _top_sellers(self, period: Period) -> Figures:
        rows = await self._books.sales.top_sellers(period, self._currency, TOP)
        names = await self._books.shop.seller_names(row.seller_id for row in rows)
        items = [
            {
                "id": row.seller_id,
                "name": names.get(row.seller_id),
                "orders": row.orders,
                "units": row.units,
                "revenue": row.revenue,
            }
            for row in rows
        ]
        return {"currency": self._currency, "items": items}

    def _of_slow(self, processes: Part) -> Figures:
        """Return the slow commands of all processes; of this one more than it tells the others."""
        items: Sequence[Figures] = processes.get("items", ())
        counts: Counter[tuple[str, str]] = Counter()
        for each in items:
            for row in each["slow"]["counts"]:
                counts[row["collection"], row["command"]] += row["count"]
        own = [
            {
                "at": each.at,
                "collection": each.collection,
                "command": each.command,
                "milliseconds": each.milliseconds,
                "shape": each.shape,
            }
            for each in self._slow_log.latest
        ]
        latest = {_key(row): row for row in [*own, *(row for each in items for row in each["slow"]["latest"])]}
        return {
            "total": sum(each["slow"]["total"] for each in items),
            "counts": [
                {"collection": collection, "command": command, "count": count}
                for (collection, command), count in counts.most_common()
            ],
            "latest": sorted(latest.values(), key=lambda row: row["at"], reverse=True)[:SHOWN_SLOW],
        }


def moved(before: Figures, after: Figures) -> Figures:
    """Return what is told to whoever has ``before``: what moves by the second, and what else changed."""
    return {name: part for name, part in after.items() if name not in SELDOM_MOVING or part != before.get(name)}


def of_processes(processes: Part) -> dict[str, Part]:
    """Return the parts that are made of what all processes say: the sums, and the figures of each."""
    if not processes["ok"]:
        return dict.fromkeys(OF_PROCESSES, processes)
    items: Sequence[Figures] = processes["items"]
    return {
        "sockets": {"ok": True, "open": sum(each["sockets"] for each in items)},
        "refusals": {
            "ok": True,
            **{
                kind: dict(sum((Counter(each["refusals"].get(kind, {})) for each in items), Counter[str]()))
                for kind in ("sockets", "answers")
            },
        },
        "stream": {"ok": True, "lag_seconds": max((each["stream_lag_seconds"] for each in items), default=None)},
        "processes": {"ok": True, "items": [_process(each) for each in items]},
    }


_SHOWN = (
    *("id", "host", "pid", "number", "started_at", "sockets", "rss_bytes", "cpu_percent"),
    *("loop_lag_seconds", "stream_lag_seconds", "ledger_waiting"),
)


def _process(figures: Figures) -> dict[str, Any]:
    return {name: figures[name] for name in _SHOWN} | {"seconds_since_beat": figures["silent_ms"] / 1000}


def _key(row: Figures) -> tuple[Any, ...]:
    """Return what makes a slow command the same: the database keeps milliseconds of its time."""
    return (int(row["at"].timestamp() * 1000), row["collection"], row["command"], row["milliseconds"])
