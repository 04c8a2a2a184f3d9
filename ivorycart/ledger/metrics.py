"""Figures about the ledger."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class LedgerMetrics:
    """Counters and histograms of one ledger, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
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
        self.ahead = Counter("ivorycart_ledger_ahead", "Batches decided ahead of their turn", registry=registry)
        self.splits = Counter("ivorycart_ledger_splits", "Batches halved around a poison command", registry=registry)
        self.unknown_commits = Counter(
            "ivorycart_ledger_unknown_commits", "Commits whose answer was missing", registry=registry
        )
        self._refusals = Counter("ivorycart_ledger_refusals", "Refused commands", ["code"], registry=registry)

    def refused(self, reason: Exception) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(getattr(reason, "code", "internal")).inc()
