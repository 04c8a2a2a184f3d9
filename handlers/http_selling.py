"""What sellers do with their products over HTTP; admins may do it with anyone's."""

from typing import Any

from handlers import shapes
from handlers.payloads.product import Product
from handlers.payloads.selling import (
    Deleted,
    DiscountBody,
    NewProduct,
    PriceBody,
    ProductEdit,
)
from handlers.routing import Call, Routes
from ivorycart.selling import Editor, Written
from models.roles import Permission

REFUSALS = ("not_found", "conflict", "storage_unavailable", "pending")
# The parts of an edit that are not fields of the entry.
ASIDE = frozenset({"price", "stock", "reason"})

selling_routes = Routes()


@selling_routes.add(
    "POST",
    "/api/products/",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    body=NewProduct,
    status=201,
    refusals=("conflict", "storage_unavailable", "pending"),
)
async def add_product(call: Call) -> Any:
    """Add a product of one's own, with its opening stock."""
    return shapes.product(
        await call.shop.selling.add(call.body.model_dump(exclude_none=True), editor_of(call)), call.now
    )


@selling_routes.add(
    "PUT",
    "/api/products/{product_id}",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    body=ProductEdit,
    refusals=REFUSALS,
)
async def edit_product(call: Call) -> Any:
    """Change what is named of a product; what is not named stays."""
    body = call.body
    named = {name: getattr(body, name) for name in body.model_fields_set}
    fields = {name: value for name, value in named.items() if name not in ASIDE}
    written = Written(fields=fields, price=named.get("price"), stock=named.get("stock"))
    selling = call.shop.selling
    return shapes.product(await selling.edit(call.id("product_id"), written, editor_of(call), body.reason), call.now)


@selling_routes.add(
    "DELETE", "/api/products/{product_id}", needs=Permission.MANAGE_PRODUCTS, answer=Deleted, refusals=REFUSALS
)
async def delete_product(call: Call) -> Any:
    """Take a product out of the catalogue for good; where orders or carts refer to it, it is kept out of sight."""
    product_id = call.id("product_id")
    return {"id": product_id, "kept": await call.shop.selling.delete(product_id, editor_of(call))}


@selling_routes.add(
    "PUT",
    "/api/products/{product_id}/price",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    body=PriceBody,
    refusals=REFUSALS,
)
async def set_price(call: Call) -> Any:
    """Set a product's list price."""
    body, selling = call.body, call.shop.selling
    return shapes.product(
        await selling.price(call.id("product_id"), body.price, editor_of(call), body.reason), call.now
    )


@selling_routes.add(
    "POST",
    "/api/products/{product_id}/publish",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    refusals=REFUSALS,
)
async def publish_product(call: Call) -> Any:
    """Put a product on show."""
    return shapes.product(
        await call.shop.selling.publish(call.id("product_id"), editor_of(call), published=True), call.now
    )


@selling_routes.add(
    "POST",
    "/api/products/{product_id}/unpublish",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    refusals=REFUSALS,
)
async def unpublish_product(call: Call) -> Any:
    """Take a product off the shelves; what carts hold of it stays held, but cannot be ordered."""
    return shapes.product(
        await call.shop.selling.publish(call.id("product_id"), editor_of(call), published=False), call.now
    )


@selling_routes.add(
    "POST",
    "/api/products/{product_id}/discounts",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    body=DiscountBody,
    status=201,
    refusals=REFUSALS,
)
async def add_discount(call: Call) -> Any:
    """Take something off a product's price for a period; of several at a time the lowest price counts."""
    body = call.body
    listing = await call.shop.selling.discount(
        call.id("product_id"),
        editor_of(call),
        kind=body.kind,
        value=body.value,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return shapes.product(listing, call.now)


@selling_routes.add(
    "DELETE",
    "/api/products/{product_id}/discounts/{discount_id}",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Product,
    refusals=REFUSALS,
)
async def remove_discount(call: Call) -> Any:
    """Take a discount away."""
    selling = call.shop.selling
    return shapes.product(
        await selling.drop_discount(call.id("product_id"), call.id("discount_id"), editor_of(call)), call.now
    )


def editor_of(call: Call) -> Editor:
    """Return who acts."""
    return Editor(call.me.id, call.me.role == "admin", call.visitor)
