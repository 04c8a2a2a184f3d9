"""Figures about the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from ivorycart.tracing import NO_TRACES, Traces
from models.errors import CODES
from models.faults import Contended, Stale, StorageFault


class LedgerMetrics:
    """Counters and histograms of one ledger, in one registry; and a span of each batch, where ``traces`` are kept."""

    def __init__(self, registry: CollectorRegistry, *, traces: Traces = NO_TRACES) -> None:
        self._traces = traces
        self.batch_seconds = Histogram(
            "ivorycart_ledger_batch_seconds",
            "Time from the first read of a batch, or the first write of one decided ahead, to its commit",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=registry,
        )
        self.batch_commands = Histogram(
            "ivorycart_ledger_batch_commands",
            "Commands per committed batch",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=registry,
        )
        self.retries = Counter("ivorycart_ledger_retries", "Batches decided anew", registry=registry)
        self._conflicts = Counter(
            "ivorycart_ledger_conflicts",
            "Batches decided anew because somebody else had written the same documents; part of the retries",
            registry=registry,
        )
        self.ahead = Counter("ivorycart_ledger_ahead", "Batches decided ahead of their turn", registry=registry)
        self.splits = Counter("ivorycart_ledger_splits", "Batches halved around a poison command", registry=registry)
        self.unknown_commits = Counter(
            "ivorycart_ledger_unknown_commits", "Commits whose answer was missing", registry=registry
        )
        self._refusals = Counter("ivorycart_ledger_refusals", "Refused commands", ["code"], registry=registry)
        for code in CODES:  # told from nought on: the first of each is to be seen as a rise
            self._refusals.labels(code)

    @contextmanager
    def batch(self, commands: int) -> Iterator[None]:
        """Time one attempt at a batch of so many commands, whatever comes of it."""
        with self.batch_seconds.time(), self._traces.span("ledger.batch", commands=commands):
            yield

    def retried(self, fault: StorageFault) -> None:
        """Count a batch that is decided anew, and whether that is somebody else's doing."""
        self.retries.inc()
        if isinstance(fault, Contended | Stale):
            self._conflicts.inc()

    def refused(self, reason: Exception) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(getattr(reason, "code", "internal")).inc()
