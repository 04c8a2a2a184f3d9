"""Figures of the way from the change stream to the sockets, read from the living objects whenever somebody asks."""

from collections.abc import Iterator
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ivorycart.engine import Backlog


class Fanning(Protocol):
    """What writes one frame to many."""

    frames: int
    seconds: float

    @property
    def waiting(self) -> int:
        """How many connections the broadcast under way has not reached."""


class SocketsOfProcess(Protocol):
    """The socket server."""

    @property
    def fanout(self) -> Fanning:
        """What writes broadcasts."""

    def backlog(self) -> Backlog:
        """Return what waits for clients."""


class Broadcasting(Protocol):
    """What turns changes into frames."""

    rounds: int
    seconds: float

    @property
    def waiting(self) -> int:
        """How many changes wait for a frame."""


class Following(Protocol):
    """What follows the database."""

    gaps: int


class FlowGauges(Collector):
    """A collector for one process. Divide seconds by frames: that is what a client costs in a broadcast."""

    def __init__(self, sockets: SocketsOfProcess, broadcaster: Broadcasting, feed: Following) -> None:
        self._sockets = sockets
        self._broadcaster = broadcaster
        self._feed = feed

    def collect(self) -> Iterator[Metric]:
        """Read them all."""
        fanout, broadcaster, backlog = self._sockets.fanout, self._broadcaster, self._sockets.backlog()
        yield CounterMetricFamily(
            "ivorycart_fanout_frames", "Frames of broadcasts handed to sockets, one for each", value=fanout.frames
        )
        yield CounterMetricFamily(
            "ivorycart_fanout_seconds", "Time spent on handing frames of broadcasts to sockets", value=fanout.seconds
        )
        yield GaugeMetricFamily(
            "ivorycart_fanout_waiting_frames",
            "Sockets that the broadcast under way has still to reach",
            value=fanout.waiting,
        )
        yield CounterMetricFamily(
            "ivorycart_broadcast_rounds", "Rounds in which changes of stock went out", value=broadcaster.rounds
        )
        yield CounterMetricFamily(
            "ivorycart_broadcast_seconds",
            "Time that these rounds took on the clock, others' turns included",
            value=broadcaster.seconds,
        )
        yield GaugeMetricFamily(
            "ivorycart_broadcast_waiting_products",
            "Products whose change waits for a frame",
            value=broadcaster.waiting,
        )
        yield GaugeMetricFamily(
            "ivorycart_sockets_unsent_bytes",
            "Bytes that clients have yet to take",
            value=backlog.unsent_bytes,
        )
        yield GaugeMetricFamily(
            "ivorycart_sockets_lagging", "Sockets that take up less than is sent to them", value=backlog.lagging
        )
        yield CounterMetricFamily(
            "ivorycart_stream_gaps", "Times that changes were missed, and all got a snapshot", value=self._feed.gaps
        )
