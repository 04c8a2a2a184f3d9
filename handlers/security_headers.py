"""The headers that fence every answer in, by OWASP ASVS 5, V3.4: what a browser may do with it, and what it may not."""

import base64
import hashlib
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_A_YEAR = 31_536_000  # seconds; the least that ASVS 3.4.1 accepts
_API = "/api/"


def content_security_policy(import_map_text: str) -> str:
    """Return the policy of every answer: own files and the import map, nothing inline, no eval."""
    digest = base64.b64encode(hashlib.sha256(import_map_text.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def security_headers(import_map_text: str, *, secure: bool = False) -> Middleware:
    """Return a middleware that puts the security headers on every answer, refusals included.

    A handler that sets one of them itself keeps its own. With ``secure``, for a shop whose address is one of https,
    browsers never come by http again, to no name below the shop's either. What the API says is kept by no cache:
    nearly all of it is somebody's own, and the rest changes by the second.
    """
    fence = {
        "Content-Security-Policy": content_security_policy(import_map_text),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        "Server": "IvoryCart",  # instead of the versions of what it is made of
    }
    if secure:
        fence["Strict-Transport-Security"] = f"max-age={_A_YEAR}; includeSubDomains"
    fence_of_api = {**fence, "Cache-Control": "no-store"}

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = fence_of_api if request.path.startswith(_API) else fence
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            _fence(refusal, headers)
            raise
        _fence(response, headers)
        return response

    return middleware


def _fence(response: web.StreamResponse, fence: Mapping[str, str]) -> None:
    if response.prepared:  # an open websocket: its headers are gone already
        return
    for name, value in fence.items():
        response.headers.setdefault(name, value)
