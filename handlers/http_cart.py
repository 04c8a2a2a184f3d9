"""Carts over HTTP: the first design's cart page, and the routes beside it."""

import secrets
from typing import Any

from handlers import shapes
from handlers.payloads.cart import Cart as CartAnswer
from handlers.payloads.cart import CartList, CartOrderBody, SessionAnswer, SetLineBody, UpdateBody
from handlers.payloads.order import Order as OrderAnswer
from handlers.payloads.product import ProductList
from handlers.routing import Call, Routes
from ivorycart.checkout import OrderRequest
from models.cart import Cart
from models.commands import ClearCart, MergeCarts, SetLine, SetLines
from models.errors import Forbidden, Invalid, NotAuthenticated
from models.identity import OwnerId, owner_of_session, owner_of_user
from models.outcomes import CartChanged
from models.roles import Permission

CART_REFUSALS = ("insufficient_stock", "cart_expired", "conflict", "not_found", "storage_unavailable", "pending")
ORDER_REFUSALS = (*CART_REFUSALS, "price_changed", "key_reused", "payment_declined")
ALL_PRODUCTS = 1000

cart_routes = Routes()


@cart_routes.add("POST", "/api/session", needs=Permission.USE_CART, answer=SessionAnswer, status=201)
async def new_session(_call: Call) -> Any:
    """Begin an anonymous session, for clients without a socket."""
    return {"session": secrets.token_urlsafe(24)}


@cart_routes.add(
    "GET", "/api/cart", needs=Permission.USE_CART, answer=CartAnswer, refusals=("not_found", "storage_unavailable")
)
async def get_cart(call: Call) -> Any:
    """Return the caller's cart."""
    return _show(call, await call.shop.carts.get(call.owner))


@cart_routes.add(
    "GET", "/api/carts", needs=Permission.USE_CART, answer=CartList, refusals=("not_found", "storage_unavailable")
)
async def get_carts(call: Call) -> Any:
    """Return the caller's carts as a list."""
    cart = await call.shop.carts.get(call.owner)
    return {"items": [_show(call, cart)] if cart.lines else [], "next": None}


@cart_routes.add(
    "PUT",
    "/api/cart/items/{product_id}",
    needs=Permission.USE_CART,
    answer=CartAnswer,
    body=SetLineBody,
    refusals=CART_REFUSALS,
)
async def put_item(call: Call) -> Any:
    """Set a line to an absolute quantity."""
    command = SetLine(call.owner, call.id("product_id"), call.body.quantity, call.body.revision)
    return _changed(call, await call.shop.ledger.submit(command))


@cart_routes.add("DELETE", "/api/cart", needs=Permission.USE_CART, answer=CartAnswer, refusals=CART_REFUSALS)
async def clear_cart(call: Call) -> Any:
    """Empty the caller's cart."""
    return _changed(call, await call.shop.ledger.submit(ClearCart(call.owner)))


@cart_routes.add(
    "GET", "/api/cart/products", needs=Permission.LOOK, answer=ProductList, refusals=("storage_unavailable",)
)
async def cart_products(call: Call) -> Any:
    """Return all products on show, up to a thousand."""
    listings = await call.shop.products.on_show(ALL_PRODUCTS)
    return {"items": [shapes.product(listing, call.now) for listing in listings], "next": None}


@cart_routes.add(
    "POST",
    "/api/cart/update",
    needs=Permission.USE_CART,
    answer=CartAnswer,
    body=UpdateBody,
    refusals=(*CART_REFUSALS, "rate_limited"),
)
async def update_cart(call: Call) -> Any:
    """Make the cart contain exactly these lines; all or nothing."""
    owner = await _owner_of_page(call, call.body.socketId)
    await call.shop.alert_email.named(owner, call.body.email)
    command = SetLines(owner, _summed(call), call.body.email)
    return _changed(call, await call.shop.ledger.submit(command), session=call.body.socketId)


@cart_routes.add(
    "POST",
    "/api/cart/order",
    needs=Permission.BEGIN_ORDER,
    answer=OrderAnswer,
    body=CartOrderBody,
    status=201,
    refusals=ORDER_REFUSALS,
)
async def order_cart(call: Call) -> Any:
    """Order these lines: the cart is made to contain them, then it is ordered, unless the key was used before."""
    shop, body = call.shop, call.body
    if call.user is None and not shop.facts.guest_checkout:
        raise NotAuthenticated("sign in to order")
    if not shop.facts.unpaid_orders:
        raise Forbidden("orders are paid here: use /api/checkout or /api/orders/")
    owner = await _owner_of_page(call, body.socketId)
    lines = _summed(call)
    request = OrderRequest(
        owner=owner,
        order_key=body.order_key or secrets.token_hex(16),
        buyer_id=call.user.id if call.user else None,
        email=call.user.email if call.user else (await shop.carts.get(owner)).email,
        address=None,
        payment=None,
        expected_total=None,
        lines=lines,
    )
    return shapes.order(await shop.checkout.place(request))


async def _owner_of_page(call: Call, session: str) -> OwnerId:
    """Return whose cart the page works on; what the session's cart contains moves to the user who signed in."""
    if call.user is None:
        return owner_of_session(session)
    owner = owner_of_user(call.user.id)
    await call.shop.ledger.submit(MergeCarts(owner_of_session(session), owner))
    return owner


def _summed(call: Call) -> tuple[tuple[str, int], ...]:
    """Add up lines of the same product."""
    wanted: dict[str, int] = {}
    for line in call.body.cart:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.quantity
    if any(quantity >= 2**31 for quantity in wanted.values()):
        raise Invalid("the request is not valid", errors=[{"pointer": "/cart", "detail": "a quantity is too large"}])
    return tuple(wanted.items())


def _changed(call: Call, changed: CartChanged, session: str | None = None) -> Any:
    return _show(call, changed.cart, changed, session)


def _show(call: Call, cart: Cart, changed: CartChanged | None = None, session: str | None = None) -> Any:
    view = shapes.WireShapes(call.shop.board)
    return view.cart(cart, session or call.session, changed.levels if changed else None)
