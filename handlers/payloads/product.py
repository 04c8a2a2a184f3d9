"""Shapes of products, levels and stock work."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from handlers.payloads.fields import MAX_INT32, Amount, Answer, Id, OneLine, Quantity, Request, Time


class ProductQuery(Request):
    """Which products to list; ``category`` takes in those below it."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None
    category: Annotated[OneLine, Field(max_length=200)] | None = None


class MovementQuery(Request):
    """Which movements to list, newest first: ``after`` is the cursor that the last page gave."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Annotated[int, Field(ge=1)] | None = None


class PageQuery(Request):
    """Which page to list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class StockBody(Request):
    """A restock by ``delta`` > 0, or an adjustment: to a counted ``quantity`` or by a signed ``delta``."""

    change_type: Literal["restock", "adjustment"]
    quantity: Quantity | None = None
    delta: Annotated[int, Field(ge=-MAX_INT32, le=MAX_INT32)] | None = None
    reason: Annotated[OneLine, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _fitting_number(self) -> Self:
        if self.change_type == "restock":
            if self.delta is None or self.delta < 1 or self.quantity is not None:
                raise ValueError("a restock takes a delta of at least 1")
        elif (self.quantity is None) == (self.delta is None):
            raise ValueError("an adjustment takes either a counted quantity or a delta")
        return self


class ImageAnswer(Answer):
    """A picture."""

    url: str
    alt: str


class Product(Answer):
    """A catalogue entry with its level."""

    id: Id
    name: str
    description: str
    price: Amount
    currency: str
    category: str
    tags: list[str]
    sku: str | None
    seller_id: Id
    stock: int
    held: int
    available: int
    version: int
    threshold: int
    max_per_cart: int
    published: bool
    images: list[ImageAnswer]
    created_at: Time | None


class ProductList(Answer):
    """A page of products."""

    items: list[Product]
    next: str | None


class CategoryCount(Answer):
    """A category and how many products on show it has."""

    category: str
    count: int


class CategoryList(Answer):
    """All categories."""

    items: list[CategoryCount]
    next: None


class StockItem(Answer):
    """A level. ``next_release`` is when the next hold ends, known only while every unit is held.

    ``waiting`` is how many people wait in line: so many of the available units are theirs. It changes without a new
    version: of equal versions the one heard last holds.
    """

    id: Id
    available: int
    stock: int
    held: int
    version: int
    waiting: int
    next_release: Time | None


class Frame(Answer):
    """Levels; ``cursor`` is the time of the last change in it."""

    cursor: str
    items: list[StockItem]


class WatchAnswer(Frame):
    """Levels as they are now. ``complete`` is false where more products are on show than a snapshot contains.

    The levels of the others are then to be had over HTTP, or by watching them.
    """

    complete: bool


class SnapshotEvent(WatchAnswer):
    """Levels as they are now. ``gap`` says that changes were missed which are not told any more.

    Then catalogue changes may be among them, and levels beyond an incomplete snapshot: what is shown is to be asked for
    anew.
    """

    gap: bool


class WatchEvent(Request):
    """What to hear of; null for everything."""

    product_ids: Annotated[list[Id], Field(max_length=1000)] | None


class ProductEvent(Answer):
    """A catalogue change; a product that is gone or withdrawn has only its id."""

    cursor: str
    change: Literal["created", "updated", "published", "withdrawn", "price_changed"]
    product: Product | dict[str, Any]


class Movement(Answer):
    """A row of the ledger."""

    product_id: Id
    version: int
    change_type: str
    old_stock: int
    new_stock: int
    old_held: int
    new_held: int
    reason: str
    actor: str
    cause: str
    timestamp: Time


class MovementList(Answer):
    """A page of movements, newest first."""

    items: list[Movement]
    next: str | None


class StockAnswer(Answer):
    """A product's level after stock work; ``movement`` is null where the count was right already."""

    id: Id
    available: int
    stock: int
    held: int
    version: int
    waiting: int
    movement: Movement | None
