"""Figures of the ledger: what is somebody else's doing is told from what the database goes through."""

from prometheus_client import CollectorRegistry

from ivorycart.ledger.metrics import LedgerMetrics
from models.faults import Contended, Stale, Transient


def test_conflicts_are_those_retries_that_others_cause() -> None:
    """A new primary is none."""
    registry = CollectorRegistry()
    metrics = LedgerMetrics(registry)
    for fault in (Contended("112"), Stale("a guard"), Transient("a new primary")):
        metrics.retried(fault)
    assert registry.get_sample_value("ivorycart_ledger_retries_total") == 3
    assert registry.get_sample_value("ivorycart_ledger_conflicts_total") == 2
