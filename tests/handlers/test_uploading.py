"""Forms with a file: read strictly, within bounds of size, number and time."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from handlers.errors import problem
from handlers.payloads.image import ImageForm
from handlers.uploading import MAX_FILE, MAX_FORM, read_form
from models.errors import Refused
from tests.patience import PATIENCE

GZIP = {"Content-Encoding": "gzip"}
KIND = "multipart/form-data; boundary=cut"
FILE = b'Content-Disposition: form-data; name="image"; filename="../../x.png"\r\nContent-Type: image/png\r\n'
ODD = b'content-disposition:form-data; filename="a; name=\\"alt\\""; name="image"\r\n'
ALT = b'Content-Disposition: form-data; name="alt"\r\n'


def form(*parts: tuple[bytes, bytes]) -> bytes:
    """Write parts, each headers and content, as a form."""
    return b"".join(b"--cut\r\n" + head + b"\r\n" + content + b"\r\n" for head, content in parts) + b"--cut--\r\n"


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    """Serve what reads forms and tells what it read."""

    async def handler(request: web.Request) -> web.Response:
        try:
            read = await read_form(request, ImageForm, patience=float(request.query.get("patience", 60)))
        except Refused as refusal:
            return problem(refusal)
        return web.json_response({"image": len(read.image), "alt": read.alt})

    app = web.Application(client_max_size=1024)
    app.router.add_post("/", handler)
    async with TestClient(TestServer(app)) as client:
        yield client


async def send(client: TestClient[Any, Any], body: Any, kind: str = KIND, **headers: str) -> tuple[int, Any]:
    """Send a body; return status and answer."""
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    async with client.post("/", data=data, headers={"Content-Type": kind, **headers}) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        (((FILE, b"abc"), (ALT, "Grüner Tee 🍵".encode())), {"image": 3, "alt": "Grüner Tee 🍵"}),
        (((ALT, b""), (FILE, b"--cu\r\n--")), {"image": 8, "alt": ""}),
        (((FILE, b"\r\n\r\n--cu\r\n-"),), {"image": 11, "alt": ""}),
        (((FILE.replace(b'"image"', b"image"), b"a"),), {"image": 1, "alt": ""}),
        (((ODD, b"a"),), {"image": 1, "alt": ""}),
    ],
)
async def test_a_form_is_read_by_the_names_of_its_parts(client: Any, parts: Any, read: Any) -> None:
    """In any order; neither the name of a file nor its type matters."""
    assert await send(client, form(*parts)) == (200, read)


async def test_the_largest_file_is_5_mib(client: Any) -> None:
    """A byte more is too much, as is all that is around it; whether it says so beforehand or not."""
    assert await send(client, form((FILE, bytes(MAX_FILE)))) == (200, {"image": MAX_FILE, "alt": ""})
    assert (await send(client, form((FILE, bytes(MAX_FILE + 1)))))[0] == 413
    assert (await send(client, form((FILE, b"a")) + bytes(MAX_FORM)))[0] == 413

    async def unsaid() -> AsyncIterator[bytes]:
        yield form((FILE, b"a"))
        for _ in range(100):
            yield bytes(100_000)

    assert (await send(client, unsaid()))[0] == 413
    assert (await send(client, gzip.compress(form((FILE, bytes(50_000_000)))), **GZIP))[0] == 413


async def test_what_is_packed_counts_as_what_comes_out(client: Any) -> None:
    """And what is not packed as it says cannot be read."""
    body = form((FILE, bytes(100_000)))
    assert await send(client, gzip.compress(body), **GZIP) == (
        200,
        {"image": 100_000, "alt": ""},
    )
    assert (await send(client, body, **GZIP))[0] == 400


@pytest.mark.parametrize("count", [17, 1000])
@pytest.mark.parametrize("head", [FILE, ALT, ALT.replace(b"alt", b"other")])
async def test_a_thousand_parts_are_too_large(client: Any, head: bytes, count: int) -> None:
    """Whatever they are called."""
    assert (await send(client, form(*([(head, b"a")] * count))))[0] == 413


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([(FILE, b"a"), (FILE, b"b")], "/image"),
        ([(FILE, b"a"), (ALT, b"b"), (ALT, b"b")], "/alt"),
        ([(ALT, b"b")], "/image"),
        ([(FILE, b"")], "/image"),
        ([(FILE, b"a"), (ALT.replace(b"alt", b"price"), b"b")], "/price"),
        ([(FILE, b"a"), (ALT.replace(b"alt", b"$ne"), b"b")], "/$ne"),
        ([(FILE, b"a"), (ALT.replace(b"alt", b"_charset_"), b"utf-16")], "/_charset_"),
        ([(FILE, b"a"), (ALT, b"x" * 301)], "/alt"),
        ([(FILE, b"a"), (ALT, b"x\0y")], "/alt"),
    ],
)
async def test_what_does_not_fit_is_named(client: Any, parts: Any, pointer: str) -> None:
    """A second file, no file, an empty one, an unknown name, a text that is too long or none."""
    status, answer = await send(client, form(*parts))
    assert (status, answer["code"]) == (422, "validation")
    assert pointer in [each["pointer"] for each in answer["errors"]]


WHOLE = form((FILE, b"abc"))
UNREADABLE = {
    "empty": b"",
    "no form": b"hello",
    "a boundary in the content": form((FILE, b"--cut")),
    "another boundary": WHOLE.replace(b"cut", b"cat"),
    "something before it": b"x" + WHOLE,
    "no end": WHOLE[:-8],
    "cut off in the content": WHOLE[:-14],
    "cut off in the headers": WHOLE[:30],
    "no headers": b"--cut\r\n\r\nabc\r\n--cut--\r\n",
    "no name": form((b"Content-Disposition: form-data\r\n", b"a")),
    "an attachment": form((FILE.replace(b"form-data", b"attachment"), b"a")),
    "headers without an end": b"--cut\r\n" + FILE + b"--cut--\r\n",
    "bare line feeds": WHOLE.replace(b"\r\n", b"\n"),
    "a text that is no UTF-8": form((FILE, b"a"), (ALT, b"\xff")),
    "a surrogate": form((FILE, b"a"), (ALT, b"\xed\xa0\x80")),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_two_readers_could_cut_in_two_ways_is_unreadable(client: Any, body: bytes) -> None:
    """400."""
    assert (await send(client, body))[0] == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("image/png", 415),
        ("multipart/mixed; boundary=cut", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 71, 400),
        ('multipart/form-data; boundary="cut"', 200),
        ("Multipart/Form-Data; charset=utf-8; Boundary=cut", 200),
    ],
)
async def test_a_form_says_that_it_is_one(client: Any, kind: str, status: int) -> None:
    """And where it is cut."""
    assert (await send(client, WHOLE, kind))[0] == status


async def test_a_slow_body_is_not_waited_for_for_ever(client: Any) -> None:
    """And its sender hears so."""
    head = f"POST /?patience=0.2 HTTP/1.1\r\nHost: x\r\nContent-Type: {KIND}\r\nContent-Length: 500\r\n\r\n"
    reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
    writer.write(head.encode() + WHOLE[:20])
    async with asyncio.timeout(PATIENCE):
        assert b" 400 " in await reader.readline()
    writer.close()
