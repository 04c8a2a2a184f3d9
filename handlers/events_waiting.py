"""Waiting in line for what is out, over sockets."""

from typing import Any

from handlers import shapes
from handlers.events import Ask, Events
from handlers.payloads.cart import CartAnswer
from handlers.payloads.waiting import JoinEvent, LeftAnswer, PlaceAnswer, WaitingList, WhichProduct
from models.roles import Permission

waiting_events = Events()


@waiting_events.add("waiting:join", needs=Permission.WAIT_IN_LINE, answer=PlaceAnswer, body=JoinEvent)
async def waiting_join(ask: Ask) -> dict[str, Any]:
    """Wait for a product that is out or all held; who waits already keeps their place."""
    who = ask.connection
    place = await ask.shop.waiting.join(
        *(who.owner, ask.body.product_id),
        user=who.user,
        email=ask.body.email,
        address=who.address,
        origin=who.sid,
    )
    return {"waiting": shapes.WireShapes(ask.shop.board).place(place)}


@waiting_events.add("waiting:leave", needs=Permission.WAIT_IN_LINE, answer=LeftAnswer, body=WhichProduct)
async def waiting_leave(ask: Ask) -> dict[str, Any]:
    """Wait no longer; what is offered is declined, and goes to the next at once."""
    who = ask.connection
    return {"left": await ask.shop.waiting.leave(who.owner, ask.body.product_id, origin=who.sid)}


@waiting_events.add("waiting:list", needs=Permission.WAIT_IN_LINE, answer=WaitingList)
async def waiting_list(ask: Ask) -> dict[str, Any]:
    """Return where the socket's owner waits, and what is offered to them."""
    view = shapes.WireShapes(ask.shop.board)
    found = await ask.shop.waiting.places(ask.connection.owner)
    return {"items": [view.place(each) for each in found], "next": None}


@waiting_events.add("offer:take", needs=Permission.WAIT_IN_LINE, answer=CartAnswer, body=WhichProduct)
async def offer_take(ask: Ask) -> dict[str, Any]:
    """Put what is offered into the socket's cart."""
    who = ask.connection
    taken = await ask.shop.waiting.take(who.owner, ask.body.product_id, origin=who.sid)
    return {"cart": shapes.WireShapes(ask.shop.board).cart(taken.cart, who, taken.levels)}
