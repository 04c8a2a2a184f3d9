"""A running shop, as measurements and tests both need it: its process, its database, an order for it."""
