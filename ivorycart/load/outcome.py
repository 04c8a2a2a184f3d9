"""What a whole storm has measured, and how it is put together from the news of its processes.

Concurrency: plain methods on the storm's event loop.
"""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivorycart.load.messages import Compared, News, Should
from ivorycart.load.tally import Histogram, Tally

UNMATCHED_FOR = 10.0  # seconds that latencies wait for the probe's word


@dataclass(slots=True)
class Moment:
    """One second of the storm."""

    at: float
    connected: int = 0
    connects: int = 0
    frames: int = 0
    acts: int = 0
    orders: int = 0
    errors: int = 0
    latency: Histogram = field(default_factory=Histogram)


@dataclass(slots=True)
class Outcome:
    """Everything that a storm has measured."""

    tally: Tally = field(default_factory=Tally)
    from_ack: Histogram = field(default_factory=Histogram)
    from_send: Histogram = field(default_factory=Histogram)
    moments: list[Moment] = field(default_factory=list)
    compared: Compared = field(default_factory=Compared)
    before: dict[str, Should] = field(default_factory=dict)
    after: dict[str, Should] = field(default_factory=dict)
    ramp_seconds: float = 0.0
    acting_seconds: float = 0.0
    acting_frames: int = 0
    acting_cpu: dict[int, float] = field(default_factory=dict)  # seconds, by process of the load
    most_connected: int = 0
    stopped_early: bool = False
    gone: str = ""  # why the server could not be asked in the end


class Gathering:
    """Takes in news; ``began`` is when the first second began."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self.began = time.monotonic()
        self.connected = 0
        self.cpu: dict[int, float] = {}
        self.compared: list[Compared] = []
        self._connected: dict[int, int] = {}
        self._probed: dict[int, tuple[float, float]] = {}
        self._unmatched: list[tuple[int, array[float], float]] = []

    def take(self, news: News) -> None:
        """Take in one process's news."""
        now, tally = time.monotonic(), news.tally
        self._connected[news.process] = news.connected
        self.cpu[news.process] = news.cpu
        self.connected = sum(self._connected.values())
        self.outcome.most_connected = max(self.outcome.most_connected, self.connected)
        moment = self._moment(now)
        moment.connected = self.connected
        moment.connects += tally.connects + tally.reconnects
        moment.frames += tally.frames
        moment.acts += tally.cart_acks.count + tally.order_acks.count
        moment.orders += tally.orders
        moment.errors += tally.errors
        self.outcome.tally.merge(tally)
        self._probed.update((each.version, (each.sent, each.acked)) for each in news.probed)
        for version, raw in news.heard.items():
            times = array("d")
            times.frombytes(raw)
            self._unmatched.append((version, times, now))
        self._match(now)
        if news.compared:
            self.compared.append(news.compared)

    def _match(self, now: float) -> None:
        """Turn the moments at which clients heard of the probe's versions into latencies."""
        waiting = []
        for version, times, since in self._unmatched:
            known = self._probed.get(version)
            if known is None:
                if now - since < UNMATCHED_FOR:
                    waiting.append((version, times, since))
                continue
            sent, acked = known
            latencies = [at - acked for at in times]
            self.outcome.from_ack.add_all(latencies)
            self._moment(times[0]).latency.add_all(latencies)
            self.outcome.from_send.add_all(at - sent for at in times)
        self._unmatched = waiting

    def _moment(self, at: float) -> Moment:
        second, moments = max(0, int(at - self.began)), self.outcome.moments
        while len(moments) <= second:
            moments.append(Moment(float(len(moments)), connected=self.connected))
        return moments[second]


def summed(parts: Sequence[Compared]) -> Compared:
    """Add up how the processes' clients compare."""
    return Compared(
        equal=sum(part.equal for part in parts),
        lost_clients=sum(part.lost_clients for part in parts),
        lost=sum(part.lost for part in parts),
        away=sum(part.away for part in parts),
        cut_stalled=sum(part.cut_stalled for part in parts),
        examples=[example for part in parts for example in part.examples],
    )
