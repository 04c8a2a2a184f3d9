"""What stands in a cell: columns, what each may hold, and text that a spreadsheet must not take for a formula.

Exported text that begins like a formula gets an apostrophe before it; so does text that begins with apostrophes and
then like a formula, so that taking one away again is exact: a file that was exported imports as what it was.
See the OWASP page on CSV injection for the characters.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.entry import category_of, tags_of
from models.errors import Invalid
from models.imports import MAX_PRICE

COLUMNS = (
    *("sku", "name", "description", "price", "currency", "category", "tags", "stock"),
    *("threshold", "max_per_cart", "published", "id"),
)
_RISKY = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_ESCAPED = re.compile("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_WHOLE = re.compile(r"-?\d{1,16}", re.ASCII)
# Three digits after a comma may be thousands: only a point says that they are not.
_DECIMAL = re.compile(r"\d{1,13}(?:[.,]\d{2}|\.\d{3})", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_TAG = re.compile(r"(?:[^|\\]|\\.)*", re.DOTALL)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
MAX_TAGS = 20
_LONGEST_PRICE = 30
_MAX_INT32 = 2**31 - 1
_SPACE = 32
_DELETE = 127


def escape(text: str) -> str:
    """Return text as it stands in a file that a spreadsheet may open."""
    return "'" + text if _RISKY.match(text) else text


def unescape(cell: str) -> str:
    """Return the text that ``escape`` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def join_tags(tags: tuple[str, ...]) -> str:
    """Return tags as one text; what separates them is escaped within them."""
    return "|".join(tag.replace("\\", "\\\\").replace("|", "\\|") for tag in tags)


def split_tags(text: str) -> list[str]:
    """Return the tags of a text."""
    found, at = [], 0
    while at <= len(text):
        part = _TAG.match(text, at)
        if part is None or (part.end() < len(text) and text[part.end()] != "|"):
            raise ValueError("ends in a backslash that escapes nothing")
        found.append(re.sub(r"\\(.)", r"\1", part[0], flags=re.DOTALL))
        at = part.end() + 1
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its cell is read, and what may be in it. Both raise ValueError in words."""

    read: Callable[[str], Any]
    check: Callable[[Any], Any]


def text(longest: int, *, one_line: bool = True, blank: bool = False) -> Callable[[Any], str]:
    """Return what checks a text."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be text")  # noqa: TRY004 - all that is wrong with a cell is a ValueError
        if "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
            raise ValueError("must be text without NUL and lone surrogates")
        if one_line and any(ord(each) < _SPACE or ord(each) == _DELETE for each in value):
            raise ValueError("must be one line without control characters")
        if len(value) > longest:
            raise ValueError(f"must have at most {longest} characters")
        if not blank and not value.strip():
            raise ValueError("must not be blank")
        return value if blank else value.strip()

    return check


def whole(least: int, most: int) -> Callable[[Any], int]:
    """Return what checks a number."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("must be a whole number")  # noqa: TRY004
        if not least <= value <= most:
            raise ValueError(f"must be from {least} to {most}")
        return value

    return check


def _number(cell: str) -> int:
    if not _WHOLE.fullmatch(cell.strip()):
        raise ValueError("must be a whole number")
    return int(cell)


class Exact(str):
    """A price in a cell of minor units that is written with its decimals: 12.50, as if it were 1250."""

    __slots__ = ()


def _price_of(cell: str) -> int | Exact:
    if _DECIMAL.fullmatch(cell.strip()):
        return Exact(cell.strip())
    if not _WHOLE.fullmatch(cell.strip()):
        raise ValueError("must be a whole number of the smallest unit, or have all its decimals: 1250 or 12.50")
    return int(cell)


def _price(value: Any) -> int | Exact:
    return value if isinstance(value, Exact) else whole(0, MAX_PRICE)(value)


def _flag(cell: str) -> bool:
    if cell.strip().lower() not in _FLAGS:
        raise ValueError("must be true or false")
    return _FLAGS[cell.strip().lower()]


def _is_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004
    return value


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError("must be a currency of three capital letters such as EUR")
    return value


def _category(value: Any) -> str:
    try:
        return category_of(text(200)(value))
    except Invalid as refusal:
        raise ValueError(refusal.details["errors"][0]["detail"]) from refusal


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of texts")  # noqa: TRY004
    if len(value) > MAX_TAGS:
        raise ValueError(f"must be at most {MAX_TAGS} tags")
    return list(tags_of([text(50, blank=True)(each) for each in value]))


def _decimal(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text such as 12.50")  # noqa: TRY004
    if len(value) > _LONGEST_PRICE:
        raise ValueError(f"must have at most {_LONGEST_PRICE} characters")
    return value.strip()


def _nothing(_value: Any) -> None:
    return None


KNOWN: Mapping[str, Column] = {
    "sku": Column(unescape, text(64)),
    "name": Column(unescape, text(200)),
    "description": Column(unescape, text(10_000, one_line=False, blank=True)),
    "price": Column(_price_of, _price),
    "price_decimal": Column(str, _decimal),
    "currency": Column(unescape, _currency),
    "category": Column(unescape, _category),
    "tags": Column(lambda cell: split_tags(unescape(cell)), _tags),
    "stock": Column(_number, whole(0, _MAX_INT32)),
    "threshold": Column(_number, whole(0, 1_000_000)),
    "max_per_cart": Column(_number, whole(1, 1_000_000)),
    "published": Column(_flag, _is_flag),
    "id": Column(_nothing, _nothing),  # an export names it; a SKU is what counts
}
IGNORED = "id"
