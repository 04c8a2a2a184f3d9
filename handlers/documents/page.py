"""The API documents as one readable page, without scripts: routes, events, and the shapes they are made of."""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from handlers.documents.types import type_words
from models.roles import NOBODY, ROLES

STYLES = ("fonts", "tokens", "documents")
# Said once at the top instead of on every line.
ALWAYS = frozenset(
    (
        *("not_authenticated", "internal", "misdirected", "rate_limited", "storage_unavailable"),
        *("malformed", "too_large", "unsupported_type", "validation"),
    )
)


def documents_page(openapi: dict[str, Any], asyncapi: dict[str, Any]) -> str:
    """Return the page."""
    shapes = {**asyncapi["components"]["schemas"], **openapi["components"]["schemas"]}
    styles = "".join(f"<link rel=stylesheet href=/static/styles/{name}.css>" for name in STYLES)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>IvoryCart API</title><link rel=icon href=/static/icons/mark.svg>{styles}"
        "<main><header><h1>IvoryCart API</h1><p>As data: <a href=/api/openapi.json>OpenAPI</a>, "
        "<a href=/api/asyncapi.json>AsyncAPI</a>.</p>"
        "<nav><a href=#routes>Routes</a> <a href=#asks>Events you send</a> <a href=#tells>Events you hear</a> "
        "<a href=#shapes>Shapes</a></nav></header>"
        f"<section id=routes><h2>Routes</h2>{_HTTP_WORDS}{''.join(_routes(openapi))}</section>"
        f"<section id=asks><h2>Events you send</h2>{_ASK_WORDS}{''.join(_events(asyncapi, sent=False))}</section>"
        f"<section id=tells><h2>Events you hear</h2>{''.join(_events(asyncapi, sent=True))}</section>"
        f"<section id=shapes><h2>Shapes</h2>{''.join(_shapes(shapes))}</section></main></html>"
    )


_HTTP_WORDS = (
    "<p>Refusals are <a href=#Problem>problem documents</a>; <code>code</code> is a stable word. Every route may say "
    "401 <code>not_authenticated</code> to a bad token and 421 <code>misdirected</code> to a name that is not the "
    "shop's. Those under <code>/api/</code> count requests, and tell by <code>RateLimit-Policy</code> and "
    "<code>RateLimit</code> where the tightest limit stands: beyond it 429 <code>rate_limited</code> with "
    "<code>Retry-After</code>, and 503 <code>storage_unavailable</code> where nobody can count. "
    "Those that take a body also 400 <code>malformed</code>, "
    "413 <code>too_large</code>, 415 <code>unsupported_type</code> and 422 <code>validation</code>.</p>"
)
_ASK_WORDS = (
    "<p>Each is answered by its ack: <code>{ok: true, …}</code>, or <code>{ok: false, error}</code> with the same "
    "codes; without an ack, by an <code>error</code> event.</p>"
)


def _taken(kind: str, schema: dict[str, Any]) -> str:
    """Name what a body is, and its type where that is not JSON; a file is its type alone."""
    if kind == "application/json":
        return type_words(schema)
    return f"{type_words(schema)} as <code>{escape(kind)}</code>" if "$ref" in schema else escape(kind)


def _routes(openapi: dict[str, Any]) -> Iterable[str]:
    for path, operations in sorted(openapi["paths"].items()):
        for method, operation in operations.items():
            facts = [("For", _who(operation["x-roles"]))]
            query = [each for each in operation["parameters"] if each["in"] == "query"]
            if query:
                facts.append(("Query", ", ".join(_field(each["name"], each["schema"]) for each in query)))
            if "requestBody" in operation:
                taken = operation["requestBody"]["content"]
                facts.append(("Takes", ", ".join(_taken(kind, content["schema"]) for kind, content in taken.items())))
            facts += _answers(operation["responses"])
            yield _entry(f"<b>{method.upper()}</b> <code>{escape(path)}</code>", operation["summary"], facts)


def _answers(responses: dict[str, Any]) -> list[tuple[str, str]]:
    """Tell what a route gives, and the refusals that not every route has."""
    facts = []
    refusals = []
    for status, each in responses.items():
        if each["description"] == "done":
            content = each.get("content", {}).get("application/json")
            facts.append(("Gives", f"{status} {type_words(content['schema'])}" if content else status))
            continue
        codes = [code for code in each["description"].split(", ") if code not in ALWAYS]
        refusals += [f"{status}&nbsp;<code>{code}</code>" for code in codes]
    return [*facts, ("Refuses", ", ".join(refusals))] if refusals else facts


def _events(asyncapi: dict[str, Any], *, sent: bool) -> Iterable[str]:
    for key, message in asyncapi["components"]["messages"].items():
        if key.startswith("sent_") != sent:
            continue
        facts = [("Carries" if sent else "Takes", type_words(message["payload"]))]
        if not sent:
            facts = [("For", _who(message["x-roles"])), *facts, ("Ack", type_words(message["x-ack"]))]
        yield _entry(f"<code>{escape(message['name'])}</code>", message["summary"], facts)


def _shapes(shapes: dict[str, Any]) -> Iterable[str]:
    for name, schema in sorted(shapes.items()):
        required = schema.get("required", [])
        fields = "".join(
            f"<li>{_field(field, each, optional=field not in required)}</li>"
            for field, each in schema.get("properties", {}).items()
        )
        words = re.sub("``(.+?)``", r"<code>\1</code>", escape(schema.get("description", "")))
        yield f"<article id={escape(name)}><h3>{escape(name)}</h3><p>{words}</p><ul>{fields}</ul></article>"


def _entry(title: str, summary: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts)
    return f"<article><h3>{title}</h3><p>{escape(summary)}</p><dl>{rows}</dl></article>"


def _field(name: str, schema: dict[str, Any], *, optional: bool = False) -> str:
    mark = "<span title='may be left out'>?</span>" if optional else ""
    return f"<code>{escape(name)}</code>{mark} {type_words(schema)}"


def _who(roles: list[str]) -> str:
    if set(roles) == {NOBODY, *ROLES}:
        return "everyone"
    return "whoever is signed in" if set(roles) == set(ROLES) else escape(", ".join(roles))
