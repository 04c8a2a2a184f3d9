"""Figures that are read from the living objects whenever somebody asks for them."""

import time
from collections.abc import Iterator, Mapping, Sized
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ivorycart.engine import Refusal
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
    """A collector for one process: sockets, the stream's lag, the ledger's queue, how the workers are.

    ``refusals`` counts what clients of sockets did wrong, by what it was.
    """

    def __init__(
        self, connections: Sized, workers: Workers, ledger: Queueing, feed: Following, refusals: Mapping[Refusal, int]
    ) -> None:
        self._connections = connections
        self._workers = workers
        self._ledger = ledger
        self._feed = feed
        self._refusals = refusals

    def collect(self) -> Iterator[Metric]:
        """Read them all."""
        yield GaugeMetricFamily("ivorycart_sockets", "Open sockets", value=len(self._connections))
        yield GaugeMetricFamily(
            "ivorycart_stream_lag_seconds", "How far the change stream is behind the database", value=self._feed.lag
        )
        yield GaugeMetricFamily(
            "ivorycart_ledger_waiting", "Commands that wait for a batch", value=self._ledger.waiting
        )
        refusals = CounterMetricFamily(
            "ivorycart_socket_refusals", "Sockets and packets refused, by what the client did", labels=["reason"]
        )
        for reason in Refusal:  # those of which there were none as well: the first of them is to be seen as a rise
            refusals.add_metric([reason.value], self._refusals.get(reason, 0))
        yield refusals
        yield from self._of_workers()

    def _of_workers(self) -> Iterator[GaugeMetricFamily]:
        now = time.monotonic()
        failures = GaugeMetricFamily(
            "ivorycart_worker_failures", "Failures since the start of the process", labels=["worker"]
        )
        silence = GaugeMetricFamily(
            "ivorycart_worker_seconds_since_beat", "Seconds since the last sign of life", labels=["worker"]
        )
        leases = GaugeMetricFamily(
            "ivorycart_lease_held", "Whether this process has the worker's lease: 1 or 0", labels=["worker"]
        )
        for name, state in self._workers.states.items():
            if state.leads is not None:
                leases.add_metric([name], int(state.leads))
            failures.add_metric([name], state.failures)
            silence.add_metric([name], now - state.beat)
        yield failures
        yield silence
        yield leases
