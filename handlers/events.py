"""Socket events as data: what each takes, answers and requires. The API document is made of the same table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from handlers.payloads.cart import Empty
from handlers.routing import EVERYONE
from ivorycart.connections import Connection
from ivorycart.shop import Shop


@dataclass(frozen=True, slots=True)
class Ask:
    """One event of one socket, authenticated and validated."""

    shop: Shop
    connection: Connection
    body: Any


EventHandler = Callable[[Ask], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Event:
    """One client-to-server event."""

    name: str
    handler: EventHandler
    body: type[BaseModel]
    answer: type[BaseModel]
    who: frozenset[str]

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


class Events:
    """A table of events, filled by decorators."""

    def __init__(self) -> None:
        self.table: dict[str, Event] = {}

    def add(
        self, name: str, *, answer: type[BaseModel], body: type[BaseModel] = Empty, who: frozenset[str] = EVERYONE
    ) -> Callable[[EventHandler], EventHandler]:
        """Register a handler."""

        def register(handler: EventHandler) -> EventHandler:
            self.table[name] = Event(name, handler, body, answer, who)
            return handler

        return register
