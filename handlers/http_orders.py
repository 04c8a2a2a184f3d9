"""Orders over HTTP."""

from typing import Any

from handlers import shapes
from handlers.http_cart import ORDER_REFUSALS
from handlers.order_seen import seen_by
from handlers.payloads.checkout import ChoicesBody
from handlers.payloads.order import Order, PlaceOrderBody
from handlers.payloads.order_lists import OrderSeen
from handlers.routing import Call, Routes
from ivorycart.checkout import OrderRequest
from ivorycart.shop import Shop
from models.errors import NotFound
from models.identity import owner_of_user
from models.order import Address
from models.roles import Permission

order_routes = Routes()


async def order_request(shop: Shop, body: PlaceOrderBody, *, buyer_id: str | None, **who: Any) -> OrderRequest:
    """Turn a client's order into a request; ``who`` is the owner and what else is known of them.

    An ``address_id`` is looked up in the buyer's address book.
    """
    return OrderRequest(
        order_key=body.order_key,
        buyer_id=buyer_id,
        address=await address_of(shop, body, buyer_id),
        address_id=body.address_id,
        payment=body.payment.model_dump(),
        expected_total=body.expected_total,
        **who,
    )


async def address_of(shop: Shop, body: PlaceOrderBody | ChoicesBody, buyer_id: str | None) -> Address:
    """Return the address that a request names: its own, or one of the buyer's address book."""
    if body.address:
        return Address(**body.address.model_dump())
    if buyer_id is None or body.address_id is None:
        raise NotFound("there is no such address")
    return (await shop.accounts.profiles.address(buyer_id, body.address_id)).entry.for_order()


@order_routes.add(
    "POST",
    "/api/orders/",
    needs=Permission.ORDER,
    answer=Order,
    body=PlaceOrderBody,
    status=201,
    refusals=ORDER_REFUSALS,
)
async def place_order(call: Call) -> Any:
    """Order what the caller's cart contains."""
    owner = owner_of_user(call.me.id)
    request = await order_request(call.shop, call.body, owner=owner, buyer_id=call.me.id, email=call.me.email)
    return shapes.order(await call.shop.checkout.place(request))


@order_routes.add(
    "GET", "/api/orders/{order_id}", needs=Permission.READ_OWN_ORDERS, answer=OrderSeen, refusals=("not_found",)
)
async def get_order(call: Call) -> Any:
    """Return an order: buyers and admins see all of it, sellers and couriers their part."""
    return seen_by(call, await call.shop.orders.get(call.id("order_id")))
