"""From an event to its answer: a handler's return value, or an error in the shape that clients know."""

import inspect
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Error = Mapping[str, Any]  # {code, message, details}

_WRONG_ARGUMENTS: Error = {"code": "validation", "message": "Wrong number of arguments.", "details": {}}
_UNKNOWN: Error = {"code": "not_found", "message": "There is no such event.", "details": {}}
_FAILED: Error = {"code": "internal", "message": "The event could not be handled.", "details": {}}


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why an event is not taken up; where it is one too many, the connection ``ends`` after that answer."""

    error: Error
    ends: bool = False


class Answering:
    """Calls event handlers so that every event gets an answer; what a handler raises is logged, never passed on."""

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self._bounds: dict[Callable[..., Any], tuple[float, float]] = {}

    def unknown(self) -> dict[str, Any]:
        """Return the answer to an event without a handler."""
        return failure(_UNKNOWN)

    async def answer(self, event: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Return what the handler returns, or the error of a call that cannot be made or that fails."""
        if not self._takes(handler, args):
            return failure(_WRONG_ARGUMENTS)
        try:
            return await call(handler, *args)
        except Exception:
            self.log.exception("the handler of an event failed", extra={"event_name": event})
            return failure(_FAILED)

    def _takes(self, handler: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """Whether the handler can be called with what the client sent."""
        bounds = self._bounds.get(handler)
        if bounds is None:
            bounds = self._bounds[handler] = argument_bounds(handler)
        return bounds[0] <= len(args) <= bounds[1]


def argument_bounds(handler: Callable[..., Any]) -> tuple[float, float]:
    """Return the least and the greatest number of positional arguments; (inf, 0) when it needs others."""
    least, most = 0, 0.0
    for parameter in inspect.signature(handler).parameters.values():
        required = parameter.default is parameter.empty
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}:
            least += required
            most += 1
        elif parameter.kind is parameter.VAR_POSITIONAL:
            most = math.inf
        elif parameter.kind is parameter.KEYWORD_ONLY and required:
            return math.inf, 0
    return least, most


async def call(handler: Callable[..., Any], *args: Any) -> Any:
    """Return the result of a handler that may or may not be a coroutine function."""
    result = handler(*args)
    return await result if inspect.isawaitable(result) else result


def failure(error: Error) -> dict[str, Any]:
    """Return the ack that carries an error."""
    return {"ok": False, "error": dict(error)}
