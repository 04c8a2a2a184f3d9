"""JSON Schema in a few words, as HTML: what a field may be, and its bounds."""

from html import escape
from typing import Any

_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_EXACT = 2**53 - 1  # the bound of every JSON integer says nothing about this one


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
    bounds = [
        _range(schema.get(low), schema.get(high)) + unit for low, high, unit in _BOUNDS if {low, high} & set(schema)
    ]
    return f"{words}, {', '.join(bounds)}" if bounds else words


def _range(low: int | None, high: int | None) -> str:
    if high is None or high >= _EXACT:
        return f"{low or 0:,} or more"
    return f"at most {high:,}" if low is None else f"{low:,} to {high:,}"
