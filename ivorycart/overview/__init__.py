"""What an admin sees of the whole shop: its figures, its health, its audits and its outbox."""
