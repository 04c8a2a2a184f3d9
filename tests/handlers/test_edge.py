"""The edge of the shop over real HTTP: proxies, names, other origins, the cookie, and the headers of answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handlers.app import build_app
from handlers.csrf import require_same_site
from handlers.edge import Edge
from handlers.http_operations import Process
from ivorycart.engine import SocketServer
from ivorycart.settings import Settings, handed_over
from server import HERE
from tests.handlers.doors import Answer, raw

PUBLIC = "https://shop.example"
LISTED = "https://desk.example"
BEHIND = {"trusted_proxies": ("127.0.0.1",), "public_url": PUBLIC, "allowed_origins": (LISTED,)}


class NoShop:
    """A shop of which nothing is asked but what its database raises when it cannot be reached."""

    storage_errors: tuple[type[Exception], ...] = ()


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[str]:
    """Serve what tells how a request is seen, under these settings; give its address."""

    async def seen(request: web.Request) -> web.Response:
        facts = {"address": request.remote, "scheme": request.scheme, "host": request.host}
        return web.Response(body=orjson.dumps(facts), content_type="application/json")

    async def guarded(request: web.Request) -> web.Response:
        require_same_site(request)
        return web.Response(text="done")

    async def nothing() -> bytes:
        return b""

    edge = Edge.of(Settings(_env_file=None) if not settings else handed_over(settings))
    shop: Any = NoShop()
    app = build_app(shop, Process(nothing), edge, static_dir=HERE / "static", packages_dir=HERE / "node_modules")
    sockets = SocketServer(allow_origin=edge.origins)
    sockets.on("connect", lambda _sid, _environ, _auth=None: None)
    sockets.attach(app)
    app.router.add_get("/api/seen", seen)
    app.router.add_post("/api/guarded", guarded)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def ask(url: str, method: str = "GET", path: str = "/api/seen", **headers: str) -> Answer:
    """Send a request; `X_Y` in a header's name stands for `X-Y`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as http, http.request(method, url + path, headers=given) as answer:
        text = await answer.read()
        return Answer(answer.status, answer.headers, orjson.loads(text) if "json" in answer.content_type else None)


# --- behind a proxy


async def test_a_forwarded_address_is_believed_from_a_trusted_proxy_only() -> None:
    """From anyone else it is decoration."""
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}
    async with serving() as url:
        answer = await ask(url, **forged)
        assert (answer.body["address"], answer.body["scheme"]) == ("127.0.0.1", "http")
        assert answer.body["host"] in url
    async with serving(**BEHIND) as url:
        answer = await ask(url, X_Forwarded_For="6.6.6.6, 203.0.113.9", X_Forwarded_Proto="https", Host="shop.example")
        assert answer.body == {"address": "203.0.113.9", "scheme": "https", "host": "shop.example"}


async def test_headers_that_are_no_text_do_no_harm() -> None:
    """Bytes that are not UTF-8, in what is forwarded or beside it."""
    lines = b"X-Forwarded-For: \xff\xfe, 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Other: \xff\r\n"
    async with serving(**BEHIND) as url:
        answer = await raw(url, b"GET /api/seen HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + lines + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"203.0.113.9" in answer


# --- the shop's names


@pytest.mark.parametrize(
    "path", ["/api/seen", "/", "/static/app.js", "/nowhere", "/socket.io/?EIO=4&transport=websocket"]
)
async def test_a_foreign_name_is_misdirected_everywhere(path: str) -> None:
    """A page that has its own name point here (DNS rebinding) gets nothing, and opens no socket."""
    async with serving(public_url=PUBLIC, allowed_hosts=("shop.internal",)) as url:
        refused = await ask(url, path=path, Host="evil.example")
        assert refused.is_problem(421, "misdirected")
        assert "Content-Security-Policy" in refused.headers
        for name in ("shop.example", "SHOP.internal:8080", "localhost", "10.1.2.3:5000", "[::1]:5000"):
            assert (await ask(url, path=path, Host=name)).status != 421


async def test_the_name_that_a_proxy_forwards_has_to_be_the_shops() -> None:
    """And the one under which the proxy knows the shop does not matter."""
    async with serving(**BEHIND) as url:
        assert (await ask(url, Host="upstream", X_Forwarded_Host="shop.example")).status == 200
        assert (await ask(url, Host="shop.example", X_Forwarded_Host="evil.example")).is_problem(421, "misdirected")


async def test_a_request_without_a_host_is_served() -> None:
    """As HTTP/1.0 allows to old checks of health; no browser speaks it."""
    async with serving() as url:
        answer = await raw(url, b"GET /api/seen HTTP/1.0\r\n\r\n")
    assert b" 200 " in answer.splitlines()[0]


# --- other origins


async def test_a_listed_origin_may_use_the_api() -> None:
    """It is named, with credentials, and may read the headers that matter; refusals can be read as well."""
    async with serving(**BEHIND) as url:
        for path in ("/api/seen", "/api/nowhere"):
            headers = (await ask(url, path=path, Origin=LISTED)).headers
            assert headers["Access-Control-Allow-Origin"] == LISTED
            assert headers["Access-Control-Allow-Credentials"] == "true"
            assert {"RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"} == set(
                headers["Access-Control-Expose-Headers"].split(", ")
            )
            assert "Origin" in headers.getall("Vary")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://desk.example", f"{LISTED}.evil.example", ""]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_any_other_origin_hears_nothing_of_it(origin: str, method: str) -> None:
    """Nor does its browser let it read what it got."""
    async with serving(**BEHIND) as url:
        answer = await ask(url, method, Origin=origin, Access_Control_Request_Method="GET")
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.headers.getall("Vary")


async def test_a_preflight_names_the_routes_methods() -> None:
    """And the headers that a client may send; of unknown paths there is nothing to say."""
    async with serving(**BEHIND) as url:
        asked = {"Origin": LISTED, "Access_Control_Request_Method": "PUT"}
        answer = await ask(url, "OPTIONS", "/api/cart/items/" + "a" * 24, **asked)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Methods"] == "PUT"
        assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, X-Cart-Session"
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert (await ask(url, "OPTIONS", "/api/nowhere", **asked)).is_problem(404, "not_found")
        assert (await ask(url, "OPTIONS", "/api/seen", Origin=LISTED)).is_problem(405, "method_not_allowed")


async def test_pages_and_files_are_nobody_elses() -> None:
    """Only the API is for other origins."""
    async with serving(**BEHIND) as url:
        assert "Access-Control-Allow-Origin" not in (await ask(url, path="/", Origin=LISTED)).headers


# --- what a cookie authenticates


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Origin": PUBLIC}, True),
        ({"Origin": LISTED}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": PUBLIC, "Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Origin": LISTED, "Sec_Fetch_Site": "same-site"}, True),
        ({"Sec_Fetch_Site": "same-site"}, False),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Origin": LISTED, "Sec_Fetch_Site": "cross-site"}, False),
        ({"Origin": PUBLIC, "Sec_Fetch_Site": "anything"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "http://shop.example"}, False),
        ({"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"}, False),
        ({"Origin": "http://localhost", "X_Forwarded_Proto": "https"}, False),
        ({"Origin": "https://localhost", "X_Forwarded_Proto": "https"}, True),
    ],
)
async def test_only_our_own_pages_use_the_cookie(headers: dict[str, str], passes: bool) -> None:  # noqa: FBT001 - a table
    """Clients that are no browsers send neither header, and nobody's cookie."""
    async with serving(**BEHIND) as url:
        answer = await ask(url, "POST", "/api/guarded", Host="localhost", **headers)
        assert answer.status == 200 if passes else answer.is_problem(403, "forbidden")


# --- sockets


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": PUBLIC, "Host": "upstream", "X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "wss"}, 101),
        ({"Origin": "https://localhost", "Host": "localhost", "X-Forwarded-Proto": "https"}, 101),
        ({"Origin": "http://localhost", "Host": "localhost", "X-Forwarded-Proto": "https"}, 403),
        ({"Origin": "https://evil.example", "Host": "localhost"}, 403),
        ({"Origin": "https://evil.example", "Host": "localhost", "X-Forwarded-Host": "evil.example"}, 421),
        ({"Host": "evil.example"}, 421),
    ],
)
async def test_a_socket_behind_a_proxy_is_judged_by_what_its_client_asked_for(
    headers: dict[str, str], status: int
) -> None:
    """The page's origin and the name in its address bar, not the proxy's idea of the server."""
    async with serving(**BEHIND) as url, aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", headers=headers) as socket:
                assert (await socket.receive_str()).startswith("0{")
            answer = 101
        except aiohttp.WSServerHandshakeError as refused:
            answer = refused.status
    assert answer == status


# --- headers


async def test_what_the_api_says_is_kept_by_no_cache() -> None:
    """Refusals included; files of the page keep their own rule."""
    async with serving() as url:
        for path in ("/api/seen", "/api/nowhere", "/api/docs"):
            assert (await ask(url, path=path)).headers["Cache-Control"] == "no-store"
        assert (await ask(url, path="/")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/api/seen", "/api/nowhere", "/nowhere", "/static/app.js"])
async def test_a_shop_of_https_is_never_asked_by_http_again(path: str) -> None:
    """ASVS 3.4.1: for a year at least and for all names below; a shop without https does not say so."""
    async with serving(public_url=PUBLIC) as url:
        policy = (await ask(url, path=path)).headers["Strict-Transport-Security"]
        assert policy == "max-age=31536000; includeSubDomains"
    async with serving(public_url="http://localhost:5000") as url:
        assert "Strict-Transport-Security" not in (await ask(url, path=path)).headers


@pytest.mark.parametrize("path", ["/", "/api/seen", "/nowhere"])
async def test_no_answer_tells_what_the_server_is_made_of(path: str) -> None:
    """No versions to look up holes for."""
    async with serving() as url:
        assert (await ask(url, path=path)).headers["Server"] == "IvoryCart"


async def test_the_policy_says_what_asvs_wants() -> None:
    """ASVS 3.4.3 and 3.4.6: no plug-ins, no other base, in nobody's frame."""
    async with serving() as url:
        policy = (await ask(url, path="/")).headers["Content-Security-Policy"].split("; ")
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'none'"} <= set(policy)
