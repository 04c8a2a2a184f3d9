"""Before the websocket: which requests become one, and from which pages."""

import asyncio
import json
from contextlib import closing
from urllib.parse import urlsplit

import aiohttp
import pytest

from ivorycart.engine import (
    Refusal,
    origin_policy,
)
from tests.ivorycart.engine.running import UPGRADE, RunningEngine, raw
from tests.patience import PATIENCE


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "?EIO=4&transport=polling", 400),
        ("GET", "?EIO=3&transport=websocket", 400),
        ("GET", "?EIO=4&EIO=3&transport=websocket", 400),
        ("GET", "?EIO=4&transport=carrier-pigeon", 400),
        ("GET", "?EIO=4&transport=websocket&sid=abc", 400),
        ("GET", "?EIO=4&transport=websocket", 400),
        ("GET", "?EIO=4", 400),
        ("GET", "?transport=websocket", 400),
        ("GET", "?%ff=%00&EIO=4", 400),
        ("GET", "", 400),
        ("POST", "?EIO=4&transport=polling", 405),
        ("OPTIONS", "?EIO=4&transport=polling", 405),
    ],
)
async def test_what_is_no_websocket_of_protocol_4_gets_a_problem(
    engine: RunningEngine, method: str, query: str, status: int
) -> None:
    """Polling, old protocols, missing parameters and other methods are answered in one shape."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{engine.base}/socket.io/{query}") as response,
    ):
        assert response.status == status
        assert response.content_type == "application/problem+json"
        problem = json.loads(await response.text())
        assert problem["status"] == status
        assert {"type", "title", "detail", "code"} <= problem.keys()
        assert "Access-Control-Allow-Origin" not in response.headers
    assert engine.sio.refusals[Refusal.HANDSHAKE] == 1


@pytest.mark.parametrize(
    "query", ["EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=abc", "EIO=4&transport=polling", "EIO=4"]
)
async def test_an_upgrade_with_other_parameters_is_refused(engine: RunningEngine, query: str) -> None:
    """A well-formed websocket handshake does not excuse the query."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{engine.base}/socket.io/?{query}")
    assert refused.value.status == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example", ""])
async def test_a_foreign_page_is_refused_before_the_upgrade(engine: RunningEngine, origin: str) -> None:
    """A page of another site gets 403, even if it forges what a proxy would add."""
    headers = {"Origin": origin, "X-Forwarded-Host": "evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with raw(engine, headers=headers):
            pass
    assert refused.value.status == 403
    assert refused.value.headers is not None
    assert refused.value.headers["Content-Type"].startswith("application/problem+json")
    assert engine.sio.refusals[Refusal.ORIGIN] == 1


@pytest.mark.parametrize("origin", [None, "https://shop.example", "own"])
async def test_own_pages_and_clients_that_are_no_browsers_are_let_in(engine: RunningEngine, origin: str | None) -> None:
    """The listed origin, the server's own host and no Origin at all are accepted."""
    headers = {} if origin is None else {"Origin": engine.base if origin == "own" else origin}
    async with raw(engine, headers=headers) as client:
        await client.join()


@pytest.mark.parametrize(
    ("origin", "host", "accepted"),
    [
        (None, "shop.local:5000", True),
        ("http://shop.local:5000", "shop.local:5000", True),
        ("https://SHOP.local:5000", "shop.local:5000", True),
        ("https://shop.local", "shop.local:443", True),
        ("http://shop.local", "shop.local:80", True),
        ("http://shop.local:5001", "shop.local:5000", False),
        ("http://shop.local", "shop.local:5000", False),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("ftp://shop.local", "shop.local", False),
        ("http://", "", False),
        ("http://a@shop.local", "shop.local", False),
        ("null", "null", False),
        ("https://listed.example", "shop.local", True),
        ("http://listed.example", "shop.local", False),
        ("https://x.listed.example", "shop.local", False),
        ("https://listed.example, https://evil.example", "shop.local", False),
        ("http://shop.local:x", "shop.local:x", True),
    ],
)
def test_the_origin_policy_compares_whole_origins(origin: str | None, host: str, accepted: bool) -> None:  # noqa: FBT001
    """Only none, the same host and listed origins pass; `null` cannot be listed."""
    assert origin_policy(["https://Listed.example/", "null"])(origin, host) is accepted


async def test_deflate_is_declined(engine: RunningEngine) -> None:
    """A client that offers permessage-deflate, as browsers do, is served without it."""
    async with raw(engine, compress=15) as client:
        assert client.ws.compress == 0
        await client.join()


# --- the very bytes ----------------------------------------------------------------------------------------------

HEAD = (
    f"GET {UPGRADE} HTTP/1.1\r\nHost: shop.local\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"  # the example of RFC 6455, section 1.3
CONNECT = b"\x81\x82\x00\x00\x00\x0040"


async def say(engine: RunningEngine, *requests: bytes, until: bytes) -> bytes:
    """Send bytes one after the other over one connection; return all that came back, up to some last words."""
    address = urlsplit(engine.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**23)
    with closing(writer):
        for request in requests:
            writer.write(request)
            await writer.drain()
        async with asyncio.timeout(PATIENCE):
            return await reader.readuntil(until)


async def test_the_answer_is_that_of_the_standard(engine: RunningEngine) -> None:
    """101 with the accepted key and nothing that was not asked for; then Engine.IO's first packet."""
    answer = await say(engine, f"{HEAD}Sec-WebSocket-Protocol: chat\r\n\r\n".encode(), until=b"}")
    head, first = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert ACCEPT in answer
    assert b"Sec-WebSocket-Extensions" not in head
    assert b"Sec-WebSocket-Protocol" not in head
    assert json.loads(first[first.index(b"{") :]).keys() == {
        "sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload",
    }  # fmt: skip


async def test_what_comes_with_the_upgrade_is_not_lost(engine: RunningEngine) -> None:
    """A client that does not wait for the answer is served all the same."""
    answer = await say(engine, f"{HEAD}\r\n".encode() + CONNECT, until=b'40{"sid":"')
    assert answer.startswith(b"HTTP/1.1 101 ")


async def test_requests_before_the_upgrade_are_answered_first(engine: RunningEngine) -> None:
    """On one connection: a page that is not there, a socket that is refused, then one that is not."""
    missing = b"GET /nowhere HTTP/1.1\r\nHost: shop.local\r\n\r\n"
    refused = f"{HEAD}Origin: https://evil.example\r\n\r\n".encode()
    answer = await say(engine, missing, refused, f"{HEAD}\r\n".encode() + CONNECT, until=b'40{"sid":"')
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"404", b"403", b"101"]


@pytest.mark.parametrize(
    "line",
    [
        "Sec-WebSocket-Version: 12",
        "Sec-WebSocket-Key: short",
        "Sec-WebSocket-Key: ****",
        "Sec-WebSocket-Key: \u00fc",
        "Upgrade: h2c",
        "Connection: close",
        "Content-Length: 2",
        "Transfer-Encoding: chunked",
    ],
)
async def test_a_handshake_that_is_not_to_the_letter_is_refused(engine: RunningEngine, line: str) -> None:
    """Another version, a key that is none, a body: 400, and the version that is spoken."""
    name, _, value = line.partition(": ")
    kept = [each for each in HEAD.splitlines() if not each.startswith(name)]
    request = "\r\n".join((*kept, f"{name}: {value}", "", "")).encode()
    assert (await say(engine, request, until=b"\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert not engine.sio.eio.sockets


async def test_a_flood_with_the_upgrade_is_read_to_its_end(engine: RunningEngine) -> None:
    """More than the web server keeps unread: reading goes on after the connection has changed hands."""
    text = b'421["echo","' + b"x" * 100 + b'"]'
    event = b"\x81" + bytes((0x80 | len(text),)) + b"\0\0\0\0" + text
    flood = event * 2000
    answer = await say(engine, f"{HEAD}\r\n".encode() + CONNECT + flood + event.replace(b"421", b"422"), until=b"432[")
    assert answer.count(b'431["xxx') == 2000
