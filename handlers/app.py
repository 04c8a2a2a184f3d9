"""The web application: routes, middlewares, sockets."""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from handlers.edge import ORIGINS, Edge, behind_proxies, cross_origin, known_hosts
from handlers.errors import CODE, TooLarge, problem, problem_of_http
from handlers.http_accounts import account_routes
from handlers.http_admin import admin_routes
from handlers.http_admin_dashboard import admin_dashboard_routes
from handlers.http_cart import cart_routes
from handlers.http_checkout import checkout_routes
from handlers.http_documents import document_routes
from handlers.http_finding import finding_routes
from handlers.http_images import image_routes
from handlers.http_imports import import_routes
from handlers.http_moderation import moderation_routes
from handlers.http_notifications import notification_routes
from handlers.http_operations import PROCESS, Process, operation_routes
from handlers.http_order_lists import order_list_routes
from handlers.http_order_moves import order_move_routes
from handlers.http_orders import order_routes
from handlers.http_payments import payment_routes
from handlers.http_products import product_routes
from handlers.http_profile import profile_routes
from handlers.http_seller import seller_routes
from handlers.http_selling import selling_routes
from handlers.http_stock_work import stock_work_routes
from handlers.http_waiting import waiting_routes
from handlers.limiting import rate_limit_headers
from handlers.pages import Site, import_map
from handlers.routing import MAX_BODY, ROUTE_TABLE, SHOP, Routes, mount
from handlers.security_headers import security_headers
from ivorycart.command_metrics import METHODS, UNKNOWN
from ivorycart.shop import Shop
from models.errors import Internal, Refused, StorageUnavailable

SOCKET_PATH = "/socket.io/"

log = structlog.get_logger(__name__)

TABLES: tuple[Routes, ...] = (
    cart_routes,
    checkout_routes,
    order_list_routes,  # before the routes that take an id: my-orders is none
    order_routes,
    order_move_routes,
    payment_routes,
    finding_routes,  # before the routes that take an id: my-products is none
    stock_work_routes,  # likewise
    import_routes,  # likewise
    selling_routes,
    product_routes,
    image_routes,
    moderation_routes,
    account_routes,
    admin_routes,
    admin_dashboard_routes,
    profile_routes,
    seller_routes,
    waiting_routes,
    notification_routes,
    operation_routes,
    document_routes,
)


def build_app(
    shop: Shop,
    process: Process,
    edge: Edge | None = None,
    *,
    static_dir: Path,
    packages_dir: Path,
    built_dir: Path | None = None,
) -> web.Application:
    """Return the application; the socket server is attached by whoever builds both."""
    edge = edge or Edge()
    site = Site(static_dir, packages_dir, built_dir, with_stripe=edge.with_stripe)
    middlewares: list[Middleware] = [
        counted_requests,
        with_request_id,
        taking_leave,
        counted_refusals,
        behind_proxies(edge.proxies),
        security_headers(import_map(static_dir), secure=edge.secure, with_stripe=edge.with_stripe),
        known_hosts(edge.hosts),
        cross_origin(edge.listed),
        rate_limit_headers,
        refusals_as_problems,
        site.not_found(),
    ]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY + 1)
    app[SHOP] = shop
    app[ORIGINS] = edge.origins
    app[PROCESS] = process
    app[ROUTE_TABLE] = [route for table in TABLES for route in table.table]
    for table in TABLES:
        mount(app, table)
    app.router.add_routes(site.routes())
    return app


@web.middleware
async def counted_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every request that comes this far, and trace it; one whose client left meanwhile has no answer to count."""
    process, began = request.app[PROCESS], time.perf_counter()
    resource = request.match_info.route.resource
    route = resource.canonical if resource else None

    def count(status: int) -> None:
        process.commands.request(request.method, route, status, time.perf_counter() - began)

    if request.path == SOCKET_PATH:  # a span of hours would say nothing; its events have their own
        return await _answered(request, handler, count)
    parent = request.headers.get("traceparent")
    method, place = request.method if request.method in METHODS else UNKNOWN, route or UNKNOWN
    with process.traces.span(f"http {method} {place}", parent=parent, route=place):
        return await _answered(request, handler, count)


async def _answered(request: web.Request, handler: Handler, count: Callable[[int], None]) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as answer:  # a redirect, say
        count(answer.status)
        raise
    count(response.status)
    return response


@web.middleware
async def with_request_id(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id, in its log lines and in its answer, and a line of its own: refusals at level info."""
    request_id = secrets.token_hex(8)
    started = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await handler(request)
        tell = log.info if response.status >= HTTPStatus.BAD_REQUEST else log.debug
        tell(
            "request",
            method=request.method,
            path=request.path,
            status=response.status,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
    return response


@web.middleware
async def taking_leave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have a process that stops answer what was begun, and nothing more on the same connection."""
    if "Upgrade" in request.headers:  # a socket stays for as long as it likes, and is told otherwise
        return await handler(request)
    leaving = request.app[PROCESS].leaving
    leaving.came()
    try:
        response = await handler(request)
        if leaving.begun and not response.prepared:
            response.force_close()
        return response
    finally:
        leaving.answered()


@web.middleware
async def counted_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count what is refused, whoever refuses it; what the socket engine turns away it counts itself."""
    response = await handler(request)
    if CODE in response:
        request.app[PROCESS].refusals.count(response[CODE])
    return response


@web.middleware
async def refusals_as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and errors into problem documents."""
    try:
        return await handler(request)
    except Refused as refusal:
        return problem(refusal)
    except web.HTTPRequestEntityTooLarge:
        return problem(TooLarge(f"a body has at most {MAX_BODY} bytes"))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:  # redirects and the like are answers
            raise
        return problem_of_http(error)
    except request.app[SHOP].storage_errors as error:
        log.warning("request.storage_unavailable", path=request.path, reason=str(error)[:200])
        return problem(StorageUnavailable("the database cannot be reached"))
    except ConnectionError:
        raise
    except Exception:
        log.exception("request.failed", method=request.method, path=request.path)
        return problem(Internal("this could not be handled"))
