"""Figures of several processes in one answer: totals are sums over the label, whoever was asked."""

import json

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from ivorycart.figures import figures_of, taken, told


def _registry(orders: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("orders", "Orders", ["kind"], registry=registry).labels("guest").inc(orders)
    Histogram("seconds", "Duration", buckets=(1, 2), registry=registry).observe(orders)
    Gauge("silence", "Seconds", registry=registry).set(float("inf"))
    return registry


def _values(text: bytes) -> dict[str, dict[str, float]]:
    """Return the values by name and process."""
    values: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            if sample.labels.get("le", "2.0") == "2.0":
                values.setdefault(sample.name, {})[sample.labels["process"]] = sample.value
    return values


def test_every_series_says_of_which_process_it_is() -> None:
    """Through JSON and back, whatever its kind; each family is described once."""
    figures = {str(number): json.loads(json.dumps(taken(_registry(number)))) for number in (1, 2)}
    text = told(figures, {"1": 0, "2": 3})
    values = _values(text)
    assert values["orders_total"] == {"1": 1, "2": 2}
    assert values["seconds_bucket"] == {"1": 1, "2": 1}
    assert values["seconds_sum"] == {"1": 1, "2": 2}
    assert values["silence"] == {"1": float("inf"), "2": float("inf")}
    assert values["ivorycart_process_restarts_total"] == {"1": 0, "2": 3}
    assert values["ivorycart_process_up"] == {"1": 1, "2": 1}
    assert text.count(b"# TYPE orders_total counter") == 1


def test_a_process_that_is_silent_is_shown_as_such() -> None:
    """Its series are missing, which a scraper understands; they are not zero, which would look like a restart."""
    values = _values(told({"1": taken(_registry(5)), "2": None}, {}))
    assert values["ivorycart_process_up"] == {"1": 1, "2": 0}
    assert values["orders_total"] == {"1": 5}


async def test_a_process_that_is_alone_has_no_label() -> None:
    """Its figures are as they were before there could be several."""
    assert b'orders_total{kind="guest"} 2.0' in await figures_of(_registry(2))
