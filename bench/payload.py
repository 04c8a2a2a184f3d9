"""The event that is broadcast: what a shop's `stock` event is, about 330 bytes, with a number and its time in it.

`peers/socketio_node.mjs` makes the same.
"""

from typing import Any

EVENT = "stock"
ROOM = "stock:all"
PRODUCTS = ("65a1f0c2d4e5f60718293a4b", "65a1f0c2d4e5f60718293a4c")


def stock_event(number: int, sent: float) -> dict[str, Any]:
    """Return the payload; `sent` is monotonic seconds, comparable between processes of one machine."""
    items = [
        {"id": each, "available": 100 - number % 50, "stock": 100, "held": number % 50, "version": number}
        | {"next_release": None}
        for each in PRODUCTS
    ]
    return {"cursor": f"{number:016x}", "items": items, "number": number, "sent": sent}
