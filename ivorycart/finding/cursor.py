"""Cursors of lists: opaque to clients, and good only for the question that they were the answer to.

A cursor holds the last product's key and id, and a checksum over them, the sort and the filters. The checksum tells
mistakes, not malice: whoever forges one gets no more than another place in a list that is open to them.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

import orjson

from models.errors import Invalid
from models.finding import Filters, Position, Sort
from models.identity import OBJECT_ID

MAX_LENGTH = 2000  # a name of 200 letters, each written in up to six
_CHECKED = 12  # digits of the checksum
_PARTS = 3
_INT64 = range(-(2**63), 2**63)  # what the database can compare with


def write(position: Position, *, sort: Sort, filters: Filters, words: str | None) -> str:
    """Return the cursor of a place in a list."""
    row = [position.key, position.id, _checksum(position, sort, filters, words)]
    return urlsafe_b64encode(orjson.dumps(row)).decode().rstrip("=")


def read(cursor: str, *, sort: Sort, filters: Filters, words: str | None) -> Position:
    """Return the place that a cursor names; Invalid where it is none, or one of another question."""
    position, checksum = _parts(cursor)
    if position is None or checksum != _checksum(position, sort, filters, words):
        problem = {"pointer": "/after", "detail": "must be a cursor that the same question was answered with"}
        raise Invalid("the request is not valid", errors=[problem])
    return position


def _parts(cursor: str) -> tuple[Position | None, str]:
    try:
        row = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (NotBase64, ValueError):  # UnicodeEncodeError and JSONDecodeError are ValueErrors
        return None, ""
    if not isinstance(row, list) or len(row) != _PARTS:
        return None, ""
    key, last, checksum = row
    if isinstance(key, bool | float | dict | list) or not isinstance(last, str) or not OBJECT_ID.fullmatch(last):
        return None, ""
    if isinstance(key, int) and key not in _INT64:
        return None, ""
    return Position(key, last), str(checksum)


def _checksum(position: Position, sort: Sort, filters: Filters, words: str | None) -> str:
    asked = [getattr(filters, name) for name in sorted(filters.__dataclass_fields__)]
    return hashlib.sha256(orjson.dumps([1, *position, sort, words, asked])).hexdigest()[:_CHECKED]
