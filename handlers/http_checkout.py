"""Checking out in steps, and a guest's way back to the order, over HTTP."""

from typing import Any

from handlers import shapes
from handlers.http_cart import ORDER_REFUSALS
from handlers.http_orders import address_of
from handlers.payloads.checkout import CancelByLinkBody, Checkout, CheckoutOrderBody, ChoicesBody, OrderLinkBody
from handlers.payloads.order import Order
from handlers.routing import Call, Routes
from ivorycart.checking_out import State
from models.errors import NotAuthenticated
from models.roles import Permission

REFUSALS = ("not_found", "storage_unavailable")

checkout_routes = Routes()


@checkout_routes.add("GET", "/api/checkout", needs=Permission.BEGIN_ORDER, answer=Checkout, refusals=REFUSALS)
async def get_checkout(call: Call) -> Any:
    """Return how far the caller's checkout is, and what their cart comes to now."""
    return _shown(call, await call.shop.checking_out.state(call.owner))


@checkout_routes.add(
    "PUT", "/api/checkout", needs=Permission.BEGIN_ORDER, answer=Checkout, body=ChoicesBody, refusals=REFUSALS
)
async def choose_at_checkout(call: Call) -> Any:
    """Keep an address, a payment method, a guest's email; what is not named stays."""
    named = call.body.model_fields_set
    chosen: dict[str, Any] = {name: getattr(call.body, name) for name in named & {"email", "method"}}
    if named & {"address", "address_id"}:
        given = call.body.address or call.body.address_id
        buyer_id = call.user.id if call.user else None
        chosen["address"] = await address_of(call.shop, call.body, buyer_id) if given else None
        chosen["address_id"] = call.body.address_id
    return _shown(call, await call.shop.checking_out.choose(call.owner, chosen))


@checkout_routes.add(
    "POST",
    "/api/checkout/order",
    needs=Permission.BEGIN_ORDER,
    answer=Order,
    body=CheckoutOrderBody,
    status=201,
    refusals=ORDER_REFUSALS,
)
async def order_chosen(call: Call) -> Any:
    """Order what was chosen; the same key answers the same order."""
    if call.user is None and not call.shop.facts.guest_checkout:
        raise NotAuthenticated("sign in to order")
    body = call.body
    placed = await call.shop.checking_out.order(
        call.owner,
        call.user,
        order_key=body.order_key,
        payment=body.payment.model_dump(),
        expected_total=body.expected_total,
    )
    return shapes.order(placed)


@checkout_routes.add(
    "POST",
    "/api/orders/link",
    needs=Permission.LOOK,
    answer=Order,
    body=OrderLinkBody,
    refusals=("invalid_token", "storage_unavailable"),
)
async def order_of_link(call: Call) -> Any:
    """Return the order of a guest's link."""
    return shapes.order(await call.shop.order_links.order(call.body.token, call.now))


@checkout_routes.add(
    "POST",
    "/api/orders/link/cancel",
    needs=Permission.LOOK,
    answer=Order,
    body=CancelByLinkBody,
    refusals=("invalid_token", "conflict", "storage_unavailable", "pending"),
)
async def cancel_by_link(call: Call) -> Any:
    """Cancel the order of a guest's link, while it has not left."""
    order_id, mover = await call.shop.order_links.mover(call.body.token, call.now)
    return shapes.order(await call.shop.desk.cancel(order_id, mover, call.body.reason, call.body.seller_id))


def _shown(call: Call, state: State) -> Any:
    view = shapes.WireShapes(call.shop.board)
    email = call.user.email if call.user else state.choices.email or state.cart.email
    choices, summary, cart = state.choices, state.summary, view.cart(state.cart, call.session)
    return {
        "cart": cart,
        "lines": [line._asdict() for line in summary.lines],
        "subtotal": summary.subtotal,
        "discount": summary.discount,
        "shipping": summary.shipping,
        "total_amount": summary.total_amount,
        "currency": cart["currency"],
        "problems": [problem._asdict() for problem in summary.problems],
        "address": shapes.place(choices.address),
        "address_id": choices.address_id,
        "email": email,
        "method": choices.method,
        "methods": sorted(call.shop.checking_out.methods()),
        "order_key": choices.order_key,
        "ready": bool(choices.address and choices.method and email and not summary.problems),
        "expires_at": cart["expires_at"],
        "server_time": cart["server_time"],
    }
