"""Shapes of what sellers see of their stock."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.fields import Answer, Id, Moment, OneLine, Request
from handlers.payloads.product import Movement
from handlers.payloads.selling import EntryChange

ChangeKind = Literal["restock", "purchase", "adjustment", "return", "hold", "release", "expire"]


class HistoryQuery(Request):
    """Which movements to list, newest first: of a kind, in a period, by an actor (as ``actor`` has it).

    ``csv`` gives all of them as a file. ``from`` is in the period, ``to`` is not. A seller may ask for what they did
    themself, or the shop's parts, not for other people. A page can be short, or empty, though more follows.
    """

    change_type: ChangeKind | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    actor: Annotated[OneLine, Field(max_length=100)] | None = None
    format: Literal["json", "csv"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ProductHistoryQuery(HistoryQuery):
    """Which movements of a product to list; ``after`` is the cursor that the last page gave."""

    after: Annotated[int, Field(ge=1)] | None = None


class SellerHistoryQuery(HistoryQuery):
    """Which movements of all of a seller's products to list. ``seller_id`` is for admins."""

    after: Annotated[str, Field(pattern=r"^[0-9a-f]{1,12}-[0-9a-f]{24}$")] | None = None
    seller_id: Id | None = None


class Actor(Answer):
    """Who did it. A seller is not told who a buyer is; ``name`` of the shop itself says which part of it."""

    kind: Literal["user", "cart", "system"]
    id: str | None
    name: str | None


class LoggedMovement(Movement):
    """A row of the ledger, with who it was; what says so is blank where that is not told."""

    by: Actor


class LoggedMovementList(Answer):
    """A page of movements, newest first."""

    items: list[LoggedMovement]
    next: str | None


class LoggedChange(EntryChange):
    """Who changed what, when and why."""

    by: Actor


class LoggedChangeList(Answer):
    """A page of changes, newest first."""

    items: list[LoggedChange]
    next: str | None
