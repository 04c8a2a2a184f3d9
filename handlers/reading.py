"""Reading what clients send: JSON that means one thing, then the model that says what it may be."""

import json
import math
from collections.abc import Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from handlers.errors import Malformed
from models.errors import Invalid

MAX_DEPTH = 32
MAX_ERRORS = 100  # an answer must not be many times as long as what it refuses

M = TypeVar("M", bound=BaseModel)


def parse_json(body: bytes) -> Any:
    """Parse JSON strictly; raise Malformed for anything that two parsers could read in two ways."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Malformed("the body is not valid JSON") from error
    _check_depth(value, MAX_DEPTH)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _check_depth(value: Any, left: int) -> None:
    if not left:
        raise Malformed("the body is nested too deeply")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_depth(child, left - 1)


def read(model: type[M], value: Any) -> M:
    """Validate a parsed value; raise Invalid with a JSON pointer for each bad field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid("the request is not valid", errors=field_errors(error, value)) from error


def whole_numbers(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields that are to be whole numbers, as clients write them."""
    fields = model.model_fields.items()
    return frozenset(field.alias or name for name, field in fields if _takes_int(field.annotation))


def _takes_int(annotation: Any) -> bool:
    """Whether a type is int, bounded or not, or has it as one of its choices."""
    return annotation is int or any(map(_takes_int, get_args(annotation)))


def field_errors(error: ValidationError, value: Any) -> list[dict[str, str]]:
    """Name each bad field, up to a hundred, by a JSON pointer (RFC 6901) into the value and say what is wrong."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"pointer": _pointer(_sent(each["loc"], value)), "detail": each["msg"]} for each in found[:MAX_ERRORS]]


def _sent(location: Sequence[str | int], value: Any) -> list[str | int]:
    """Leave out the names of a choice's cases, such as the payment's: they are no part of what was sent."""
    path: list[str | int] = []
    for part in location[:-1]:
        in_list, in_object = isinstance(value, list), isinstance(value, dict)
        if (in_list and isinstance(part, int)) or (in_object and part in value):
            value = value[part]
            path.append(part)
    return [*path, *location[-1:]]


def _pointer(location: Sequence[str | int]) -> str:
    text = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return text.encode("utf-8", "replace").decode()  # names of unknown fields may hold half a character
