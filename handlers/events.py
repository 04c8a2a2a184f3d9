"""Socket events as data: what each takes, answers and requires. The API document is made of the same table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from handlers.payloads.cart import Empty
from ivorycart.connections import Connection
from ivorycart.shop import Shop
from models.roles import ALLOWED, Permission


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
    needs: Permission

    @property
    def who(self) -> frozenset[str]:
        """The roles that may use it."""
        return ALLOWED[self.needs]

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]


class Events:
    """A table of events, filled by decorators."""

    def __init__(self) -> None:
        self.table: dict[str, Event] = {}

    def add(
        self, name: str, *, needs: Permission, answer: type[BaseModel], body: type[BaseModel] = Empty
    ) -> Callable[[EventHandler], EventHandler]:
        """Register a handler."""

        def register(handler: EventHandler) -> EventHandler:
            self.table[name] = Event(name, handler, body, answer, needs)
            return handler

        return register

    def include(self, others: "Events") -> None:
        """Take in another table."""
        self.table.update(others.table)
