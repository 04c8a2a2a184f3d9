"""JSON Schema in a few words, as HTML: what a field may be, and its bounds."""

from html import escape
from typing import Any

_BOUNDS = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minLength", "{} characters or more"),
    ("maxLength", "{} characters at most"),
    ("maxItems", "{} at most"),
)


def type_words(schema: dict[str, Any]) -> str:
    """Return the words; a reference becomes a link to its shape on the same page."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f"<a href=#{name}>{name}</a>"
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(type_words(each) for each in choices))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in values)
    kind = schema.get("type", "anything")
    if kind == "array":
        return _bounded(f"list of {type_words(schema.get('items', {}))}", schema)
    return _bounded(escape(schema.get("description") or str(kind)), schema)


def _bounded(words: str, schema: dict[str, Any]) -> str:
    bounds = [text.format(schema[name]) for name, text in _BOUNDS if name in schema]
    return f"{words} ({', '.join(bounds)})" if bounds else words
