"""The API documents: made of the tables of routes and events, so that they cannot forget one."""

from typing import Any

from aiohttp import web

from handlers.documents.asyncapi import asyncapi_document
from handlers.documents.openapi import openapi_document
from handlers.documents.page import documents_page
from handlers.routing import ROUTE_TABLE, Call, Route, Routes
from models.roles import Permission

document_routes = Routes()


@document_routes.add("GET", "/api/openapi.json", needs=Permission.LOOK, answer=None, counted=False)
async def openapi(call: Call) -> Any:
    """Return the OpenAPI 3.1 document of the HTTP routes."""
    return openapi_document(_table(call))


@document_routes.add("GET", "/api/asyncapi.json", needs=Permission.LOOK, answer=None, counted=False)
async def asyncapi(_call: Call) -> Any:
    """Return the AsyncAPI 3 document of the socket events."""
    return asyncapi_document()


@document_routes.add("GET", "/api/docs", needs=Permission.LOOK, answer=None, counted=False)
async def readable(call: Call) -> Any:
    """Return the API documents as a page."""
    page = documents_page(openapi_document(_table(call)), asyncapi_document())
    return web.Response(text=page, content_type="text/html")


def _table(call: Call) -> list[Route]:
    return call.request.app[ROUTE_TABLE]
