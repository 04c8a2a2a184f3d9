"""OpenAPI 3.1 of the HTTP routes."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.errors import STATUS
from handlers.routing import Route
from models.roles import NOBODY

REF = "#/components/schemas/{model}"
ALWAYS = ("internal", "misdirected", "not_authenticated")
COUNTED = ("rate_limited", "storage_unavailable")  # where requests cannot be counted, they are refused
WITH_BODY = ("malformed", "too_large", "unsupported_type", "validation")


def openapi_document(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe routes."""
    table = list(routes)
    models = {model for route in table for model in (route.answer, route.body, route.query, route.form) if model}
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda each: each.__name__)], ref_template=REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    schemas = {**definitions.get("$defs", {}), "Problem": _PROBLEM}
    return {
        "openapi": "3.1.0",
        "info": {"title": "IvoryCart", "version": "1", "description": "Live stock, held carts, orders."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "header", "name": "X-Cart-Session"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": route.handler.__name__,
        "x-roles": sorted(route.who),
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query)],
        "responses": _responses(route),
        "security": [{"bearer": []}] if NOBODY not in route.who else [{}, {"bearer": []}, {"session": []}],
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(route.body)}}}
    if route.form:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _ref(route.form)}}}
    if route.takes:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _taken(kind)} for kind in route.takes},
        }
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": each}
        for name, each in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "done"}
    if route.answer:
        done["content"] = {"application/json": {"schema": _ref(route.answer)}}
    if route.files:
        done.setdefault("content", {}).update({kind: {"schema": _FILE} for kind in route.files})
    responses: dict[str, Any] = {str(route.status): done}
    if route.tagged:
        responses["304"] = {"description": "what the request names by If-None-Match is the same still"}
    codes = set(route.refusals) | set(ALWAYS) | set(COUNTED if route.counted else ())
    if route.body or route.form or route.takes:
        codes |= set(WITH_BODY)
    if route.query:
        codes |= {"validation", "malformed"}  # a line too long for the server is not read
    if "{" in route.path:
        codes |= {"not_found", "validation"}
    if NOBODY not in route.who:
        codes.add("forbidden")
    for status in sorted({STATUS[code] for code in codes}):
        words = ", ".join(sorted(code for code in codes if STATUS[code] == status))
        responses[str(status)] = {
            "description": words,
            "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
        }
    return responses


def _taken(kind: str) -> dict[str, str]:
    return {"type": "object"} if kind == "application/json" else _FILE


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}


_FILE: dict[str, Any] = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": sorted(STATUS)},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
