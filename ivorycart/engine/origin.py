"""Which web pages may open a socket, or use a cookie.

A browser sends the cookie and the address of its user with every websocket, whichever page asked for it, and no CORS
rule stops it. The Origin header is what tells pages apart; a client that is no browser sends none and gains nothing by
inventing one.
"""

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class OriginPolicy(Protocol):
    """A check of (Origin header or None, Host header, scheme): whether that page is one of ours."""

    def __call__(self, origin: str | None, host: str, scheme: str = "http", /) -> bool:
        """Return whether it is; `host` and `scheme` are those that the client asked for."""


def origin_policy(allowed: Sequence[str]) -> OriginPolicy:
    """Return a policy: no Origin, the same host, or one of `allowed`.

    `allowed` holds whole origins such as `https://shop.example:8443`. `null` and everything else is refused. Of the
    same host a page under https is right in any case, one under http only where http was asked for.
    """
    listed = listed_origins(allowed)

    def accepts(origin: str | None, host: str, scheme: str = "http", /) -> bool:
        if origin is None:
            return True
        offered = origin.lower()
        return offered in listed or _is_same_host(offered, host.lower(), scheme)

    return accepts


def listed_origins(allowed: Sequence[str]) -> frozenset[str]:
    """Return origins as browsers spell them; `null` cannot be listed."""
    return frozenset(origin_of(each) for each in allowed) - {"null"}


def origin_of(address: str) -> str:
    """Return the origin of a web address, in lower case and without its scheme's own port."""
    parts = urlsplit(address.lower())
    if not parts.netloc:
        return "null"
    return f"{parts.scheme}://{_without_default_port(parts.netloc, parts.scheme)}"


def _is_same_host(origin: str, host: str, scheme: str) -> bool:
    """Compare as whole strings, so that no odd spelling of an origin is ever interpreted."""
    if not host:
        return False
    schemes = ("https",) if scheme == "https" else ("http", "https")
    return any(origin == f"{each}://{_without_default_port(host, each)}" for each in schemes)


def _without_default_port(host: str, scheme: str) -> str:
    """Browsers leave a scheme's own port out of the Origin; a proxy may have put it into the Host."""
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        return host
    return host.removesuffix(f":{port}") if port is not None and port == _PORTS.get(scheme) else host
