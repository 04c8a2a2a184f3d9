"""The browser's side: the page, its scripts and styles.

The page comes in its production form where there is one that is of what is there (`built.py`), else with the plain
modules. Of the installed packages only what the page's import map names (and its fonts) can be asked for.
"""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from handlers.built import BUILT_URL, KEPT_COOKIE, Built
from handlers.errors import CODE
from handlers.first_reads import as_elements, first_reads
from handlers.shelf import STATIC_SUFFIXES, Shelf, answer

INDEX = "index.html"
# The page finds out itself which of its rooms is meant; it has the same list (static/pages/places.js).
PAGES = (
    "/",
    "/listing",
    "/product/{id}",
    "/order/cart",
    "/order/address",
    "/order/payment",
    "/order/summary",
    "/order/submitted/{id}",
    "/order",
    "/orders",
    "/orders/{id}",
    "/login",
    "/register",
    "/activate",
    "/forgot-password",
    "/reset-password",
    "/confirm-email",
    "/account",
    "/account/addresses",
    "/account/password",
    "/account/sessions",
    "/account/notifications",
    "/inbox",
    "/seller",
    "/seller/products",
    "/seller/products/new",
    "/seller/products/{id}",
    "/seller/products/{id}/stock",
    "/seller/history",
    "/seller/orders",
    "/seller/import",
    "/seller/import/{id}",
    "/delivery",
    "/admin",
    "/admin/health",
    "/admin/users",
    "/admin/users/{id}",
    "/admin/products",
    "/admin/orders",
    "/admin/mails",
    "/admin/audit",
    "/admin/events",
)
PACKAGES_URL = "/npm/"
FONTS = (("@fontsource-variable/", ".woff2"),)
IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


class Site:
    """What browsers fetch beside the API.

    `static_dir` holds the page, `packages_dir` the installed packages (`node_modules`), `built_dir` the production
    forms, if there are any. `with_stripe`: the shop is paid by cards at Stripe, whose script is let in.
    """

    def __init__(
        self, static_dir: Path, packages_dir: Path, built_dir: Path | None = None, *, with_stripe: bool = False
    ) -> None:
        self._page = Shelf(static_dir, lambda asked: asked == PurePosixPath(INDEX))
        self._own = Shelf(static_dir, lambda asked: asked.suffix in STATIC_SUFFIXES)
        self._packages = Shelf(packages_dir, _package_rule(import_map(static_dir)))
        self._built = Built(built_dir, static_dir=static_dir, packages_dir=packages_dir, with_stripe=with_stripe)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the pages (`PAGES`), of our files, of packages and of built files."""
        return [
            *(web.get(path, self.index) for path in PAGES),
            web.get("/static/{path:.+}", self.static),
            web.get(PACKAGES_URL + "{path:.+}", self.package),
            web.get(BUILT_URL + "{version}/{path:.+}", self.built),
        ]

    async def index(self, request: web.Request, status: int = HTTPStatus.OK) -> web.Response:
        """Answer the page."""
        form = await self._built.form()
        if form is None:
            return answer(request, await self._page.asset(INDEX), status)
        resource = request.match_info.route.resource if status == HTTPStatus.OK else None
        path = resource.canonical if resource else None
        reads = form.reads(path) if path and not request.query_string else ()
        given = as_elements(await first_reads(request, reads))
        page, policy = form.page(path, given, request.cookies.get(KEPT_COOKIE))
        response = answer(request, page, status)
        response.headers["Content-Security-Policy"] = policy
        response.headers[hdrs.VARY] = f"{hdrs.ACCEPT_ENCODING}, {hdrs.COOKIE}"
        return response

    async def static(self, request: web.Request) -> web.Response:
        """Answer a file of ours."""
        return answer(request, await self._own.asset(request.match_info["path"]))

    async def package(self, request: web.Request) -> web.Response:
        """Answer a file of an installed package."""
        return answer(request, await self._packages.asset(request.match_info["path"]))

    async def built(self, request: web.Request) -> web.Response:
        """Answer a built file."""
        found = await self._built.file(request.match_info["version"], request.match_info["path"])
        if found is None:
            raise web.HTTPNotFound
        return answer(request, found)

    def not_found(self) -> Middleware:
        """Return a middleware that shows the page, which says so, to a person's browser at a path that nothing has."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            nowhere = isinstance(request.match_info.http_exception, web.HTTPNotFound)
            if not (nowhere and _is_visit(request)):
                return await handler(request)
            response = await self.index(request, HTTPStatus.NOT_FOUND)
            response[CODE] = "not_found"
            return response

        return middleware


def _is_visit(request: web.Request) -> bool:
    """Whether a browser asks for a page to show; programs that take anything do not name HTML."""
    asked = request.headers.get(hdrs.ACCEPT, "")
    path = request.path
    return request.method in {"GET", "HEAD"} and "text/html" in asked and not path.startswith(("/api/", "/socket.io/"))


def import_map(static_dir: Path) -> str:
    """Return the exact text of the page's import map; raises ValueError when the page has none."""
    match = IMPORT_MAP.search((static_dir / INDEX).read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{INDEX} has no import map")
    return match.group(1)


def _package_rule(import_map_text: str) -> Callable[[PurePosixPath], bool]:
    urls: list[str] = list(json.loads(import_map_text)["imports"].values())
    named = {url.removeprefix(PACKAGES_URL) for url in urls}
    exact = named | {f"{name}.map" for name in named}  # developer tools ask for the source maps

    def allowed(asked: PurePosixPath) -> bool:
        name = str(asked)
        return name in exact or any(name.startswith(start) and name.endswith(end) for start, end in FONTS)

    return allowed
