"""What is done with orders after they were placed, over HTTP. Who may do what of it is the rules' to say."""

from typing import Any

from handlers.order_seen import seen_by
from handlers.payloads.order_lists import OrderSeen
from handlers.payloads.order_moves import CancelBody, ClaimBody, RefundBody, StatusBody
from handlers.routing import Call, Routes
from ivorycart.order_desk import MoveRequest, RefundRequest
from models import order as orders
from models.errors import Invalid
from models.identity import owner_of_user
from models.roles import Permission

REFUSALS = ("not_found", "conflict", "storage_unavailable", "pending")

order_move_routes = Routes()


@order_move_routes.add(
    "PUT",
    "/api/orders/{order_id}/status",
    needs=Permission.MOVE_ORDERS,
    answer=OrderSeen,
    body=StatusBody,
    refusals=REFUSALS,
)
async def move_order(call: Call) -> Any:
    """Move an order, or one's own part of it, on; where that is refused, ``allowed`` names what is not."""
    given = call.body.model_dump()
    request = MoveRequest(to=orders.OrderStatus(given.pop("status")), **given)
    return seen_by(call, await call.shop.desk.move(call.id("order_id"), request, mover_of(call)))


@order_move_routes.add(
    "POST",
    "/api/orders/{order_id}/cancel",
    needs=Permission.MOVE_ORDERS,
    answer=OrderSeen,
    body=CancelBody,
    refusals=REFUSALS,
)
async def cancel_order(call: Call) -> Any:
    """Cancel what was not sent yet: its stock returns, and its money is let go or given back."""
    body = call.body
    desk = call.shop.desk
    return seen_by(call, await desk.cancel(call.id("order_id"), mover_of(call), body.reason, body.seller_id))


@order_move_routes.add(
    "POST",
    "/api/orders/{order_id}/refund",
    needs=Permission.REFUND_ORDERS,
    answer=OrderSeen,
    body=RefundBody,
    refusals=REFUSALS,
)
async def refund_order(call: Call) -> Any:
    """Give money back for what was sent, whole or in part; what came back goes on the shelf."""
    body = call.body
    products = [each.product_id for each in body.units]
    if len(set(products)) < len(products):
        raise Invalid("the request is not valid", errors=[{"pointer": "/units", "detail": "names a product twice"}])
    request = RefundRequest(
        id=body.refund_id,
        units=tuple((each.product_id, each.quantity) for each in body.units),
        amount=body.amount,
        seller_id=body.seller_id,
        reason=body.reason,
        restock=body.restock,
    )
    return seen_by(call, await call.shop.desk.refund(call.id("order_id"), request, mover_of(call)))


@order_move_routes.add(
    "POST",
    "/api/orders/{order_id}/claim",
    needs=Permission.DELIVER,
    answer=OrderSeen,
    body=ClaimBody,
    refusals=REFUSALS,
)
async def claim_order(call: Call) -> Any:
    """Take over the delivery of what is on its way; nobody else can hand it over then."""
    desk = call.shop.desk
    return seen_by(call, await desk.claim(call.id("order_id"), mover_of(call), call.body.seller_id))


@order_move_routes.add(
    "POST",
    "/api/orders/{order_id}/release",
    needs=Permission.DELIVER,
    answer=OrderSeen,
    body=ClaimBody,
    refusals=REFUSALS,
)
async def release_order(call: Call) -> Any:
    """Leave a delivery to somebody else."""
    desk = call.shop.desk
    return seen_by(call, await desk.claim(call.id("order_id"), mover_of(call), call.body.seller_id, release=True))


def mover_of(call: Call) -> orders.Mover:
    """Return who asks."""
    return orders.Mover(owner_of_user(call.me.id), call.me.role)
