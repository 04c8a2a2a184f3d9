"""What the system does: ledger, use cases, workers, stock board, broadcaster, mail, payments, and their ports."""
