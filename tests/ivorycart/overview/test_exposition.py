"""Figures for Prometheus: what is the same for the whole shop is told by one process, and old figures by none."""

from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from handlers.payloads.admin_dashboard import AdminDashboard
from ivorycart.overview.dashboard import SALES, SHOP_WIDE
from ivorycart.overview.exposition import EVERY, HELD, TOLD_BY_EACH, ProcessGauges, ShopGauges
from ivorycart.overview.vitals import LoopLag

PARTS: dict[str, Any] = {
    "users": {"ok": True, "by_role": {"buyer": 3, "admin": 1}, "total": 4, "new_today": 2},
    "carts": {"ok": True, "filled": 2, "units_held": 9},
    "orders": {"ok": True, "per_minute": 7},
    "mail": {"ok": True, "pending": 3, "due": 1, "retried": 1, "dead": 2, "unsent": 0, "oldest_pending_seconds": None},
    "replica_set": {
        "ok": True,
        "members": [
            {"host": "a:1", "state": "primary", "lag_seconds": 0.0},
            {"host": "b:1", "state": "unknown", "lag_seconds": None},
        ],
    },
    "sales": {"ok": True, "currency": "EUR", "orders": 2, "units": 3, "revenue": 1500, "series": []},
    "top_products": {"ok": True, "currency": "EUR", "items": [{"id": "p", "name": "Tea", "units": 3, "revenue": 1500}]},
    "top_sellers": {
        "ok": True,
        "currency": "EUR",
        "items": [{"id": "s", "name": "Ann", "orders": 2, "units": 3, "revenue": 1500}],
    },
    "storage": {
        "ok": True,
        "data_bytes": 10,
        "storage_bytes": 20,
        "index_bytes": 30,
        "collections": [{"name": "carts", "documents": 2, "data_bytes": 1, "storage_bytes": 2, "index_bytes": 3}],
    },
}


PROMISES: dict[str, Any] = {
    "payments": {
        "ok": True,
        "states": {"authorised": {"count": 2, "oldest_seconds": 9.0, "overdue_seconds": 3.0}},
        "flagged": 1,
    },
    "lateness": {"ok": True, "holds": 1.5, "mails": 2.5, "crossings": 0.0},
    "audit": {"ok": True, "findings": 4, "age_seconds": 60.0, "failed": False},
    "disk": {"ok": True, "used_bytes": 70, "total_bytes": 100},
    "oplog": {"ok": True, "window_seconds": 86400.0},
}


class Shop:
    """A clock, and figures that are counted as they are read."""

    def __init__(self) -> None:
        self.now = 100.0
        self.read = 0
        self.parts = dict(PARTS)
        self.promises = dict(PROMISES)
        self.gauges = ShopGauges(self, SimpleNamespace(shop_wide=self.kept), clock=lambda: self.now)
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self.gauges)

    async def shop_wide(self) -> dict[str, Any]:
        """Read them."""
        self.read += 1
        return self.parts

    async def kept(self) -> dict[str, Any]:
        """Read how well promises are kept."""
        return self.promises

    def value(self, name: str, **labels: str) -> float | None:
        """Return what would be told now."""
        return self.registry.get_sample_value(name, labels)


async def test_the_holder_of_the_lease_tells_all_parts_under_names_of_their_units() -> None:
    """And the exposition can be read."""
    shop = Shop()
    await shop.gauges.step()
    assert shop.value("ivorycart_users", role="buyer") == 3
    assert shop.value("ivorycart_carts_filled") == 2
    assert shop.value("ivorycart_units_held") == 9
    assert shop.value("ivorycart_orders_last_minute") == 7
    assert shop.value("ivorycart_mails", state="dead") == 2
    assert shop.value("ivorycart_mail_oldest_pending_seconds") == 0
    assert shop.value("ivorycart_replica_set_member_info", member="b:1", state="unknown") == 1
    assert shop.value("ivorycart_replica_set_member_lag_seconds", member="b:1") is None
    assert shop.value("ivorycart_database_bytes", kind="index") == 30
    assert shop.value("ivorycart_collection_bytes", collection="carts", kind="storage") == 2
    assert shop.value("ivorycart_sales_orders", currency="EUR") == 2
    assert shop.value("ivorycart_sales_units", currency="EUR") == 3
    assert shop.value("ivorycart_sales_revenue", currency="EUR") == 1500
    assert shop.value("ivorycart_top_product_units", currency="EUR", product="p") == 3
    assert shop.value("ivorycart_top_product_revenue", currency="EUR", product="p") == 1500
    assert shop.value("ivorycart_top_seller_orders", currency="EUR", seller="s") == 2
    assert shop.value("ivorycart_top_seller_revenue", currency="EUR", seller="s") == 1500
    assert shop.value("ivorycart_payments_under_way", state="authorised") == 2
    assert shop.value("ivorycart_payment_oldest_under_way_seconds", state="authorised") == 9
    assert shop.value("ivorycart_payment_overdue_seconds", state="authorised") == 3
    assert shop.value("ivorycart_payments_flagged") == 1
    assert shop.value("ivorycart_hold_overdue_seconds") == 1.5
    assert shop.value("ivorycart_mail_overdue_seconds") == 2.5
    assert shop.value("ivorycart_crossing_overdue_seconds") == 0
    assert shop.value("ivorycart_audit_findings") == 4
    assert shop.value("ivorycart_audit_age_seconds") == 60
    assert shop.value("ivorycart_audit_failed") == 0
    assert shop.value("ivorycart_database_disk_bytes", kind="used") == 70
    assert shop.value("ivorycart_database_disk_bytes", kind="total") == 100
    assert shop.value("ivorycart_oplog_window_seconds") == 86400
    families = list(text_string_to_metric_families(generate_latest(shop.registry).decode()))
    assert all(each.documentation and each.name.startswith("ivorycart_") for each in families)


def test_each_part_of_the_dashboard_is_told_here_as_well() -> None:
    """By the holder of the lease, or by each process; never by both."""
    parts = AdminDashboard.model_fields.keys() - {"at", "period"}
    assert parts == PARTS.keys() | TOLD_BY_EACH.keys()
    assert not PARTS.keys() & TOLD_BY_EACH.keys()
    assert PARTS.keys() == {*SHOP_WIDE, *SALES["24h"]}


async def test_before_the_first_audit_there_is_no_figure_of_one() -> None:
    """Nought would say that it found nothing; but what the figure is, is told."""
    shop = Shop()
    shop.promises["audit"] = {"ok": True}
    await shop.gauges.step()
    assert shop.value("ivorycart_audit_findings") is None
    assert b"# TYPE ivorycart_audit_findings gauge" in generate_latest(shop.registry)


async def test_of_a_disk_that_the_database_does_not_tell_of_there_is_no_figure() -> None:
    """Not every server says what it lies on."""
    shop = Shop()
    shop.promises["disk"] = {"ok": True}
    await shop.gauges.step()
    assert shop.value("ivorycart_database_disk_bytes", kind="used") is None
    assert b"# TYPE ivorycart_database_disk_bytes gauge" in generate_latest(shop.registry)


async def test_they_are_read_every_fifteen_seconds_at_the_most() -> None:
    """However often Prometheus asks, and the lease is prolonged."""
    shop = Shop()
    for _ in range(int(EVERY)):
        await shop.gauges.step()
        generate_latest(shop.registry)
        shop.now += 1
    assert shop.read == 1
    await shop.gauges.step()
    assert shop.read == 2


async def test_whoever_does_not_hold_the_lease_tells_nothing() -> None:
    """So that a sum over processes counts the shop once; back again, it reads anew."""
    shop = Shop()
    assert shop.value("ivorycart_carts_filled") is None
    await shop.gauges.step()
    shop.now += HELD + 0.1
    assert shop.value("ivorycart_carts_filled") is None
    await shop.gauges.step()
    assert (shop.read, shop.value("ivorycart_carts_filled")) == (2, 2)


async def test_a_part_that_cannot_be_read_is_named_and_left_out() -> None:
    """No old figure stands for it."""
    shop = Shop()
    shop.parts["users"] = {"ok": False, "reason": "no answer within 2 s"}
    await shop.gauges.step()
    assert shop.value("ivorycart_users", role="buyer") is None
    assert shop.value("ivorycart_shop_part_readable", part="users") == 0
    assert shop.value("ivorycart_shop_part_readable", part="carts") == 1


def test_a_process_tells_how_late_its_loop_is_and_what_was_slow() -> None:
    """Counters end in `_total`, times are in seconds."""
    slow = SimpleNamespace(counts={("orders", "find"): 3}, latest=())
    registry, lag = CollectorRegistry(auto_describe=False), LoopLag()
    lag._late.extend((0.1, 0.4, 0.2))
    registry.register(ProcessGauges(lag, slow))
    assert registry.get_sample_value("ivorycart_event_loop_lag_seconds") == 0.4
    labels = {"collection": "orders", "command": "find"}
    assert registry.get_sample_value("ivorycart_slow_commands_total", labels) == 3
