"""Before the websocket: which requests become one, and from which pages."""

import json

import aiohttp
import pytest

from ivorycart.engine import (
    Refusal,
    origin_policy,
)
from tests.ivorycart.engine.running import Shop, raw


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
    shop: Shop, method: str, query: str, status: int
) -> None:
    """Polling, old protocols, missing parameters and other methods are answered in one shape."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{shop.base}/socket.io/{query}") as response,
    ):
        assert response.status == status
        assert response.content_type == "application/problem+json"
        problem = json.loads(await response.text())
        assert problem["status"] == status
        assert {"type", "title", "detail", "code"} <= problem.keys()
        assert "Access-Control-Allow-Origin" not in response.headers
    assert shop.sio.refusals[Refusal.HANDSHAKE] == 1


@pytest.mark.parametrize(
    "query", ["EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=abc", "EIO=4&transport=polling", "EIO=4"]
)
async def test_an_upgrade_with_other_parameters_is_refused(shop: Shop, query: str) -> None:
    """A well-formed websocket handshake does not excuse the query."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{shop.base}/socket.io/?{query}")
    assert refused.value.status == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example", ""])
async def test_a_foreign_page_is_refused_before_the_upgrade(shop: Shop, origin: str) -> None:
    """A page of another site gets 403, even if it forges what a proxy would add."""
    headers = {"Origin": origin, "X-Forwarded-Host": "evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with raw(shop, headers=headers):
            pass
    assert refused.value.status == 403
    assert refused.value.headers is not None
    assert refused.value.headers["Content-Type"].startswith("application/problem+json")
    assert shop.sio.refusals[Refusal.ORIGIN] == 1


@pytest.mark.parametrize("origin", [None, "https://shop.example", "own"])
async def test_own_pages_and_clients_that_are_no_browsers_are_let_in(shop: Shop, origin: str | None) -> None:
    """The listed origin, the server's own host and no Origin at all are accepted."""
    headers = {} if origin is None else {"Origin": shop.base if origin == "own" else origin}
    async with raw(shop, headers=headers) as client:
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


async def test_deflate_is_declined(shop: Shop) -> None:
    """A client that offers permessage-deflate, as browsers do, is served without it."""
    async with raw(shop, compress=15) as client:
        assert client.ws.compress == 0
        await client.join()
