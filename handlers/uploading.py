"""Reading forms with a file (RFC 7578): never more of them in memory than the limit, and not for ever.

What comes is counted as it comes, after a Content-Encoding. It is read strictly: what two readers could cut in two ways
is refused. What a client calls its file, and of what type it says that it is, is not even looked at.
"""

import asyncio
from collections.abc import Iterator
from email.message import Message
from typing import Any, TypeVar

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel

from handlers.errors import Malformed, TooLarge, UnsupportedType
from handlers.reading import read
from models.errors import Invalid

FORM = "multipart/form-data"
MAX_FILE = 5 * 1024 * 1024
MAX_FORM = MAX_FILE + 64 * 1024  # with what is around the file
MAX_PARTS = 16  # more of them are no mistake
MAX_BOUNDARY = 70  # RFC 2046
PATIENCE = 60.0  # seconds: 5 MiB at 0.7 Mbit/s
PORTION = 64 * 1024

M = TypeVar("M", bound=BaseModel)


async def read_form(request: web.Request, model: type[M], *, patience: float = PATIENCE) -> M:
    """Read the parts that a model names, bytes as files and the others as text; raise for all that does not fit."""
    if (request.content_length or 0) > MAX_FORM:  # said before its type is looked at, and before it is read
        raise TooLarge(f"a file has at most {MAX_FILE} bytes")
    if request.content_type != FORM:
        raise UnsupportedType(f"send {FORM}")
    boundary = _boundary(request.headers[hdrs.CONTENT_TYPE])
    try:
        async with asyncio.timeout(patience):
            body = await _body(request)
    except TimeoutError as error:
        raise Malformed("the body did not come in time") from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise Malformed("the body is not in its Content-Encoding or Transfer-Encoding") from error
    except ConnectionError as error:  # nobody hears this, and it is nothing to log
        raise Malformed("the client left before its body was whole") from error
    return read(model, _values(body, boundary, model))


async def _body(request: web.Request) -> bytearray:
    body = bytearray()
    async for portion in request.content.iter_chunked(PORTION):
        body += portion
        if len(body) > MAX_FORM:
            raise TooLarge(f"a file has at most {MAX_FILE} bytes")
    return body


def _boundary(content_type: str) -> bytes:
    boundary = _parameter(hdrs.CONTENT_TYPE, content_type, "boundary")
    if not boundary or len(boundary) > MAX_BOUNDARY or not boundary.isascii():
        raise Malformed("the Content-Type names no boundary")
    return boundary.encode()


def _parameter(header: str, value: str, name: str) -> str | None:
    message = Message()
    message[header] = " ".join(value.split())
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else None


def _values(body: bytearray, boundary: bytes, model: type[BaseModel]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    twice = []
    for name, content in _parts(body, boundary):
        if name in values:
            twice.append({"pointer": f"/{name}", "detail": "stands twice"})
            continue
        field = model.model_fields.get(name)
        values[name] = content if field is not None and field.annotation is bytes else _text(content)
    if twice:
        raise Invalid("the request is not valid", errors=twice)
    return values


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a text is not UTF-8") from error


def _parts(body: bytearray, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the parts by name, in their order, once it is known how many there are."""
    spans = list(_spans(body, b"\r\n--" + boundary))
    view = memoryview(body)
    for start, end in spans:
        head_end = body.find(b"\r\n\r\n", start, end)
        if head_end < 0:
            raise Malformed("a part of the body has no end of its headers")
        content_start = head_end + 4
        if end - content_start > MAX_FILE:
            raise TooLarge(f"a file has at most {MAX_FILE} bytes")
        yield _name(bytes(view[start:head_end])), bytes(view[content_start:end])


def _spans(body: bytearray, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Yield from where to where each part goes, the line break before its headers included."""
    if not body.startswith(delimiter[2:]):
        raise Malformed("the body does not begin with its boundary")
    at = len(delimiter) - 2
    for _ in range(MAX_PARTS + 1):
        if body[at : at + 2] == b"--":
            return
        end = body.find(delimiter, at)
        if body[at : at + 2] != b"\r\n" or end < 0:
            raise Malformed("the body has no end of a part where there has to be one")
        yield at, end
        at = end + len(delimiter)
    raise TooLarge(f"a form has at most {MAX_PARTS} parts")


def _name(headers: bytes) -> str:
    for line in headers.decode(errors="replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.lower() == hdrs.CONTENT_DISPOSITION.lower() and value.split(";")[0].strip().lower() == "form-data":
            name = _parameter(hdrs.CONTENT_DISPOSITION, value, "name")
            if name is not None:
                return name
    raise Malformed("a part of the body has no name")
