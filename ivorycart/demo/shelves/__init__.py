"""What each demo seller has on the shelf: rows of sku, name, price, stock, category, motif, tags and description."""

Row = tuple[str, str, int, int, str, str, str, str]
