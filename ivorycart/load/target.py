"""The server under load, over HTTP: is it a shop, what does it sell, who signs in, what does its ledger say."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

PATIENCE = 10.0
PAGE = 100
BUSY = frozenset((429, 503))  # come back later
LOGIN_PATIENCE = 65.0  # seconds: servers count sign-ins by the minute


class NoShop(Exception):  # noqa: N818 - it says what is the matter
    """The server is not there, is no IvoryCart, or does not let us in; the message is one line."""


@dataclass(frozen=True, slots=True)
class OnSale:
    """A product that the load may work with."""

    id: str
    name: str
    available: int
    cap: int  # units of it in one cart


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token, and how many seconds it is good for."""

    token: str
    expires_in: float


class Answer(NamedTuple):
    """What the server answered; seconds of patience that it asked for, and that it was given before."""

    status: int
    content: Any
    retry_after: float | None = None
    waited: float = 0.0


class Target:
    """A server, by its public address."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http: ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Without a cookie jar: a sign-in that shows the cookie of the one before ends that one's session.
        self._http = ClientSession(timeout=ClientTimeout(total=PATIENCE), cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http:
            await self._http.close()

    async def check(self) -> None:
        """Raise NoShop unless an IvoryCart answers."""
        status, answer, *_ = await self._ask("GET", "/healthz")
        if status != 200 or not isinstance(answer, Mapping) or answer.get("status") != "ok":  # noqa: PLR2004 - OK
            raise NoShop(
                f"{self.url}/healthz does not answer as an IvoryCart does (status {status}): is the URL right?"
            )

    async def guests_may_order(self) -> bool:
        """Return whether anonymous carts can be ordered; servers that do not say are taken not to allow it."""
        status, answer, *_ = await self._ask("GET", "/api/shop")
        return status == 200 and isinstance(answer, Mapping) and bool(answer.get("guest_checkout"))  # noqa: PLR2004

    async def on_sale(self) -> list[OnSale]:
        """Return the products, those with most to sell first."""
        status, answer, *_ = await self._ask("GET", "/api/cart/products")
        if status != 200 or not isinstance(answer, Mapping):  # noqa: PLR2004 - OK
            raise NoShop(f"{self.url}/api/cart/products answers with status {status}")
        items = [
            OnSale(
                str(each["id"]), str(each.get("name", "")), int(each["available"]), int(each.get("max_per_cart") or 1)
            )
            for each in answer["items"]
        ]
        return sorted(items, key=lambda each: -each.available)

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """Return a token; raise NoShop where there is none to be had."""
        who = {"email": email, "password": password}
        status, answer, *_ = await self._ask("POST", "/api/auth/login", patience=LOGIN_PATIENCE, json=who)
        if status != 200 or not isinstance(answer, Mapping):  # noqa: PLR2004 - OK
            code = answer.get("code", "") if isinstance(answer, Mapping) else ""
            raise NoShop(f"{email} cannot sign in there ({status} {code}); give an account that can")
        return SignedIn(str(answer["token"]), float(answer.get("expires_in") or inf))

    async def movements(self, product_id: str, token: str, cursor: str, *, patience: float) -> Answer:
        """Return the server's answer for a page of a product's ledger, newest first; a cursor leads to the next."""
        query = {"limit": str(PAGE)} | ({"after": cursor} if cursor else {})
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/api/products/{product_id}/inventory-logs"
        return await self._ask("GET", path, patience=patience, params=query, headers=headers)

    async def _ask(self, method: str, path: str, *, patience: float = 0.0, **options: Any) -> Answer:
        """Ask; wait as long as a busy server says, if that is within so many seconds in all."""
        waited = 0.0
        while True:
            answer = await self._ask_once(method, path, **options)
            wait = answer.retry_after
            if answer.status not in BUSY or wait is None or waited + wait > patience:
                return answer._replace(waited=waited)
            waited += wait
            await asyncio.sleep(wait)

    async def _ask_once(self, method: str, path: str, **options: Any) -> Answer:
        if self._http is None:
            raise RuntimeError("the target is not open")
        try:
            async with self._http.request(method, self.url + path, **options) as answer:
                return Answer(answer.status, await _content(answer), _retry_after(answer))
        except TimeoutError as error:
            raise NoShop(f"{self.url} does not answer within {PATIENCE:g} s") from error
        except (ClientError, OSError, ssl.SSLError) as error:
            raise NoShop(f"{self.url} cannot be reached: {str(error) or type(error).__name__}") from error


async def address_of(url: str) -> str:
    """Return the server's network address; raise NoShop where its name is not known."""
    parts = urlsplit(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname or "", parts.port or 0)
    except (OSError, UnicodeError) as error:  # the latter where it cannot be a name at all
        why = error.strerror if isinstance(error, OSError) else None
        raise NoShop(f"{parts.hostname}: {why or error}") from error
    return str(found[0][4][0])


def _retry_after(answer: ClientResponse) -> float | None:
    """Return the seconds of Retry-After, at least one; None where it is missing, or a date."""
    try:
        return max(1.0, float(answer.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


async def _content(answer: ClientResponse) -> Any:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None
