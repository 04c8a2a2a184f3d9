"""Refusals on the wire: the one place that maps codes to HTTP statuses and to acks."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from models.errors import Refused

STATUS: Mapping[str, int] = {
    "pending": 202,
    "malformed": 400,
    "invalid_token": 400,
    "not_authenticated": 401,
    "payment_declined": 402,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "insufficient_stock": 409,
    "cart_expired": 409,
    "price_changed": 409,
    "conflict": 409,
    "too_large": 413,
    "unsupported_type": 415,
    "misdirected": 421,
    "validation": 422,
    "key_reused": 422,
    "rate_limited": 429,
    "internal": 500,
    "storage_unavailable": 503,
}
_CODE_OF_STATUS = {
    status: code for code, status in STATUS.items() if status not in {409, 422} and code != "invalid_token"
}


CODE = web.ResponseKey("code", str)
"""Where an answer has the code of its refusal, for whoever counts them."""


class Malformed(Refused):
    """The body cannot be read at all."""

    code = "malformed"


class TooLarge(Refused):
    """The body or message is beyond its limit."""

    code = "too_large"


class UnsupportedType(Refused):
    """The body is not JSON by its own account."""

    code = "unsupported_type"


class Misdirected(Refused):
    """The request names a host that is not ours."""

    code = "misdirected"


def problem(refusal: Refused) -> web.Response:
    """Return a refusal as a problem document (RFC 9457)."""
    status = STATUS[refusal.code]
    details = dict(refusal.details)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": refusal.message,
        "code": refusal.code,
        "errors": details.pop("errors", []),
        **details,
    }
    headers = {"Retry-After": str(details["retry_after"])} if "retry_after" in details else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return _document(status, body, headers)


def problem_of_http(error: web.HTTPException) -> web.Response:
    """Return an error of the web framework's own as a problem document."""
    code = _CODE_OF_STATUS.get(
        error.status, "malformed" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"
    )
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": HTTPStatus(error.status).description or error.reason,
        "code": code,
        "errors": [],
    }
    kept = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return _document(error.status, body, kept)


def _document(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> web.Response:
    response = web.Response(
        status=status, body=orjson.dumps(body), content_type="application/problem+json", headers=headers
    )
    response[CODE] = body["code"]
    return response


def ack_error(refusal: Refused) -> dict[str, Any]:
    """Return a refusal as an ack."""
    return {
        "ok": False,
        "error": {"code": refusal.code, "message": refusal.message, "details": dict(refusal.details)},
    }
