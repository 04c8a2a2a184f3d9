"""What sockets can ask for."""

from dataclasses import replace
from typing import Any

from handlers import shapes
from handlers.events import Ask, Events
from handlers.events_admin import admin_events
from handlers.events_dashboards import dashboard_events
from handlers.events_delivery import delivery_events
from handlers.events_waiting import waiting_events
from handlers.http_orders import order_request
from handlers.payloads.account import AuthEvent
from handlers.payloads.cart import CartAnswer, EmailEvent, MergedAnswer, SetLineEvent
from handlers.payloads.notifications import ReadEvent, UnreadAnswer
from handlers.payloads.order import OrderAnswer, PlaceOrderBody
from handlers.payloads.product import WatchAnswer, WatchEvent
from models.commands import ClearCart, MergeCarts, SetEmail, SetLine
from models.errors import NotAuthenticated
from models.identity import owner_of_session, owner_of_user
from models.outcomes import CartChanged, Merged
from models.roles import Permission

events = Events()
events.include(admin_events)
events.include(delivery_events)
events.include(waiting_events)


@events.add("cart:get", needs=Permission.USE_CART, answer=CartAnswer)
async def cart_get(ask: Ask) -> dict[str, Any]:
    """Return the socket's cart."""
    cart = await ask.shop.carts.get(ask.connection.owner)
    return {"cart": shapes.WireShapes(ask.shop.board).cart(cart, ask.connection)}


@events.add("cart:set", needs=Permission.USE_CART, answer=CartAnswer, body=SetLineEvent)
async def cart_set(ask: Ask) -> dict[str, Any]:
    """Set a line to an absolute quantity."""
    command = SetLine(ask.connection.owner, ask.body.product_id, ask.body.quantity, ask.body.revision)
    return _changed(ask, await ask.shop.ledger.submit(command, origin=ask.connection.sid))


@events.add("cart:clear", needs=Permission.USE_CART, answer=CartAnswer)
async def cart_clear(ask: Ask) -> dict[str, Any]:
    """Empty the socket's cart."""
    return _changed(ask, await ask.shop.ledger.submit(ClearCart(ask.connection.owner), origin=ask.connection.sid))


@events.add("cart:email", needs=Permission.USE_CART, answer=CartAnswer, body=EmailEvent)
async def cart_email(ask: Ask) -> dict[str, Any]:
    """Choose where alerts for this cart go."""
    await ask.shop.alert_email.named(ask.connection.owner, ask.body.email)
    command = SetEmail(ask.connection.owner, ask.body.email)
    return _changed(ask, await ask.shop.ledger.submit(command, origin=ask.connection.sid))


@events.add("order:place", needs=Permission.BEGIN_ORDER, answer=OrderAnswer, body=PlaceOrderBody)
async def order_place(ask: Ask) -> dict[str, Any]:
    """Order what the cart contains."""
    user = ask.connection.user
    if user is None and not ask.shop.facts.guest_checkout:
        raise NotAuthenticated("sign in to order")
    owner = ask.connection.owner
    request = await order_request(
        ask.shop,
        ask.body,
        owner=owner,
        buyer_id=user.id if user else None,
        email=user.email if user else (await ask.shop.carts.get(owner)).email,
        origin=ask.connection.sid,
    )
    return {"order": shapes.order(await ask.shop.checkout.place(request))}


@events.add("stock:watch", needs=Permission.LOOK, answer=WatchAnswer, body=WatchEvent)
async def stock_watch(ask: Ask) -> dict[str, Any]:
    """Choose which products to hear of; null is everything."""
    shop, ids = ask.shop, ask.body.product_ids
    watch = None if ids is None else frozenset(ids)
    await shop.broadcaster.watch(ask.connection.sid, watch)
    return dict(shop.broadcaster.snapshots.of(watch))


@events.add("auth", needs=Permission.SIGN_IN, answer=MergedAnswer, body=AuthEvent)
async def auth(ask: Ask) -> dict[str, Any]:
    """Sign this socket in; what the anonymous cart contains goes into the user's."""
    user = ask.shop.identity.of(ask.body.token)
    source = owner_of_session(ask.connection.session)
    merge = MergeCarts(source, owner_of_user(user.id))
    merged: Merged = await ask.shop.ledger.submit(merge, origin=ask.connection.sid)
    await ask.shop.waiting.bring(ask.connection.session, user, origin=ask.connection.sid)
    # Only now: a socket whose cart could not be joined is who it was, and its cart is what it was. Asked again, because
    # the session may have ended while the carts were joined.
    user = ask.shop.identity.of(ask.body.token)
    signed_in = ask.shop.connections.change(ask.connection.sid, user=user) or replace(ask.connection, user=user)
    ask.shop.telling.reminding.remind(signed_in)
    return {
        "cart": shapes.WireShapes(ask.shop.board).cart(merged.cart, signed_in, merged.levels),
        "merged": list(merged.merged),
        "clipped": [each._asdict() for each in merged.clipped],
    }


@events.add("notifications:read", needs=Permission.READ_NOTIFICATIONS, answer=UnreadAnswer, body=ReadEvent)
async def notifications_read(ask: Ask) -> dict[str, Any]:
    """Note what was seen."""
    return {"unread": await ask.shop.inbox.read(ask.connection.owner, ask.body.ids)}


def _changed(ask: Ask, changed: CartChanged) -> dict[str, Any]:
    return {"cart": shapes.WireShapes(ask.shop.board).cart(changed.cart, ask.connection, changed.levels)}


events.table |= dashboard_events.table
