"""A storm that lasts longer than an access token: its accounts sign in again, and what fails is the load's own."""

import asyncio
import json
import time
from typing import Any

import socketio
from aiohttp import web

from ivorycart.load.signing_in import SigningIn
from ivorycart.load.target import Target
from tests.ivorycart.load.shops import Shop, load, opened
from tests.patience import PATIENCE

LONG = (
    *("--clients", "8", "--carts", "0", "--orders", "0.5", "--rate", "8", "--duration", "9", "--settle", "3"),
    *("--reconnects", "1", "--reconnects-at", "7", "--buyer", "a@example.com:secret", "--json"),
)


class Members(Shop):
    """Only who is signed in may order, and a token is good for a few seconds."""

    guests = False
    seconds = 4.0

    def __init__(self) -> None:
        super().__init__()
        self.logins = 0
        self.good_until: dict[str, float] = {}
        self.token_of: dict[str, str] = {}  # by socket
        self.ordered: set[str] = set()  # tokens that orders were placed by
        self.came_with: set[str] = set()
        self.server.on("auth", self.sign_in)

    def routes(self) -> list[web.RouteDef]:
        """Have a door for members."""
        return [web.post("/api/auth/login", self.login)]

    async def login(self, _request: web.Request) -> web.Response:
        """Give the next token."""
        self.logins += 1
        token = f"token {self.logins}"
        self.good_until[token] = time.monotonic() + self.seconds
        return web.json_response({"token": token, "expires_in": self.seconds, "user": {}})

    def is_good(self, token: str) -> bool:
        """Whether a token still is."""
        return time.monotonic() < self.good_until.get(token, 0.0)

    async def connect(self, sid: str, environ: Any, auth: Any = None) -> None:
        """Let nobody in with a token that is not good."""
        token = (auth or {}).get("token")
        if token and not self.is_good(token):
            refusal = {"code": "not_authenticated", "message": "sign in first", "details": {}}
            raise socketio.exceptions.ConnectionRefusedError("sign in first", refusal)
        if token:
            self.came_with.add(token)
            self.token_of[sid] = token
        await super().connect(sid, environ, auth)

    async def sign_in(self, sid: str, payload: dict[str, Any]) -> Any:
        """Take a new token on an open socket."""
        if not self.is_good(payload["token"]):
            return {"ok": False, "error": {"code": "not_authenticated"}}
        self.token_of[sid] = payload["token"]
        return {"ok": True, "cart": self._cart(sid), "merged": [], "clipped": []}

    async def order(self, sid: str, payload: dict[str, Any]) -> Any:
        """Sell to members."""
        token = self.token_of.get(sid, "")
        if not self.is_good(token):
            return {"ok": False, "error": {"code": "not_authenticated"}}
        self.ordered.add(token)
        return await super().order(sid, payload)


class Closed(Members):
    """Lets nobody sign in a second time."""

    async def login(self, request: web.Request) -> web.Response:
        """Give a token, once."""
        if self.logins:
            return web.json_response({"code": "not_authenticated"}, status=401)
        return await super().login(request)


async def test_a_storm_outlasts_its_tokens() -> None:
    """Open sockets are told of the next token, whoever comes back brings it, and nobody counts as lost."""
    shop = Members()
    async with opened(shop) as url:
        status, out, err = await load(url, *LONG)
    assert status == 0, out + err
    assert shop.logins > 2
    assert len(shop.ordered) > 1  # sockets that were open all the time ordered on
    assert shop.came_with - {"token 1"}  # those that were cut came back with a later one


async def test_a_refused_token_is_the_loads_own_affair() -> None:
    """Nobody can sign in again: clients come back without a token, nothing is called lost, and a note says it all."""
    async with opened(Closed()) as url:
        status, out, err = await load(url, *LONG)
    assert status == 0, out + err
    report = json.loads(out)
    assert report["clients"]["equal_in_the_end"] == 8
    assert [note for note in report["notes"] if "the load's own sign-in was refused" in note]
    assert [note for note in report["notes"] if "could not sign in again" in note]


async def test_those_who_watch_may_be_signed_in() -> None:
    """A share of them, when they come and when they come back; nobody orders."""
    shop = Members()
    shop.seconds = 600.0
    watching = (
        *("--clients", "8", "--carts", "0", "--orders", "0", "--probe-rate", "0", "--signed-in", "0.5"),
        *("--buyer", "a@example.com:secret", "--reconnects", "1", "--reconnects-at", "1"),
        *("--duration", "3", "--settle", "3", "--json"),
    )
    async with opened(shop) as url:
        status, out, err = await load(url, *watching)
    assert status == 0, out + err
    assert json.loads(out)["reconnects"]["back"] == 8
    assert (shop.logins, len(shop.token_of), shop.ordered) == (1, 2 * 4, set())


async def test_tokens_are_renewed_long_before_they_run_out() -> None:
    """Half of their life is left for a server that is slow to let anybody in."""
    shop = Members()
    async with opened(shop) as url, Target(url) as target:
        signing = SigningIn(target, {"a@example.com": "secret"})
        await signing.begin()
        told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        began = time.monotonic()
        keeping = asyncio.create_task(signing.keep(told.put_nowait))
        async with asyncio.timeout(PATIENCE):
            assert await told.get() == {"a@example.com": "token 2"}
        keeping.cancel()
        assert time.monotonic() - began >= shop.seconds / 2 - 0.5
        assert signing.tokens == {"a@example.com": "token 2"}


async def test_one_sign_in_does_not_end_another() -> None:
    """No cookie of one account is shown with the next one's sign-in: servers end the session that it stands for."""
    shown: list[str | None] = []

    async def login(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Cookie"))
        answer = web.json_response({"token": "t", "expires_in": 900, "user": {}})
        answer.set_cookie("refresh", "r", path="/api/auth")
        return answer

    shop = Shop()
    shop.routes = lambda: [web.post("/api/auth/login", login)]  # type: ignore[method-assign]
    async with opened(shop) as url, Target(url.replace("127.0.0.1", "localhost")) as target:
        await SigningIn(target, {"a@example.com": "secret", "b@example.com": "secret"}).begin()
    assert shown == [None, None]
