"""The ledger: every command to the stock goes through here, in groups. Begin reading with `ledger`."""

from ivorycart.ledger.batch import Committed, LedgerStore, LedgerTransaction
from ivorycart.ledger.ledger import Ledger
from ivorycart.ledger.metrics import LedgerMetrics

__all__ = ["Committed", "Ledger", "LedgerMetrics", "LedgerStore", "LedgerTransaction"]
