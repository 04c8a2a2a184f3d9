"""The catalogue over HTTP, and sellers' work on stock."""

from typing import Any

from handlers import shapes
from handlers.payloads.product import (
    Product,
    StockAnswer,
    StockBody,
)
from handlers.routing import Call, Routes
from models.catalogue import Listing
from models.commands import Adjust, Restock
from models.errors import NotFound
from models.identity import owner_of_user
from models.roles import Permission

product_routes = Routes()


@product_routes.add("GET", "/api/products/{product_id}", needs=Permission.LOOK, answer=Product, refusals=("not_found",))
async def get_product(call: Call) -> Any:
    """Return a product; its seller and admins see it even when it is not on show."""
    listing = await _listing(call)
    if not listing.product.for_sale and not _may_manage(call, listing):
        raise NotFound("there is no such product")
    return shapes.product(listing, call.now)


@product_routes.add(
    "POST",
    "/api/products/{product_id}/stock",
    needs=Permission.MANAGE_STOCK,
    answer=StockAnswer,
    body=StockBody,
    refusals=("not_found", "conflict", "storage_unavailable", "pending"),
)
async def change_stock(call: Call) -> Any:
    """Restock or adjust one of the caller's products."""
    body, product_id = call.body, call.id("product_id")
    actor = owner_of_user(call.me.id)
    mine = None if call.me.role == "admin" else call.me.id
    command: Restock | Adjust
    if body.change_type == "restock":
        command = Restock(product_id, body.delta, actor, body.reason, mine)
    else:
        command = Adjust(product_id, body.quantity, body.delta, actor, body.reason, mine)
    return shapes.stock(await call.shop.ledger.submit(command))


async def _listing(call: Call) -> Listing:
    listing = await call.shop.products.get(call.id("product_id"))
    if listing is None:
        raise NotFound("there is no such product")
    return listing


def _may_manage(call: Call, listing: Listing) -> bool:
    return call.user is not None and (call.user.role == "admin" or call.user.id == listing.product.seller_id)
