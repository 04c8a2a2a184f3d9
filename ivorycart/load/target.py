"""The server under load, over HTTP: is it a shop, what does it sell, who signs in, what does its ledger say."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

PATIENCE = 10.0
PAGE = 100


class NoShop(Exception):  # noqa: N818 - it says what is the matter
    """The server is not there, is no IvoryCart, or does not let us in; the message is one line."""


@dataclass(frozen=True, slots=True)
class OnSale:
    """A product that the load may work with."""

    id: str
    name: str
    available: int
    cap: int  # units of it in one cart


class Target:
    """A server, by its public address."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = ClientSession(timeout=ClientTimeout(total=PATIENCE))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http:
            await self._http.close()

    async def check(self) -> None:
        """Raise NoShop unless an IvoryCart answers."""
        status, answer = await self._ask("GET", "/healthz")
        if status != 200 or not isinstance(answer, Mapping) or answer.get("status") != "ok":  # noqa: PLR2004 - OK
            raise NoShop(
                f"{self.url}/healthz does not answer as an IvoryCart does (status {status}): is the URL right?"
            )

    async def guests_may_order(self) -> bool:
        """Return whether anonymous carts can be ordered; servers that do not say are taken not to allow it."""
        status, answer = await self._ask("GET", "/api/shop")
        return status == 200 and isinstance(answer, Mapping) and bool(answer.get("guest_checkout"))  # noqa: PLR2004

    async def on_sale(self) -> list[OnSale]:
        """Return the products, those with most to sell first."""
        status, answer = await self._ask("GET", "/api/cart/products")
        if status != 200 or not isinstance(answer, Mapping):  # noqa: PLR2004 - OK
            raise NoShop(f"{self.url}/api/cart/products answers with status {status}")
        items = [
            OnSale(
                str(each["id"]), str(each.get("name", "")), int(each["available"]), int(each.get("max_per_cart") or 1)
            )
            for each in answer["items"]
        ]
        return sorted(items, key=lambda each: -each.available)

    async def sign_in(self, email: str, password: str) -> str:
        """Return a token."""
        status, answer = await self._ask("POST", "/api/auth/login", json={"email": email, "password": password})
        if status != 200 or not isinstance(answer, Mapping):  # noqa: PLR2004 - OK
            code = answer.get("code", "") if isinstance(answer, Mapping) else ""
            raise NoShop(f"{email} cannot sign in there ({status} {code}); give an account that can")
        return str(answer["token"])

    async def movements(self, product_id: str, token: str, after: int) -> list[Mapping[str, Any]] | None:
        """Return a product's rows of the ledger beyond a version, oldest first; None where they are not to be seen."""
        rows: list[Mapping[str, Any]] = []
        query: dict[str, str] = {"limit": str(PAGE)}
        while True:
            path = f"/api/products/{product_id}/inventory-logs"
            status, answer = await self._ask("GET", path, params=query, headers={"Authorization": f"Bearer {token}"})
            if status != 200 or not isinstance(answer, Mapping):  # noqa: PLR2004 - OK
                return None
            page: Sequence[Mapping[str, Any]] = answer["items"]
            rows += [row for row in page if row["version"] > after]
            if not answer["next"] or not page or page[-1]["version"] <= after:
                return sorted(rows, key=lambda row: int(row["version"]))
            query["after"] = str(answer["next"])

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        if self._http is None:
            raise RuntimeError("the target is not open")
        try:
            async with self._http.request(method, self.url + path, **options) as answer:
                return answer.status, await _content(answer)
        except TimeoutError as error:
            raise NoShop(f"{self.url} does not answer within {PATIENCE:g} s") from error
        except (ClientError, OSError, ssl.SSLError) as error:
            raise NoShop(f"{self.url} cannot be reached: {str(error) or type(error).__name__}") from error


async def address_of(url: str) -> str:
    """Return the server's network address; raise NoShop where its name is not known."""
    parts = urlsplit(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname or "", parts.port or 0)
    except OSError as error:
        raise NoShop(f"{parts.hostname}: {error.strerror or error}") from error
    return str(found[0][4][0])


async def _content(answer: ClientResponse) -> Any:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None
