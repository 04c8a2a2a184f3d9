"""Mail: what is written (`compose`), and how it leaves the house (`port`, `smtp`)."""
