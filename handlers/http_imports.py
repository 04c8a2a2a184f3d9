"""Importing and exporting products and stock over HTTP."""

from typing import Any

from handlers.errors import UnsupportedType
from handlers.http_selling import editor_of
from handlers.import_shapes import import_shape, line_shape
from handlers.payloads.imports import (
    ExportQuery,
    Import,
    ImportList,
    ImportQuery,
    ImportsQuery,
    LineList,
    LinesQuery,
)
from handlers.routing import Call, Routes
from handlers.streamed import download, upload
from models.imports import FileFormat
from models.roles import Permission

MAX_FILE = 64 * 1024 * 1024
FORMATS: dict[str, FileFormat] = {
    "text/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
ABOUT_ONE = ("not_found", "conflict", "storage_unavailable")

import_routes = Routes()


@import_routes.add(
    "GET",
    "/api/products/export",
    needs=Permission.MANAGE_PRODUCTS,
    answer=None,
    query=ExportQuery,
    files=("text/csv", "application/x-ndjson"),
    refusals=("not_found",),
)
async def export_products(call: Call) -> Any:
    """Return one's own products as a file, newest first; an admin gets all, or a seller's."""
    query, editor = call.query, editor_of(call)
    if editor.is_admin:
        whose = query.seller_id and await call.shop.importing.whose(query.seller_id, editor)
    else:
        whose = await call.shop.importing.whose(query.seller_id, editor)
    portions = call.shop.exporting.export(whose, query.format, bom=query.bom == "true")
    return download(call, portions, name="products", file_format=query.format)


@import_routes.add(
    "POST",
    "/api/products/import",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Import,
    query=ImportQuery,
    status=202,
    takes=tuple(FORMATS),
    refusals=("not_found", "conflict", "storage_unavailable"),
)
async def import_products(call: Call) -> Any:
    """Take in a file of products and stock, of at most 64 MiB and 200,000 rows; it is worked on after that."""
    query = call.query
    by_type = FORMATS.get(call.request.content_type)
    if by_type is None:
        raise UnsupportedType(f"send one of {', '.join(FORMATS)}")
    job = await call.shop.importing.send_in(
        call.still_let_in(upload(call.request, MAX_FILE), Permission.MANAGE_PRODUCTS),
        editor_of(call),
        seller_id=query.seller_id,
        file_format=query.format or by_type,
        dry_run=query.dry_run == "true",
    )
    return import_shape(job)


@import_routes.add(
    "GET", "/api/products/imports", needs=Permission.MANAGE_PRODUCTS, answer=ImportList, query=ImportsQuery
)
async def list_imports(call: Call) -> Any:
    """Return a page of one's own imports, newest first; an admin sees all."""
    query = call.query
    rows = await call.shop.importing.page(editor_of(call), limit=query.limit, after=query.after)
    return {
        "items": [import_shape(row) for row in rows],
        "next": rows[-1].id if len(rows) == query.limit else None,
    }


@import_routes.add(
    "GET",
    "/api/products/imports/{import_id}",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Import,
    refusals=("not_found",),
)
async def get_import(call: Call) -> Any:
    """Return how far an import has come."""
    return import_shape(await call.shop.importing.get(call.id("import_id"), editor_of(call)))


@import_routes.add(
    "GET",
    "/api/products/imports/{import_id}/lines",
    needs=Permission.MANAGE_PRODUCTS,
    answer=LineList,
    query=LinesQuery,
    refusals=("not_found",),
)
async def import_lines(call: Call) -> Any:
    """Return line by line what an import would do, or did."""
    query, import_id = call.query, call.id("import_id")
    rows = await call.shop.importing.lines(import_id, editor_of(call), query.only, limit=query.limit, after=query.after)
    return {
        "items": [line_shape(row) for row in rows],
        "next": str(rows[-1].line) if len(rows) == query.limit else None,
    }


@import_routes.add(
    "POST",
    "/api/products/imports/{import_id}/apply",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Import,
    refusals=ABOUT_ONE,
)
async def apply_import(call: Call) -> Any:
    """Have done what a dry run said."""
    return import_shape(await call.shop.importing.apply(call.id("import_id"), editor_of(call)))


@import_routes.add(
    "POST",
    "/api/products/imports/{import_id}/cancel",
    needs=Permission.MANAGE_PRODUCTS,
    answer=Import,
    refusals=ABOUT_ONE,
)
async def cancel_import(call: Call) -> Any:
    """Have an import stop; what was done stays done."""
    return import_shape(await call.shop.importing.cancel(call.id("import_id"), editor_of(call)))
