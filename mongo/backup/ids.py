"""The order of ids, as the database has it: by type, then by value."""

from datetime import datetime
from typing import Any

from bson import Binary, ObjectId

from models.backup import BackupRefused


def place_of_id(value: Any) -> tuple[int, Any]:
    """Return what ids are compared by; BackupRefused for a type that no collection of the shop has as id."""
    match value:
        case bool():
            return 5, value
        case int() | float():
            return 0, value
        case str():
            return 1, value.encode()
        case Binary() | bytes():
            return 3, (len(value), getattr(value, "subtype", 0), bytes(value))
        case ObjectId():
            return 4, value.binary
        case datetime():
            return 6, value.timestamp()
        case _:
            raise BackupRefused(f"an id of type {type(value).__name__} cannot be put in order")
