"""Refusals on the wire: one shape, stable codes, the status that each code has."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from handlers.errors import STATUS, Malformed, ack_error, problem, problem_of_http
from handlers.front_door import FrontDoor
from ivorycart.engine import Refusal as EngineRefusal
from ivorycart.engine.upgrade import UpgradeRefused
from models.errors import InsufficientStock, Invalid, NotAuthenticated, RateLimited, Refused
from tests.handlers.doors import raw

PROTOCOL = {
    "not_authenticated": 401,
    "payment_declined": 402,
    "forbidden": 403,
    "not_found": 404,
    "insufficient_stock": 409,
    "cart_expired": 409,
    "price_changed": 409,
    "conflict": 409,
    "validation": 422,
    "key_reused": 422,
    "rate_limited": 429,
    "storage_unavailable": 503,
    "pending": 202,
}


def every_refusal(kind=Refused):
    """Return all kinds of refusals there are."""
    return {kind, *(each for child in kind.__subclasses__() for each in every_refusal(child))}


@pytest.mark.parametrize(("code", "status"), PROTOCOL.items())
def test_a_code_of_the_protocol_keeps_its_status(code, status):
    """Clients are written against these."""
    assert STATUS[code] == status


def test_every_refusal_has_a_status():
    """A new kind of refusal must say what it is over HTTP."""
    assert {each.code for each in every_refusal() - {Refused}} <= set(STATUS)


@pytest.mark.parametrize("code", STATUS)
def test_a_problem_says_all_that_rfc_9457_wants(code):
    """Type, title, status, detail, and our code and errors, whatever the refusal carries."""
    refusal = Refused("said so")
    refusal.code = code
    answer = problem(refusal)
    body = json.loads(answer.body)
    assert (answer.status, answer.content_type) == (STATUS[code], "application/problem+json")
    assert body == {
        "type": "about:blank",
        "title": HTTPStatus(STATUS[code]).phrase,
        "status": STATUS[code],
        "detail": "said so",
        "code": code,
        "errors": [],
    }


def test_what_a_refusal_knows_stands_beside():
    """How many are left, which fields are bad; nothing of it can replace what every problem has."""
    assert json.loads(problem(InsufficientStock("no", available=2)).body)["available"] == 2
    errors = [{"pointer": "/a", "detail": "bad"}]
    assert json.loads(problem(Invalid("no", errors=errors)).body)["errors"] == errors


def test_headers_say_when_to_come_back_and_how_to_sign_in():
    """429 and 401 have them."""
    assert problem(RateLimited("slow down", retry_after=7)).headers["Retry-After"] == "7"
    assert problem(NotAuthenticated("who?")).headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (web.HTTPNotFound(), "not_found"),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), "method_not_allowed"),
        (web.HTTPRequestEntityTooLarge(1, 2), "too_large"),
        (web.HTTPUnsupportedMediaType(), "unsupported_type"),
        (web.HTTPExpectationFailed(), "malformed"),
        (web.HTTPConflict(), "malformed"),
        (web.HTTPBadGateway(), "internal"),
        (web.HTTPServiceUnavailable(), "storage_unavailable"),
    ],
)
def test_an_error_of_the_frameworks_is_a_problem_too(error, code):
    """With its own status and a code of ours."""
    answer = problem_of_http(error)
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["code"]) == (error.status, error.status, code)
    assert answer.headers.get("Allow") == error.headers.get("Allow")


@pytest.mark.parametrize("status", [400, 403, 405, 503])
def test_who_gets_no_socket_is_told_so_in_the_same_shape_and_codes(status):
    """The engine words its answers itself; a client cannot tell."""
    theirs = json.loads(UpgradeRefused(EngineRefusal.HANDSHAKE, HTTPStatus(status), "said so").response().body)
    refusal = Refused("said so")
    refusal.code = theirs["code"]
    assert (theirs["status"], theirs) == (status, json.loads(problem(refusal).body))


def test_an_ack_says_the_same():
    """Code, message and details."""
    error = {"code": "insufficient_stock", "message": "no", "details": {"available": 2}}
    assert ack_error(InsufficientStock("no", available=2)) == {"ok": False, "error": error}


@pytest.fixture
async def door():
    """Serve an application behind the front door; its handlers fail in different ways."""

    async def fail(_request):
        raise Malformed("not caught by anything")

    async def lose(_request):
        raise ConnectionResetError("the client has left")

    async def take(request):
        with suppress(web.RequestPayloadError):
            await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    app.router.add_get("/", fail)
    app.router.add_get("/gone", lose)
    runner = FrontDoor(app, access_log=None, handle_signals=False)
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.mark.parametrize(
    "request_", [b"<script>\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]
)
async def test_what_is_no_http_is_answered_by_a_problem(door, request_, caplog):
    """Whatever was sent is not repeated, in the answer or in the log; the connection is closed."""
    head, _, body = (await raw(door, request_)).partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "malformed"
    assert b"script" not in body
    assert not [each for each in caplog.records if each.exc_info]


async def test_a_body_that_cannot_be_unpacked_is_no_error_of_ours(door, caplog):
    """Neither when it is read nor when its rest is thrown away."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
    assert b" 200 " in (await raw(door, head + b"hello")).splitlines()[0]
    assert not [each for each in caplog.records if each.exc_info]


async def test_who_leaves_early_is_no_error_of_ours(door, caplog):
    """A connection that breaks in a handler leaves a line in the log, no traceback."""
    await raw(door, b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n")
    assert not [each for each in caplog.records if each.exc_info]


async def test_a_failure_of_ours_is_still_500(door, caplog):
    """What the application does not catch is logged in full."""
    answer = await raw(door, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 500 " in answer.splitlines()[0]
    await asyncio.sleep(0)
    assert any(each.exc_info for each in caplog.records)
