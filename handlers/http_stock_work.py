"""What sellers see of their stock over HTTP: what came and went, by whom and why."""

from dataclasses import asdict
from typing import Any

from aiohttp import hdrs, web

from handlers import shapes
from handlers.http_selling import editor_of
from handlers.payloads.selling import ChangesQuery
from handlers.payloads.stock_work import (
    LoggedChangeList,
    LoggedMovementList,
    ProductHistoryQuery,
    SellerHistoryQuery,
)
from handlers.routing import Call, Routes
from handlers.streamed import download
from ivorycart.stock_work import MovementFilter
from models.actors import Viewer
from models.roles import Permission

stock_work_routes = Routes()


@stock_work_routes.add(
    "GET",
    "/api/products/{product_id}/inventory-logs",
    needs=Permission.MANAGE_STOCK,
    answer=LoggedMovementList,
    query=ProductHistoryQuery,
    files=("text/csv",),
    refusals=("not_found",),
)
async def inventory_logs(call: Call) -> Any:
    """Return the movements of one of the caller's products, newest first."""
    listing = await call.shop.selling.get(call.id("product_id"), editor_of(call))
    wanted = _wanted(call, product_id=listing.product.id)
    if _wants_csv(call):
        return _file(call, wanted)
    return await _page(call, wanted)


@stock_work_routes.add(
    "GET",
    "/api/seller/inventory-logs",
    needs=Permission.MANAGE_STOCK,
    answer=LoggedMovementList,
    query=SellerHistoryQuery,
    files=("text/csv",),
    refusals=("not_found",),
)
async def seller_inventory_logs(call: Call) -> Any:
    """Return what came and went of all of one's products, newest first; what carts hold is told product by product."""
    whose = await call.shop.importing.whose(call.query.seller_id, editor_of(call))
    wanted = _wanted(call, seller_id=whose)
    if _wants_csv(call):
        return _file(call, wanted)
    return await _page(call, wanted)


@stock_work_routes.add(
    "GET",
    "/api/products/{product_id}/changes",
    needs=Permission.MANAGE_PRODUCTS,
    answer=LoggedChangeList,
    query=ChangesQuery,
    refusals=("not_found",),
)
async def product_changes(call: Call) -> Any:
    """Return who changed what of a product and why, newest first; its stock's history is ``inventory-logs``."""
    limit, after = call.query.limit, call.query.after
    rows = await call.shop.selling.changes(call.id("product_id"), editor_of(call), limit=limit, after=after)
    actors = await call.shop.stock_work.known(((row.actor, True) for row in rows), viewer_of(call))
    return {
        "items": [{**shapes.entry_change(row), "by": asdict(actor)} for row, actor in zip(rows, actors, strict=True)],
        "next": rows[-1].id if len(rows) == limit else None,
    }


def viewer_of(call: Call) -> Viewer:
    """Return who asks."""
    return Viewer(call.me.id, call.me.role == "admin")


def _wanted(call: Call, **whose: str) -> MovementFilter:
    query = call.query
    viewer_of(call).check_asked(query.actor)
    return MovementFilter(**whose, change_type=query.change_type, since=query.from_, before=query.to, actor=query.actor)


def _wants_csv(call: Call) -> bool:
    """Whether a file is wanted; the query says so, or else what the client accepts before JSON."""
    if call.query.format:
        return bool(call.query.format == "csv")
    return call.request.headers.get(hdrs.ACCEPT, "").strip().lower().startswith("text/csv")


def _file(call: Call, wanted: MovementFilter) -> web.Response:
    portions = call.shop.stock_work.as_csv(wanted, viewer_of(call))
    return download(call, portions, name="movements", file_format="csv")


async def _page(call: Call, wanted: MovementFilter) -> Any:
    limit, after = call.query.limit, call.query.after
    rows, following = await call.shop.stock_work.history(wanted, viewer_of(call), limit=limit, after=after)
    return {
        "items": [shapes.logged_movement(row) for row in rows],
        "next": None if following is None else str(following),
    }
