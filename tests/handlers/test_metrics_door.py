"""The figures are for those who operate the shop: by a token, or on its own machine."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from handlers.app import build_app
from handlers.edge import Edge
from handlers.http_operations import Process
from ivorycart.client_address import TrustedProxies
from tests.handlers.doors import raw, send

TOKEN = "a-token-of-the-operators"
HERE = Path(__file__).parents[2]


class NoShop:
    """A shop of which nothing is asked."""

    storage_errors = ()


@asynccontextmanager
async def operated(token: str | None, *proxies: str) -> AsyncIterator[str]:
    """Serve figures."""

    async def figures() -> bytes:
        return b"orders 3\n"

    shop: Any = NoShop()
    folders = {"static_dir": HERE / "static", "packages_dir": HERE / "node_modules"}
    process = Process(figures, metrics_token=token)
    server = TestServer(build_app(shop, process, Edge(proxies=TrustedProxies(proxies)), **folders))
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer other"}]
)
async def test_where_a_token_is_set_it_is_required(headers: Mapping[str, str]) -> None:
    """From this machine, too; what is counted of it is a refusal like others."""
    async with operated(TOKEN) as url:
        assert (await send(url, "GET", "/metrics", **headers)).is_problem(401, "not_authenticated")
        answer = await send(url, "GET", "/metrics", Authorization=f"bearer {TOKEN}", X_Forwarded_For="203.0.113.5")
        assert answer.status == 200


async def test_a_token_of_whatever_bytes_is_only_wrong() -> None:
    """Nothing fails over it."""
    async with operated(TOKEN) as url:
        asked = (
            b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer \xff\xe4\r\n\r\n"
        )
        assert (await raw(url, asked)).startswith(b"HTTP/1.1 401")


async def test_without_a_token_they_are_for_this_machine() -> None:
    """Whatever else it sends: a token of the shop's is none of these."""
    async with operated(None) as url:
        for headers in ({}, {"Authorization": "Bearer whatever"}):
            assert (await send(url, "GET", "/metrics", **headers)).status == 200


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_behind_a_proxy_nobody_is_on_this_machine(name: str) -> None:
    """A proxy's address is its own; and what a client says of itself is its own invention."""
    for proxies in ((), ("127.0.0.1",)):
        async with operated(None, *proxies) as url:
            for value in ("203.0.113.5", "127.0.0.1", "for=127.0.0.1"):
                answer = await send(url, "GET", "/metrics", **{name: value})
                assert answer.is_problem(403, "forbidden")
