"""Requests that are broken, too large, of a wrong kind or for nothing: each gets its answer and harms nobody."""

import asyncio
import gzip
import zlib
from urllib.parse import urlsplit

import pytest

from tests.handlers.doors import fresh_session, raw, send, serves_on

KIB_64 = 64 * 1024
LOGIN = "/api/auth/login"


@pytest.fixture(autouse=True)
async def unshaken(shop):
    """After every case the process serves on, and nothing took it by surprise."""
    async with serves_on(shop):
        yield


UNREADABLE = {
    "empty": b"",
    "blank": b"  \n",
    "truncated": b'{"email": "ada@example.org"',
    "not UTF-8": b'{"email": "\xff\xfe"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"email": "a"}',
    "a key twice": b'{"email": "a", "email": "b"}',
    "a key twice, deeper": b'{"email": {"a": 1, "\\u0061": 2}}',
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": Infinity}',
    "minus Infinity": b'{"email": -Infinity}',
    "1e999": b'{"email": 1e999}',
    "5,000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "2,000 lists deep": b"[" * 2000 + b"]" * 2000,
    "2,000 objects deep": b'{"a":' * 2000 + b"1" + b"}" * 2000,
    "20,000 lists never closed": b"[" * 20_000,
    "40 deep": b'{"email": ' + b"[" * 40 + b"]" * 40 + b"}",
    "two values": b"{} {}",
    "single quotes": b"{'email': 'a'}",
    "a comment": b'{"email": 1 /* */}',
    "a raw control character": b'{"email": "a\nb"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_two_readers_could_read_in_two_ways_is_unreadable(shop, body):
    """Broken JSON, and JSON that means something else elsewhere, is 400."""
    assert (await send(shop.url, "POST", LOGIN, body)).is_problem(400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"null", b"true", b"1", b'"text"', b"9" * 4000])
async def test_json_that_is_no_object_is_invalid(shop, body):
    """It can be read, but it is not what was asked for."""
    assert (await send(shop.url, "POST", LOGIN, body)).is_problem(422, "validation")


async def test_the_largest_body_is_64_kib(shop):
    """64 KiB pass as far as the rules; one byte more does not."""
    body = b'{"email": "nobody@example.org", "password": "wrong password"}'
    assert (await send(shop.url, "POST", LOGIN, body.ljust(KIB_64))).is_problem(401, "not_authenticated")
    assert (await send(shop.url, "POST", LOGIN, body.ljust(KIB_64 + 1))).is_problem(413, "too_large")


async def test_a_body_of_unsaid_length_is_counted_as_it_comes(shop):
    """Chunks without a Content-Length end at the same limit."""
    chunk = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
    head = (
        b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    answer = await raw(shop.url, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 9 + b"0\r\n\r\n")
    assert b" 413 " in answer.splitlines()[0]


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_bomb_is_too_large(shop, pack):
    """What counts is what comes out of a compressed body, and no more of it is made than the limit."""
    bomb = pack(b" " * 50_000_000)
    assert len(bomb) < KIB_64
    kind = "gzip" if pack is gzip.compress else "deflate"
    assert (await send(shop.url, "POST", LOGIN, bomb, Content_Encoding=kind)).is_problem(413, "too_large")


@pytest.mark.parametrize("body", [b"hello", gzip.compress(b"{}" * 40)[:-20]], ids=["no gzip", "half of it"])
async def test_a_body_that_is_not_in_its_encoding_is_unreadable(shop, body):
    """The client said gzip."""
    assert (await send(shop.url, "POST", LOGIN, body, Content_Encoding="gzip")).is_problem(400, "malformed")


async def test_a_thousand_parts_are_too_large_and_one_is_of_a_wrong_type(shop):
    """Forms are not taken; a large one is not even looked at."""
    part = b'--cut\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.org\r\n'
    kind = "multipart/form-data; boundary=cut"
    many = await send(shop.url, "POST", LOGIN, part * 1000 + b"--cut--\r\n", Content_Type=kind)
    assert many.is_problem(413, "too_large")
    one = await send(shop.url, "POST", LOGIN, part + b"--cut--\r\n", Content_Type=kind)
    assert one.is_problem(415, "unsupported_type")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonp", "json", "application/"],
)
async def test_what_is_not_json_by_its_own_account_is_refused(shop, kind):
    """A page of another site can send these without asking first; JSON it cannot."""
    assert (await send(shop.url, "POST", LOGIN, b"{}", Content_Type=kind)).is_problem(415, "unsupported_type")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", LOGIN, {"POST"}),
        ("DELETE", "/api/products/", {"GET"}),
        ("PATCH", "/api/cart", {"GET", "DELETE"}),
        ("TRACE", "/healthz", {"GET"}),
        ("OPTIONS", "/healthz", {"GET"}),
        ("POST", "/api/openapi.json", {"GET"}),
    ],
)
async def test_a_wrong_method_hears_the_right_ones(shop, method, path, allowed):
    """405 names what is allowed."""
    answer = await send(shop.url, method, path)
    assert answer.is_problem(405, "method_not_allowed")
    assert allowed <= set(answer.headers["Allow"].split(","))


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static/..%5cserver.py",
        "/static/%252e%252e%252fserver.py",
        "/static/%00",
        "/static//etc/passwd",
        "/npm/../package.json",
        "/images/../../x",
        "/nothing",
        "/api/%ff%fe",
        "/api/products/" + "f" * 24,
        "/images/" + "0" * 24,
        "/" + "a" * 7000,
    ],
)
async def test_what_is_not_there_is_not_found(shop, path):
    """Dots lead nowhere, encoded or not, and an unknown id names nothing."""
    line = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    head, _, body = (await raw(shop.url, line)).partition(b"\r\n\r\n")
    assert b" 404 " in head.splitlines()[0]
    assert b'"code":"not_found"' in body


@pytest.mark.parametrize("odd", ["%24ne", "f" * 23, "f" * 25, "F" * 24])
async def test_an_id_that_is_none_is_invalid(shop, odd):
    """In a path as in a body, an id has 24 hexadecimal digits, and the answer points at it."""
    answer = await send(shop.url, "GET", f"/api/products/{odd}")
    assert (answer.status, answer.body["code"]) == (422, "validation")
    assert answer.body["errors"][0]["pointer"] == "/product_id"


SESSION = b"POST /api/session HTTP/1.1\r\nHost: localhost\r\n"
JSON_LOGIN = b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BAD_FRAMING = {
    "length and chunks": SESSION + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and length": SESSION + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "two lengths": SESSION + b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "a negative length": SESSION + b"Content-Length: -5\r\n",
    "a length with a sign": SESSION + b"Content-Length: +5\r\n",
    "chunks twice": SESSION + b"Transfer-Encoding: chunked, chunked\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n",
    "a folded header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n 2\r\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost : a\r\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n",
    "an unknown version": b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n",
    "no HTTP": b"hello there\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "a header of 20 kB": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n",
    "a path of 20 kB": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n",
}


@pytest.mark.parametrize("head", BAD_FRAMING.values(), ids=BAD_FRAMING.keys())
async def test_a_request_that_two_servers_could_cut_in_two_ways_ends_the_connection(shop, head):
    """What a proxy and this server might read differently is refused, and what follows it is never served."""
    smuggled = b"GET /api/shop HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = await raw(shop.url, head + b"\r\n" + b"0\r\n\r\n" + smuggled)
    assert b" 400 " in answer.splitlines()[0]
    assert answer.count(b"HTTP/1.") == 1
    assert b"hold_seconds" not in answer


async def test_a_broken_chunk_ends_the_connection(shop):
    """The head was fine, the body is not."""
    head = JSON_LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = await raw(shop.url, head + b"zz\r\nhello")
    assert b" 400 " in answer.splitlines()[0]


async def test_a_body_that_never_comes_whole_costs_nothing(shop):
    """The client leaves in the middle; nobody waits for it."""
    head = JSON_LOGIN + b"Content-Length: 500\r\n\r\n"
    for _ in range(20):
        await _open_and_leave(shop.url, head + b'{"email"')


async def _open_and_leave(url: str, begun: bytes) -> None:
    where = urlsplit(url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(begun)
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=1.0", "/limit"),
        ("limit=%EF%BC%91", "/limit"),
        ("limit=" + "9" * 5000, "/limit"),
        ("limit=", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("after=" + "f" * 23, "/after"),
        ("after[$ne]=1", "/after[$ne]"),
        ("category=%00", "/category"),
        ("category=%0d%0aX:1", "/category"),
        ("category=" + "a" * 201, "/category"),
        ("price=1", "/price"),
        ("a%2Fb~c=1", "/a~1b~0c"),
    ],
)
async def test_a_bad_query_names_the_field(shop, query, pointer):
    """Unknown names, values out of range and names that stand twice are 422, with a pointer."""
    answer = await send(shop.url, "GET", f"/api/products/?{query}")
    assert answer.is_problem(422, "validation")
    assert pointer in [each["pointer"] for each in answer.body["errors"]]


@pytest.mark.parametrize("category", [".*", "^", "[", "$ne", "a\\", "%25", "{}", "(a+)+$"])
async def test_a_pattern_as_search_is_taken_literally(shop, category):
    """Nothing is called that, so nothing is found."""
    answer = await send(shop.url, "GET", f"/api/products/?category={category}")
    assert (answer.status, answer.body) == (200, {"items": [], "next": None})


@pytest.mark.parametrize("session", ["short", "x" * 65, "../" * 8, "a" * 20 + "!", "{" * 24, "é" * 20, "s:" + "a" * 30])
@pytest.mark.parametrize("path", ["/api/cart", "/api/carts", "/api/notifications"])
async def test_a_session_that_cannot_be_one_is_not_found(shop, path, session):
    """Whoever makes up a session learns nothing of others."""
    assert (await send(shop.url, "GET", path, X_Cart_Session=session)).is_problem(404, "not_found")


async def test_without_a_session_nobody_has_a_cart(shop):
    """And another's token of the right form finds an empty cart of its own."""
    assert (await send(shop.url, "GET", "/api/cart")).is_problem(401, "not_authenticated")
    mine = await send(shop.url, "GET", "/api/cart", X_Cart_Session=fresh_session())
    assert (mine.status, mine.body["lines"]) == (200, [])


async def test_thousands_of_bad_fields_get_a_short_answer(shop):
    """An answer is not many times as long as what it refuses."""
    body = {f"field{number}": 1 for number in range(4000)}
    answer = await send(shop.url, "POST", LOGIN, body)
    assert answer.is_problem(422, "validation")
    assert len(answer.body["errors"]) == 100


@pytest.mark.parametrize(
    "header", [b"Authorization: Bearer \xff\xfe.a.b", b"X-Cart-Session: \xff\xfe", b"Expect: the worst"]
)
async def test_headers_that_are_no_text_are_refused(shop, header):
    """They can be sent; nothing here takes them for more than wrong."""
    answer = await raw(
        shop.url, b"GET /api/cart HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    )
    assert answer.split(b" ", 2)[1] in {b"401", b"404", b"417"}
