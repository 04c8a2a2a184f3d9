"""Which web pages may open a socket.

A browser sends the cookie and the address of its user with every websocket, whichever page asked for it, and no CORS
rule stops it. The Origin header is what tells pages apart; a client that is no browser sends none and gains nothing by
inventing one.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

OriginPolicy = Callable[[str | None, str], bool]


def origin_policy(allowed: Sequence[str]) -> OriginPolicy:
    """Return a check of (Origin header or None, Host header): no Origin, the same host, or one of `allowed`.

    `allowed` holds whole origins such as `https://shop.example:8443`. `null` and everything else is refused.
    """
    listed = frozenset(origin.rstrip("/").lower() for origin in allowed) - {"null"}

    def accepts(origin: str | None, host: str) -> bool:
        if origin is None:
            return True
        offered = origin.lower()
        return offered in listed or _is_same_host(offered, host.lower())

    return accepts


def _is_same_host(origin: str, host: str) -> bool:
    """Compare as whole strings, so that no odd spelling of an origin is ever interpreted."""
    if not host:
        return False
    return any(origin == f"{scheme}://{_without_default_port(host, scheme)}" for scheme in ("http", "https"))


def _without_default_port(host: str, scheme: str) -> str:
    """Browsers leave a scheme's own port out of the Origin; a proxy may have put it into the Host."""
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        return host
    return host.removesuffix(f":{port}") if port == {"http": 80, "https": 443}[scheme] else host
