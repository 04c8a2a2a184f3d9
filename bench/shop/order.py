"""An order as clients send it."""

from typing import Any

ADDRESS = {"name": "Ada", "line1": "1 Analytical Way", "city": "London", "postal_code": "N1", "country": "GB"}
CARD = {"method": "sandbox", "card": "4242424242424242"}


def order(total: int, key: str, **changes: Any) -> dict[str, Any]:
    """Return an order of so much (minor units), paid with a sandbox card."""
    return {"order_key": key, "address": ADDRESS, "payment": CARD, "expected_total": total} | changes
