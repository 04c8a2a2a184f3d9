"""The gateway's API: as much of Stripe's HTTP API as the shop uses, in its own words."""

import asyncio
import base64
import binascii
import hmac
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from tests.gateway.books import ApiError, Books, Intent
from tests.gateway.faults import Fault, Faults
from tests.gateway.keys import Answer, Keys
from tests.gateway.shapes import intent_shape, list_shape, refund_shape

FORM = "application/x-www-form-urlencoded"
SEARCH = re.compile(r"metadata\[(['\"])(?P<name>[^'\"]+)\1\]:(['\"])(?P<value>[^'\"]*)\3")
T = TypeVar("T")


@dataclass
class Gateway:
    """All of it: what it keeps, what goes wrong, and who may ask."""

    api_key: str
    books: Books = field(default_factory=Books)
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def reset(self) -> None:
        """Begin anew."""
        self.faults.clear()
        self.books, self.keys, self.calls = Books(), Keys(), []


def api(gateway: Gateway) -> web.Application:
    """Return the application that the shop talks to."""
    app = web.Application()
    routes = (
        ("POST", "/v1/payment_intents", "create", _create),
        ("GET", "/v1/payment_intents", "list", _list),
        ("GET", "/v1/payment_intents/search", "search", _search),
        ("GET", "/v1/payment_intents/{intent}", "get", _get),
        ("POST", "/v1/payment_intents/{intent}/confirm", "confirm", _confirm),
        ("POST", "/v1/payment_intents/{intent}/capture", "capture", _capture),
        ("POST", "/v1/payment_intents/{intent}/cancel", "cancel", _cancel),
        ("POST", "/v1/refunds", "refund", _refund),
        ("GET", "/v1/refunds", "refunds", _refunds),
    )
    for method, path, operation, do in routes:
        app.router.add_route(method, path, _endpoint(gateway, operation, do))
    return app


Do = Callable[[Books, dict[str, Any], str], Any]


def _endpoint(gateway: Gateway, operation: str, do: Do) -> Callable[[web.Request], Any]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        call = {"at": time.time(), "operation": operation, "path": request.path, "key": key, "status": 0}
        gateway.calls.append(call)
        fault = gateway.faults.take(operation)
        try:
            _let_in(gateway, request)
            pairs = await _pairs(request)
            call["params"] = dict(pairs)
            answer, replayed = await _answer(gateway, request, do, pairs, key, fault)
        except ApiError as error:
            answer, replayed = Answer(error.status, error.body), False
        call["status"] = answer.status
        return await _send(gateway, request, answer, fault, replayed=replayed)

    return endpoint


async def _answer(
    gateway: Gateway, request: web.Request, do: Do, pairs: list[tuple[str, str]], key: str | None, fault: Fault | None
) -> tuple[Answer, bool]:
    """Return the answer, and whether it was given before."""
    if key is not None:
        kept = gateway.keys.begin(key, json.dumps([request.path, sorted(pairs)]))
        if kept:
            return kept, True
    answer: Answer | None = None
    saved = False
    try:
        answer, saved = await _before(gateway, fault, request)
        if answer is None:
            answer, saved = _done(gateway, request, do, pairs)
        if fault and fault.kind == "error_after":
            broken = Answer(500, {"error": {"type": "api_error", "message": "Something went wrong on our end."}})
            if fault.saved:
                answer = broken
            elif key is not None:
                gateway.keys.end(key, answer)
                return broken, False
            else:
                return broken, False
    finally:
        if key is not None:
            gateway.keys.end(key, answer if saved else None)
    return answer, False


def _done(gateway: Gateway, request: web.Request, do: Do, pairs: list[tuple[str, str]]) -> tuple[Answer, bool]:
    try:
        return Answer(200, do(gateway.books, _nested(pairs), request.match_info.get("intent", ""))), True
    except ApiError as error:
        return Answer(error.status, error.body), error.saved


async def _before(gateway: Gateway, fault: Fault | None, request: web.Request) -> tuple[Answer | None, bool]:
    """Do what goes wrong before anything is done; return what is answered instead, and whether that is kept."""
    match fault and fault.kind:
        case "hang_before":
            await gateway.faults.hang()
            return Answer(500, {"error": {"type": "api_error", "message": "too late"}}), False
        case "delay":
            await asyncio.sleep(fault.seconds if fault else 0)
        case "error_before":
            broken = {"error": {"type": "api_error", "message": "Something went wrong on our end."}}
            return Answer(500, broken), bool(fault and fault.saved)
        case "rate_limit":
            limited = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many."}}
            return Answer(429, limited), False
        case "drop_before":
            _drop(request)
            return Answer(500, {}), False
    return None, False


async def _send(
    gateway: Gateway, request: web.Request, answer: Answer, fault: Fault | None, *, replayed: bool
) -> web.StreamResponse:
    headers = {"Request-Id": f"req_{len(gateway.calls)}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    body = json.dumps(answer.body).encode()
    match fault and fault.kind:
        case "hang_after":
            await gateway.faults.hang()
        case "drop_after":
            _drop(request)
        case "garbage":
            return web.Response(body=b"<html>\xff", content_type="text/html", headers=headers)
        case "odd":
            return web.json_response([], headers=headers)
        case "slow_body":
            response = web.StreamResponse(status=answer.status, headers=headers)
            response.content_type, response.content_length = "application/json", len(body)
            await response.prepare(request)
            await asyncio.sleep(fault.seconds if fault else 0)
            await response.write(body)
            return response
    return web.Response(status=answer.status, body=body, content_type="application/json", headers=headers)


def _drop(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()


def _let_in(gateway: Gateway, request: web.Request) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (ValueError, binascii.Error):
            given = ""
    if not hmac.compare_digest(given.encode(), gateway.api_key.encode()):
        raise ApiError(401, "invalid_request_error", f"Invalid API Key provided: {given[:3]}****")


async def _pairs(request: web.Request) -> list[tuple[str, str]]:
    if request.method == "GET":
        return list(request.query.items())
    body = await request.text()
    if body and request.content_type != FORM:
        raise ApiError(400, "invalid_request_error", f"send {FORM}")
    return parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body))


def _nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Read `a[b]=c` as a dictionary and `a[0]=b` as a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        outer, _, inner = name.partition("[")
        inner = inner.removesuffix("]")
        if name == outer:
            found[outer] = value
        elif not inner or inner.isdigit():
            found.setdefault(outer, []).append(value)
        else:
            found.setdefault(outer, {})[inner] = value
    return found


def _known(params: dict[str, Any], *names: str) -> None:
    for name in params:
        if name not in {*names, "expand"}:
            message = f"Received unknown parameter: {name}"
            raise ApiError(400, "invalid_request_error", message, code="parameter_unknown", param=name)


def _create(books: Books, params: dict[str, Any], _intent: str) -> Any:
    if "payment_method_types" in params:  # since the API's version 2026-09-30
        raise ApiError(400, "invalid_request_error", "Gone.", code="payment_method_types_no_longer_supported")
    _known(params, "amount", "currency", "capture_method", "allowed_payment_method_types", "metadata", "description")
    return intent_shape(books.create(params), params.get("expand", ()))


def _get(books: Books, params: dict[str, Any], intent: str) -> Any:
    _known(params)
    return intent_shape(books.get(intent), params.get("expand", ()))


def _confirm(books: Books, params: dict[str, Any], intent: str) -> Any:
    _known(params, "payment_method", "return_url")
    return intent_shape(books.confirm(books.get(intent), params), params.get("expand", ()))


def _capture(books: Books, params: dict[str, Any], intent: str) -> Any:
    _known(params, "amount_to_capture")
    return intent_shape(books.capture(books.get(intent), params), params.get("expand", ()))


def _cancel(books: Books, params: dict[str, Any], intent: str) -> Any:
    _known(params, "cancellation_reason")
    return intent_shape(books.cancel(books.get(intent)), params.get("expand", ()))


def _refund(books: Books, params: dict[str, Any], _intent: str) -> Any:
    _known(params, "payment_intent", "amount", "metadata", "reason")
    return refund_shape(books.refund(params), books)


def _refunds(books: Books, params: dict[str, Any], _intent: str) -> Any:
    _known(params, "payment_intent", "limit", "starting_after")
    about = params.get("payment_intent")
    found = [each for each in books.refunds.values() if about in {None, each.intent}]
    page, more = _page(found, params)
    return list_shape([refund_shape(each, books) for each in page], url="/v1/refunds", more=more)


def _list(books: Books, params: dict[str, Any], _intent: str) -> Any:
    _known(params, "created", "limit", "starting_after")
    since = int(params.get("created", {}).get("gte", 0))
    page, more = _page([each for each in books.intents.values() if each.created >= since], params)
    return _intents(page, params, more=more)


def _search(books: Books, params: dict[str, Any], _intent: str) -> Any:
    _known(params, "query", "limit", "page")
    asked = SEARCH.fullmatch(params.get("query", ""))
    if not asked:
        raise ApiError(400, "invalid_request_error", "We were unable to parse your search query.", param="query")
    name, value = asked["name"], asked["value"]
    found = [each for each in books.intents.values() if each.metadata.get(name) == value]
    return _intents(found[:100], params, more=False, kind="search_result")


def _intents(page: Sequence[Intent], params: dict[str, Any], *, more: bool, kind: str = "list") -> Any:
    expand = [each.removeprefix("data.") for each in params.get("expand", ())]
    return list_shape([intent_shape(each, expand) for each in page], url="/v1/payment_intents", more=more, kind=kind)


def _page(found: list[Any], params: dict[str, Any]) -> tuple[list[Any], bool]:
    """Return a page, newest first, and whether there is more."""
    newest = sorted(found, key=lambda each: each.number, reverse=True)
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise ApiError(400, "invalid_request_error", "limit is 1 to 100", param="limit")
    if after := params.get("starting_after"):
        places = [place for place, each in enumerate(newest) if each.id == after]
        if not places:
            raise ApiError(400, "invalid_request_error", f"No such object: '{after}'", code="resource_missing")
        newest = newest[places[0] + 1 :]
    return newest[:limit], len(newest) > limit
