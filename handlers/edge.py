"""What every request passes first: the client behind a proxy, the shop's names, and which other sites' pages may ask.

All of it goes before routing and holds for sockets as well: they begin as requests to the same application.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from handlers.errors import Misdirected, problem
from ivorycart.client_address import Forwarding, TrustedProxies
from ivorycart.engine.origin import OriginPolicy, listed_origins, origin_policy
from ivorycart.hosts import KnownHosts
from ivorycart.settings import Settings

API = "/api/"
# What pages of other origins may send and read beside what every page may.
_REQUEST_HEADERS = "Authorization, Content-Type, X-Cart-Session"
_ANSWER_HEADERS = "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = "600"


ORIGINS = web.AppKey("origins", OriginPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the settings say of where requests come from; with none nobody is trusted but who asks for localhost."""

    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    hosts: KnownHosts = field(default_factory=KnownHosts)
    origins: OriginPolicy = field(default_factory=lambda: origin_policy(()))
    """Which pages may open sockets and use the cookie: our own and the listed."""
    listed: frozenset[str] = frozenset()
    """The origins outside whose pages may call the API."""
    secure: bool = False
    """Whether the shop's own address is one of https."""
    with_stripe: bool = False
    """Whether its pages take cards by Stripe's script."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read it from the settings."""
        public = [settings.public_url] if settings.public_url else []
        names = [*settings.allowed_hosts, settings.host, *(urlsplit(url).hostname or "" for url in public)]
        return cls(
            proxies=TrustedProxies(settings.trusted_proxies),
            hosts=KnownHosts(names),
            origins=origin_policy((*settings.allowed_origins, *public)),
            listed=listed_origins(settings.allowed_origins),
            secure=urlsplit(settings.public_url or "").scheme == "https",
            with_stripe=settings.stripe_publishable_key is not None,
        )


def behind_proxies(proxies: TrustedProxies) -> Middleware:
    """Return a middleware that shows the handlers inside it the client instead of a trusted proxy.

    There, ``remote``, ``scheme`` and ``host`` of the request are those of the client; its headers stay as sent.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(_as_asked(request, proxies))

    return middleware


def _as_asked(request: web.Request, proxies: TrustedProxies) -> web.Request:
    headers = request.headers
    forwarding = Forwarding(
        x_for=headers.getall("X-Forwarded-For", ()),
        x_proto=headers.getall("X-Forwarded-Proto", ()),
        x_host=headers.getall("X-Forwarded-Host", ()),
        forwarded=headers.getall("Forwarded", ()),
    )
    asker = proxies.asker(request.remote, forwarding)
    host = headers.get(hdrs.HOST, "")  # without one the framework would look up this machine's name
    seen = (asker.address, asker.scheme or request.scheme, asker.host or host)
    if host and seen == (request.remote, request.scheme, host):
        return request
    return request.clone(remote=seen[0], scheme=seen[1], host=seen[2])


def known_hosts(hosts: KnownHosts) -> Middleware:
    """Return a middleware that answers 421 under names that are not the shop's."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host and not hosts.knows(request.host):  # only HTTP/1.0 may leave it out, which no browser speaks
            return problem(Misdirected("the shop does not go by this name: ALLOWED_HOSTS lists those that it does"))
        return await handler(request)

    return middleware


def cross_origin(listed: frozenset[str]) -> Middleware:
    """Return a middleware that lets pages of the listed origins use the API (CORS); others hear nothing of it."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(API):
            return await handler(request)
        origin = origin_header(request)
        allowed = origin is not None and origin.lower() in listed
        preflight = _preflight(request) if allowed else None
        response = preflight if preflight is not None else await handler(request)
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if allowed and origin:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _ANSWER_HEADERS
        return response

    return middleware


def origin_header(request: web.Request) -> str | None:
    """Return the Origin; several of them are joined, and so match nothing."""
    origins = request.headers.getall(hdrs.ORIGIN, ())
    return ", ".join(origins) if origins else None


def _preflight(request: web.Request) -> web.Response | None:
    """Return the answer to a browser that asks whether it may ask; None for any other request, or an unknown path."""
    refusal = request.match_info.http_exception
    asks = request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    if not asks or not isinstance(refusal, web.HTTPMethodNotAllowed):
        return None
    return web.Response(
        status=HTTPStatus.NO_CONTENT,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(sorted(refusal.allowed_methods)),
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _REQUEST_HEADERS,
            hdrs.ACCESS_CONTROL_MAX_AGE: _PREFLIGHT_SECONDS,
        },
    )
