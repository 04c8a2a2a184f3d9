"""HTTP routes as data: what each takes, answers and requires. The API document is made of the same table."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, TypeVar

import orjson
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel

from handlers.errors import Malformed, TooLarge, UnsupportedType
from handlers.limiting import count_request
from handlers.reading import parse_json, read, whole_numbers
from ivorycart.connections import User
from ivorycart.shop import Shop
from models.account import Visitor
from models.errors import Forbidden, Invalid, NotAuthenticated, NotFound
from models.identity import OBJECT_ID, SESSION_TOKEN, OwnerId, owner_of_session, owner_of_user
from models.roles import ALLOWED, Permission, may

MAX_BODY = 64 * 1024
BODY_PATIENCE = 10.0  # seconds
MAX_DIGITS = 16  # of a number in a query: as many as 2**53 has
DEVICE_LENGTH = 200
WORTH_PACKING = 2048  # bytes: what is smaller goes in two packets anyway
PACKED_HOW_TIGHTLY = 4
SHOP = web.AppKey("shop", Shop)

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated and validated."""

    request: web.Request
    shop: Shop
    user: User | None
    body: Any
    query: Any

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the path."""
        return self.request.match_info

    @property
    def me(self) -> User:
        """Whoever is signed in."""
        if self.user is None:
            raise NotAuthenticated("sign in first")
        return self.user

    @property
    def now(self) -> datetime:
        """The time by the database's clock."""
        return self.shop.board.clock.now()

    @property
    def session(self) -> str | None:
        """The anonymous session that the request names."""
        token = self.request.headers.get("X-Cart-Session")
        if token is not None and not SESSION_TOKEN.fullmatch(token):
            raise NotFound("there is no such session")
        return token

    @property
    def owner(self) -> OwnerId:
        """Whose cart this is about: the user's, or else the session's."""
        if self.user:
            return owner_of_user(self.user.id)
        if self.session is None:
            raise NotAuthenticated("name a session by X-Cart-Session, or sign in")
        return owner_of_session(self.session)

    def asked_again(self, needs: Permission) -> Self:
        """Return this call as of now, after a body that took its time; raise where its user may not any more."""
        return replace(self, user=_let_through(authenticate(self.request, self.shop), needs))

    def id(self, name: str) -> str:
        """Return an id in the path."""
        value = self.request.match_info[name]
        if not OBJECT_ID.fullmatch(value):
            problem = {"pointer": f"/{name}", "detail": "must be 24 hexadecimal digits"}
            raise Invalid("the request is not valid", errors=[problem])
        return value

    async def still_let_in(self, chunks: AsyncIterator[bytes], needs: Permission) -> AsyncIterator[bytes]:
        """Yield a body that is read in portions; at its end whoever sent it must still have the permission."""
        async for chunk in chunks:
            yield chunk
        user = authenticate(self.request, self.shop)
        if not may(user.role if user else None, needs):
            raise Forbidden("this is not for your role")

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        return self.request.remote or "unknown"

    @property
    def visitor(self) -> Visitor:
        """Where the request came from, and on which device."""
        device = self.request.headers.get(hdrs.USER_AGENT, "").encode("ascii", "replace").decode()
        return Visitor(self.address, device[:DEVICE_LENGTH])

    @property
    def secure(self) -> bool:
        """Whether the client speaks to us by TLS, as far as that is known: by the shop's own address, too."""
        return self.request.secure or self.shop.public_url.startswith("https://")


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. ``refusals`` are the codes it can answer beside those that every route can."""

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel] | None
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    form: type[BaseModel] | None
    """What the handler reads by itself, part by part: multipart/form-data."""
    needs: Permission
    status: int
    refusals: tuple[str, ...]
    counted: bool
    """Whether its requests count against the limit of whoever sends them."""
    takes: tuple[str, ...] = ()
    """The types of a body that it reads itself, in portions."""
    files: tuple[str, ...] = ()
    """The types of files that it can answer with."""
    own_door: bool = False
    """Whether its handler sees to who is let in, by what is no token of the shop's."""
    tagged: bool = False
    """Whether its answers have an ETag, so that who has one is told so (304)."""

    @property
    def who(self) -> frozenset[str]:
        """The roles that may use it."""
        return ALLOWED[self.needs]

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


ROUTE_TABLE = web.AppKey("route_table", list[Route])


class Routes:
    """A table of routes, filled by decorators."""

    def __init__(self) -> None:
        self.table: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        needs: Permission,
        answer: type[BaseModel] | None,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        form: type[BaseModel] | None = None,
        status: int = 200,
        refusals: tuple[str, ...] = (),
        counted: bool = True,
        takes: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
        own_door: bool = False,
        tagged: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler."""

        def register(handler: Handler) -> Handler:
            self.table.append(
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    answer=answer,
                    body=body,
                    query=query,
                    form=form,
                    needs=needs,
                    status=status,
                    refusals=refusals,
                    counted=counted and path.startswith("/api/"),
                    takes=takes,
                    files=files,
                    own_door=own_door,
                    tagged=tagged,
                )
            )
            return handler

        return register


def mount(app: web.Application, routes: Routes) -> None:
    """Put a table's routes into an application; what answers to GET does so to HEAD."""
    for route in routes.table:
        endpoint = _endpoint(route)
        app.router.add_route(route.method, route.path, endpoint)
        if route.method == hdrs.METH_GET:
            app.router.add_route(hdrs.METH_HEAD, route.path, endpoint)


def _endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    numbers = whole_numbers(route.query) if route.query else frozenset()

    async def endpoint(request: web.Request) -> web.StreamResponse:
        shop = request.app[SHOP]
        user = None if route.own_door else _let_through(await _whoever_asks(request, shop, route), route.needs)
        query = read(route.query, _query(request, numbers)) if route.query else None
        body = None
        if route.body:
            body = read(route.body, parse_json(await read_body(request)))
            user = _let_through(authenticate(request, shop), route.needs)  # a body can take its time: who is it now?
        answer = await route.handler(Call(request, shop, user, body, query))
        if isinstance(answer, web.StreamResponse):
            return answer
        response = answered(answer, route.status)
        return pack(response) if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "") else response

    return endpoint


def _let_through(user: User | None, needs: Permission) -> User | None:
    if not may(user.role if user else None, needs):
        raise NotAuthenticated("sign in first") if user is None else Forbidden("this is not for your role")
    return user


async def _whoever_asks(request: web.Request, shop: Shop, route: Route) -> User | None:
    """Return whom the request names, once it is counted; one with a bad token counts as anonymous."""
    try:
        user = authenticate(request, shop)
    except NotAuthenticated:
        if route.counted:
            await count_request(shop.limits, request, None)
        raise
    if route.counted:
        await count_request(shop.limits, request, user)
    return user


def answered(answer: Any, status: int = 200) -> web.Response:
    """Return an answer as JSON."""
    return web.Response(status=status, body=orjson.dumps(answer), content_type="application/json")


def pack(response: web.Response) -> web.Response:
    """Return an answer compressed, where that saves packets: lists shrink to a fifth, in a fraction of a millisecond.

    No page of another site can have it hold both a secret and its own text (BREACH): who asks is named by a header.
    """
    body = response.body
    if isinstance(body, bytes) and len(body) >= WORTH_PACKING:
        response.body = gzip.compress(body, PACKED_HOW_TIGHTLY, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        response.headers.add(hdrs.VARY, hdrs.ACCEPT_ENCODING)
    return response


def authenticate(request: web.Request, shop: Shop) -> User | None:
    """Return whom the bearer token names; None without one."""
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("send a bearer token")
    return shop.identity.of(token.strip())


async def read_body(request: web.Request) -> bytes:
    """Return a JSON body as it was sent; one of another type, too long or too slow is refused."""
    if (request.content_length or 0) > MAX_BODY:  # said before its type is looked at, and before it is read
        raise TooLarge(f"a body has at most {MAX_BODY} bytes")
    if request.content_type != "application/json":
        raise UnsupportedType("send application/json")
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            body = await request.read()
    except TimeoutError as error:
        raise Malformed("the body did not come in time") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge(f"a body has at most {MAX_BODY} bytes") from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise Malformed("the body is not in its Content-Encoding or Transfer-Encoding") from error
    except ConnectionError as error:  # nobody hears this, and it is nothing to log
        raise Malformed("the client left before its body was whole") from error
    if len(body) > MAX_BODY:
        raise TooLarge(f"a body has at most {MAX_BODY} bytes")
    return body


def _query(request: web.Request, numbers: frozenset[str]) -> dict[str, Any]:
    """Return the query's values, those that are to be whole numbers as such: a query has only text."""
    values: dict[str, Any] = {}
    for name, text in request.query.items():
        if name in values:
            raise Invalid("the request is not valid", errors=[{"pointer": f"/{name}", "detail": "stands twice"}])
        is_number = name in numbers and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
        values[name] = int(text) if is_number else text
    return values
