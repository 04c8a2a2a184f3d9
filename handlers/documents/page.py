"""The API documents as one readable page, without scripts."""

from html import escape
from typing import Any


def documents_page(openapi: dict[str, Any], asyncapi: dict[str, Any]) -> str:
    """Return the page."""
    routes = "".join(
        f"<tr><td><code>{escape(method.upper())}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation['summary'])}</td><td>{escape(', '.join(operation['x-roles']))}</td>"
        f"<td>{escape(_statuses(operation))}</td></tr>"
        for path, operations in sorted(openapi["paths"].items())
        for method, operation in operations.items()
    )
    received = _events(asyncapi, sent=False)
    sent = _events(asyncapi, sent=True)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>IvoryCart API</title><link rel=stylesheet href=/static/styles/documents.css>"
        "<main><h1>IvoryCart API</h1><p>As data: <a href=/api/openapi.json>OpenAPI</a>, "
        "<a href=/api/asyncapi.json>AsyncAPI</a>.</p>"
        f"<h2>HTTP</h2><table><tr><th>Method<th>Path<th>What<th>Who<th>Answers</tr>{routes}</table>"
        f"<h2>Events a client sends</h2><table><tr><th>Event<th>What<th>Payload<th>Ack</tr>{received}</table>"
        f"<h2>Events the server sends</h2><table><tr><th>Event<th>What<th>Payload</tr>{sent}</table></main></html>"
    )


def _statuses(operation: dict[str, Any]) -> str:
    return "; ".join(
        status if each["description"] == "done" else f"{status} {each['description']}"
        for status, each in operation["responses"].items()
    )


def _events(asyncapi: dict[str, Any], *, sent: bool) -> str:
    rows = []
    for key, message in asyncapi["components"]["messages"].items():
        if key.startswith("sent_") != sent:
            continue
        cells = [
            f"<code>{escape(message['name'])}</code>",
            escape(message["summary"]),
            _fields(asyncapi, message["payload"]),
        ]
        if not sent:
            cells.append(_fields(asyncapi, message["x-ack"]))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "".join(rows)


def _fields(asyncapi: dict[str, Any], ref: dict[str, str]) -> str:
    schema = asyncapi["components"]["schemas"][ref["$ref"].rsplit("/", 1)[1]]
    names = [name if name in schema.get("required", []) else f"{name}?" for name in schema.get("properties", {})]
    return f"<code>{{{escape(', '.join(names))}}}</code>"
