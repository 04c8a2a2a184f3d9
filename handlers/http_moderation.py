"""What admins decide about products over HTTP."""

from typing import Any

from handlers import shapes
from handlers.http_selling import REFUSALS, editor_of
from handlers.payloads.product import Product
from handlers.payloads.selling import DisabledReason
from handlers.routing import Call, Routes
from models.roles import Permission

moderation_routes = Routes()


@moderation_routes.add(
    "PUT",
    "/api/admin/products/{product_id}/disable",
    needs=Permission.MODERATE,
    answer=Product,
    body=DisabledReason,
    refusals=REFUSALS,
)
async def disable_product(call: Call) -> Any:
    """Keep a product off the shelves; its seller is told why."""
    selling = call.shop.selling
    return shapes.product(await selling.disable(call.id("product_id"), call.body.reason, editor_of(call)), call.now)


@moderation_routes.add(
    "PUT",
    "/api/admin/products/{product_id}/enable",
    needs=Permission.MODERATE,
    answer=Product,
    refusals=REFUSALS,
)
async def enable_product(call: Call) -> Any:
    """Let a product be shown again, if its seller wants it shown."""
    return shapes.product(await call.shop.selling.enable(call.id("product_id"), editor_of(call)), call.now)
