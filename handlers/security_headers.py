"""The headers that fence every answer in, by OWASP ASVS 5, V3.4: what a browser may do with it, and what it may not."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_A_YEAR = 31_536_000  # seconds; the least that ASVS 3.4.1 accepts
_API = "/api/"


# Stripe's script fills in its card field in a frame of its own, and asks its API; the bank's question is a frame, too.
_STRIPE = "https://js.stripe.com"
_STRIPE_FRAMES = f"{_STRIPE} https://hooks.stripe.com"
_STRIPE_API = "https://api.stripe.com"


def content_security_policy(
    scripts: Sequence[str] = (), styles: Sequence[str] = (), *, with_stripe: bool = False
) -> str:
    """Return the policy of an answer: own files, no eval, nothing inline but these scripts and styles, by their text.

    With ``with_stripe``, for a shop that is paid by cards at Stripe, its script, its frames and its API are let in.
    That script loads more of itself, by addresses that are plain strings; so the page may have one policy for
    strings, the default one, which lets addresses of Stripe's scripts through and nothing else
    (static/pages/checkout/stripe.js).
    """
    runs = ["'self'", *map(_named, scripts), *([_STRIPE] if with_stripe else ())]
    dresses = ["'self'", *map(_named, styles)]
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(runs)}",
            f"style-src {' '.join(dresses)}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'" + (f" {_STRIPE_API}" if with_stripe else ""),
            *((f"frame-src {_STRIPE_FRAMES}",) if with_stripe else ()),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default" if with_stripe else "trusted-types 'none'",
        )
    )


def _named(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def security_headers(import_map_text: str, *, secure: bool = False, with_stripe: bool = False) -> Middleware:
    """Return a middleware that puts the security headers on every answer, refusals included.

    A handler that sets one of them itself keeps its own. With ``secure``, for a shop whose address is one of https,
    browsers never come by http again, to no name below the shop's either. What the API says is kept by no cache:
    nearly all of it is somebody's own, and the rest changes by the second.
    """
    fence = {
        "Content-Security-Policy": content_security_policy([import_map_text], with_stripe=with_stripe),
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
