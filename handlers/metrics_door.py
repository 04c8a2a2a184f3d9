"""Who may read the figures: they tell what a shop sells, and its port is everybody's.

Whoever has METRICS_TOKEN may. Where none is set, whoever asks from this machine and comes through no proxy: behind one
every address is the proxy's, or what it was told. A proxy that adds no header at all cannot be seen: set the token
there, or keep the path from it.
"""

import secrets

from aiohttp import hdrs, web

from ivorycart.client_address import address_of
from models.errors import Forbidden, NotAuthenticated

BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def require_reader(request: web.Request, token: str | None) -> None:
    """Return if whoever asks may read the figures; raise NotAuthenticated or Forbidden."""
    if token is not None:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        same = secrets.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
        if scheme.lower() != "bearer" or not same:
            raise NotAuthenticated("send METRICS_TOKEN as a bearer token")
        return
    address = address_of(request.remote or "")
    if address is None or not address.is_loopback or any(name in request.headers for name in BY_PROXIES):
        raise Forbidden("figures are told on this machine alone; set METRICS_TOKEN to read them from elsewhere")
