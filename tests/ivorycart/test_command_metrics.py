"""Figures of requests and events: bounded labels, whatever a client sends."""

from prometheus_client import CollectorRegistry

from ivorycart.command_metrics import CommandMetrics


def test_what_clients_invent_is_one_series() -> None:
    """A thousand methods and paths would otherwise be as many series."""
    registry = CollectorRegistry()
    metrics = CommandMetrics(registry)
    for number in range(1000):
        metrics.request(f"METHOD{number}", None, 404, 0.01)
    labels = {"method": "unknown", "route": "unknown", "status": "404"}
    assert registry.get_sample_value("ivorycart_http_requests_total", labels) == 1000


def test_the_life_of_a_socket_is_no_time_of_a_request() -> None:
    """It is counted, and hours would be in no bucket."""
    registry = CollectorRegistry()
    CommandMetrics(registry).request("GET", "/socket.io/", 101, 3600.0)
    labels = {"method": "GET", "route": "/socket.io/", "status": "101"}
    assert registry.get_sample_value("ivorycart_http_requests_total", labels) == 1
    assert registry.get_sample_value("ivorycart_http_request_seconds_count", {"kind": "page"}) == 0


def test_an_event_is_told_by_whose_fault_it_was() -> None:
    """A refusal is an answer; the other three are for whoever operates the shop."""
    registry = CollectorRegistry()
    metrics = CommandMetrics(registry)
    for code in (None, "insufficient_stock", "internal", "storage_unavailable", "pending"):
        metrics.event("cart:set", code, 0.01)
    for outcome in ("ok", "refused", "failed", "unavailable", "pending"):
        labels = {"event": "cart:set", "outcome": outcome}
        assert registry.get_sample_value("ivorycart_event_seconds_count", labels) == 1
