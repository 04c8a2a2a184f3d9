"""Waiting in line for what is out, over HTTP."""

from typing import Any

from handlers import shapes
from handlers.payloads.cart import Cart as CartAnswer
from handlers.payloads.waiting import JoinBody, LeftAnswer, PlaceItem, WaitingList
from handlers.routing import Call, Routes
from models.identity import OwnerId
from models.roles import Permission

LINE_REFUSALS = ("not_found", "conflict", "rate_limited", "storage_unavailable", "pending")

waiting_routes = Routes()


@waiting_routes.add(
    "GET",
    "/api/waiting",
    needs=Permission.WAIT_IN_LINE,
    answer=WaitingList,
    refusals=("not_found", "storage_unavailable", "pending"),
)
async def places(call: Call) -> Any:
    """Return where the caller waits, and what is offered to them."""
    found = await call.shop.waiting.places(await _owner(call))
    view = shapes.WireShapes(call.shop.board)
    return {"items": [view.place(each) for each in found], "next": None}


@waiting_routes.add(
    "PUT",
    "/api/waiting/{product_id}",
    needs=Permission.WAIT_IN_LINE,
    answer=PlaceItem,
    body=JoinBody,
    refusals=LINE_REFUSALS,
)
async def join(call: Call) -> Any:
    """Wait for a product that is out or all held; who waits already keeps their place."""
    product_id, owner = call.id("product_id"), await _owner(call)
    place = await call.shop.waiting.join(owner, product_id, user=call.user, email=call.body.email, address=call.address)
    return shapes.WireShapes(call.shop.board).place(place)


@waiting_routes.add(
    "DELETE",
    "/api/waiting/{product_id}",
    needs=Permission.WAIT_IN_LINE,
    answer=LeftAnswer,
    refusals=LINE_REFUSALS,
)
async def leave(call: Call) -> Any:
    """Wait no longer; what is offered is declined, and goes to the next at once."""
    product_id = call.id("product_id")
    return {"left": await call.shop.waiting.leave(await _owner(call), product_id)}


@waiting_routes.add(
    "POST",
    "/api/waiting/{product_id}/take",
    needs=Permission.WAIT_IN_LINE,
    answer=CartAnswer,
    refusals=(*LINE_REFUSALS, "cart_expired"),
)
async def take(call: Call) -> Any:
    """Put what is offered into the caller's cart."""
    product_id = call.id("product_id")
    taken = await call.shop.waiting.take(await _owner(call), product_id)
    return shapes.WireShapes(call.shop.board).cart(taken.cart, call.session, taken.levels)


async def _owner(call: Call) -> OwnerId:
    """Return who waits; where the session of a user's request waits, the user does from here on."""
    owner = call.owner
    if call.user and call.session:
        await call.shop.waiting.bring(call.session, call.user)
    return owner
