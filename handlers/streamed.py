"""Bodies that are too long to be held: sent in, and sent out, portion by portion.

Whoever sends or reads slowly waits, or makes us wait, and nothing heaps up in between.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from handlers.errors import Malformed, TooLarge, UnsupportedType
from handlers.routing import Call

CHUNK_PATIENCE = 30.0  # seconds for each portion
WHOLE_PATIENCE = 600.0  # seconds for all of it

log = structlog.get_logger(__name__)


async def upload(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """Yield a body as it comes; one that is compressed, too long or too slow is refused."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedType("send it without a Content-Encoding")
    if (request.content_length or 0) > most:
        raise TooLarge(f"this body has at most {most} bytes")
    seen, ends_at = 0, asyncio.get_running_loop().time() + WHOLE_PATIENCE
    while True:
        with _broken_off():
            left = ends_at - asyncio.get_running_loop().time()
            async with asyncio.timeout(min(CHUNK_PATIENCE, left)):
                chunk = await request.content.readany()
        if not chunk:
            return
        seen += len(chunk)
        if seen > most:
            raise TooLarge(f"this body has at most {most} bytes")
        yield chunk


@contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Malformed("the body did not come in time") from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise Malformed("the body is not in its Content-Encoding or Transfer-Encoding") from error
    except ConnectionError as error:
        raise Malformed("the client left before its body was whole") from error


def download(call: Call, portions: AsyncIterator[bytes], *, name: str, file_format: str) -> web.Response:
    """Return what makes a file as it is sent; should the database fail, it ends where it is, visibly cut off."""
    kind = "text/csv; charset=utf-8" if file_format == "csv" else "application/x-ndjson"
    today = datetime.now(UTC).date().isoformat()
    headers = {
        hdrs.CONTENT_TYPE: kind,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}-{today}.{file_format}"',
    }
    return web.Response(body=_cut_off_if_failing(call, portions), headers=headers)


async def _cut_off_if_failing(call: Call, portions: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for portion in portions:
            yield portion
    except call.shop.storage_errors as error:
        log.warning("download.cut_off", path=call.request.path, reason=str(error)[:200])
        raise ConnectionError("the file was cut off") from error
