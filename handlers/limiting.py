"""Rate limits on the wire: which requests count against whom, and the headers that tell where one stands.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` names a limit with its quota and
window, `RateLimit` what remains of it and in how many seconds more does. Of several the tightest is told.
"""

import math
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from ivorycart.client_address import counted_as
from ivorycart.connections import User
from ivorycart.rate_limits import Count, RateLimits, counting
from models.identity import SESSION_TOKEN


async def count_request(limits: RateLimits, request: web.Request, user: User | None) -> None:
    """Count a request against its user, else its session, else its address; raise RateLimited beyond the limit.

    Anyone can invent sessions: so those of one address have a limit together, too.
    """
    address = request.remote or ""
    session = request.headers.get("X-Cart-Session", "")
    if user is not None:
        await limits.hit("requests", f"user {user.id}")
    elif SESSION_TOKEN.fullmatch(session):
        await limits.hit("requests_address", address)
        await limits.hit("requests", f"session {session}")
    else:
        await limits.hit("requests", f"address {counted_as(address)}")


@web.middleware
async def rate_limit_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell in an answer, be it a refusal, where the tightest limit stands that the request hit."""
    with counting() as counts:
        response = await handler(request)
    if counts and not response.prepared:
        response.headers.update(headers_of(counts))
    return response


def headers_of(counts: Sequence[Count]) -> dict[str, str]:
    """Return the headers for the limit of which the least is left; of several, the one that opens last."""
    count = min(counts, key=lambda each: (each.left, -each.opens_in))
    return {
        "RateLimit-Policy": f'"{count.act}";q={count.limit.amount};w={count.limit.seconds}',
        "RateLimit": f'"{count.act}";r={count.left};t={math.ceil(count.opens_in)}',
    }
