"""A person with an account: a client with a cookie jar of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiohttp import ClientSession, CookieJar

REFRESH = "ivorycart_refresh"


@dataclass
class Person:
    """Someone at a device; `token` is the present access token."""

    url: str
    http: ClientSession
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request; return the status and the answer's JSON."""
        given = self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | headers
        async with self.http.request(method, self.url + path, json=body, headers=given) as answer:
            return answer.status, await answer.json() if "json" in answer.content_type else None

    async def login(self, email: str, password: str) -> int:
        """Sign in; return the status."""
        self.token = ""
        return self._took(*await self.ask("POST", "/api/auth/login", {"email": email, "password": password}))

    async def refresh(self) -> int:
        """Ask for the next tokens, by the cookie alone; return the status."""
        before, self.token = self.token, ""
        status = self._took(*await self.ask("POST", "/api/auth/refresh", {}))
        self.token = self.token or before
        return status

    def _took(self, status: int, answer: Any) -> int:
        if status == 200:
            self.token = answer["token"]
        return status

    @property
    def refresh_token(self) -> str:
        """The cookie's token."""
        return next((cookie.value for cookie in self.http.cookie_jar if cookie.key == REFRESH), "")

    @refresh_token.setter
    def refresh_token(self, token: str) -> None:
        self.http.cookie_jar.clear()
        self.http.headers["Cookie"] = f"{REFRESH}={token}"


@asynccontextmanager
async def person(url: str, device: str = "a test") -> AsyncIterator[Person]:
    """Give somebody a device."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"User-Agent": device}) as http:
        yield Person(url, http)


def token_in(message: EmailMessage, page: str) -> str:
    """Return the token of the link in a mail; it must stand in both bodies, behind the fragment's sign."""
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    found = [re.search(rf"(http\S+)/{page}#token=([\w.-]+)", part.get_content()) for part in parts if part]
    assert len(found) == 2
    assert all(found)
    links = {each.group(0) for each in found if each}
    assert len(links) == 1
    first = found[0]
    assert first
    return first.group(2)
