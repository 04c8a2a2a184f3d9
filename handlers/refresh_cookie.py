"""The refresh token's cookie: out of reach of scripts and of other sites, and sent to the account routes alone.

It is the only cookie that authenticates, so wherever it is read, the request must come from our own pages.
"""

from aiohttp import web

from handlers.csrf import require_same_site
from handlers.routing import Call

NAME = "ivorycart_refresh"
OVER_TLS = "__Secure-"  # browsers take such a name from TLS alone (RFC 6265bis)
PATH = "/api/auth"
MAX_LENGTH = 256


def refresh_token_of(call: Call) -> str | None:
    """Return the cookie's token; None without one. Forbidden where another site had it sent."""
    token = call.request.cookies.get(_name(call))
    if token:
        require_same_site(call.request)
    return token if token and len(token) <= MAX_LENGTH and token.isascii() else None


def hand_out_refresh_token(call: Call, response: web.Response, token: str) -> None:
    """Put a token into the cookie."""
    response.set_cookie(
        _name(call),
        token,
        max_age=call.shop.session_days * 86_400,
        path=PATH,
        httponly=True,
        samesite="Strict",
        secure=call.secure,
    )


def forget_refresh_token(call: Call, response: web.Response) -> None:
    """Take the cookie away."""
    response.del_cookie(_name(call), path=PATH, httponly=True, samesite="Strict", secure=call.secure)


def _name(call: Call) -> str:
    return OVER_TLS + NAME if call.secure else NAME
