"""Figures that are read from the living objects whenever somebody asks for them."""

import time
from collections.abc import Iterator, Sized
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ivorycart.workers import Workers


class Queueing(Protocol):
    """What commands wait for."""

    @property
    def waiting(self) -> int:
        """How many wait."""


class Following(Protocol):
    """What follows the database."""

    @property
    def lag(self) -> float:
        """How many seconds it is behind."""


class Gauges(Collector):
    """A collector for one process: sockets, the stream's lag, the ledger's queue, and how the workers are."""

    def __init__(self, connections: Sized, workers: Workers, ledger: Queueing, feed: Following) -> None:
        self._connections = connections
        self._workers = workers
        self._ledger = ledger
        self._feed = feed

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read them all."""
        yield GaugeMetricFamily("ivorycart_sockets", "Open sockets", value=len(self._connections))
        yield GaugeMetricFamily(
            "ivorycart_stream_lag_seconds", "How far the change stream is behind the database", value=self._feed.lag
        )
        yield GaugeMetricFamily(
            "ivorycart_ledger_waiting", "Commands that wait for a batch", value=self._ledger.waiting
        )
        yield from self._of_workers()

    def _of_workers(self) -> Iterator[GaugeMetricFamily]:
        now = time.monotonic()
        failures = GaugeMetricFamily(
            "ivorycart_worker_failures", "Failures since the start of the process", labels=["worker"]
        )
        silence = GaugeMetricFamily(
            "ivorycart_worker_seconds_since_beat", "Seconds since the last sign of life", labels=["worker"]
        )
        for name, state in self._workers.states.items():
            failures.add_metric([name], state.failures)
            silence.add_metric([name], now - state.beat)
        yield failures
        yield silence
