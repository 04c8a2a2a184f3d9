"""An order as whoever asks for it may see it: all of it, or their part."""

from typing import Any

from handlers import order_list_shapes, shapes
from handlers.routing import Call
from models.errors import NotFound
from models.order import Order
from models.order_views import for_courier, for_seller, side_of


def seen_by(call: Call, order: Order | None) -> Any:
    """Show an order to the caller; NotFound where it is none of their business."""
    side = side_of(order, call.me.id, call.me.role) if order else None
    if order is None or side is None:
        raise NotFound("there is no such order")
    if side == "seller" and (part := for_seller(order, call.me.id)):
        return order_list_shapes.seller_part(part)
    if side == "delivery" and (carried := for_courier(order, call.me.id)):
        return order_list_shapes.delivery_order(carried)
    return shapes.order(order)
