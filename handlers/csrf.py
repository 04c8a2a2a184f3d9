"""Requests that a cookie authenticates must come from our own pages: a browser sends the cookie whoever asks.

`SameSite=Strict` keeps other sites out already; this holds where a browser does not know it, and against pages of the
same site that are not ours. Two headers tell, both beyond a page's reach: `Origin` and `Sec-Fetch-Site`. A client that
sends neither is no browser, and nobody's cookie comes along unasked.
"""

from aiohttp import web

from handlers.edge import ORIGINS, origin_header
from models.errors import Forbidden

_SITE = "Sec-Fetch-Site"
_OURS = frozenset({"same-origin", "none"})
_SAME_SITE = "same-site"


def require_same_site(request: web.Request) -> None:
    """Raise Forbidden unless our own page, one of a listed origin of the same site, or no page at all asks."""
    origin = origin_header(request)
    if not request.app[ORIGINS](origin, request.host, request.scheme):
        raise Forbidden("this origin may not use the cookie: PUBLIC_URL and ALLOWED_ORIGINS say which may")
    sites = request.headers.getall(_SITE, ())
    if not sites or (len(sites) == 1 and (sites[0] in _OURS or (sites[0] == _SAME_SITE and origin is not None))):
        return
    raise Forbidden("a page of another site may not use the cookie")
