"""Shapes of products, levels and stock work."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handlers.payloads.fields import MAX_INT32, Amount, Answer, Id, OneLine, Quantity, Request, Time

MAX_CURSOR = 2000
Cursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR, description="opaque: `next` of the page before")]
Words = Annotated[OneLine, Field(max_length=200, description="words; the last one may be unfinished")]
YesOrNo = Literal["true", "false"]


class ProductQuery(Request):
    """Which products to list; ``category`` takes in those below it, prices are what a unit costs now.

    ``in_stock`` is whether a unit can be had now: ``false`` lists those of which none can. A page can be short, or
    empty, though more follows. ``sort`` is ``newest``, or with ``q`` ``relevance``, which is none without.
    """

    q: Words | None = None
    category: Annotated[OneLine, Field(min_length=1, max_length=200)] | None = None
    min_price: Annotated[int | None, Field(ge=0, le=2**53 - 1, description="integer minor units")] = None
    max_price: Annotated[int | None, Field(ge=0, le=2**53 - 1, description="integer minor units")] = None
    in_stock: YesOrNo | None = None
    seller_id: Id | None = None
    sort: Literal["price", "-price", "newest", "popular", "name", "relevance"] | None = None
    facets: YesOrNo = "false"
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Cursor | None = None


class RunningLowQuery(Request):
    """How many of the products that are running low to list."""

    limit: Annotated[int, Field(ge=1, le=24)] = 12


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
    """A picture; ``small`` is the same one for thumbnails. One that another program put there has no id."""

    id: Id | None
    url: str
    small: str
    alt: str


class DiscountAnswer(Answer):
    """Percent or minor units off for a period."""

    id: Id
    kind: Literal["percent", "amount"]
    value: int
    starts_at: Time
    ends_at: Time


class Product(Answer):
    """A catalogue entry with its level. ``price`` is what a unit costs now, ``list_price`` what it costs otherwise.

    ``list_price`` is null while there is no discount. ``disabled_reason`` is for its seller and admins.
    """

    id: Id
    name: str
    description: str
    price: Amount
    list_price: Amount | None
    discounts: list[DiscountAnswer]
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
    disabled: bool
    disabled_reason: str | None
    images: list[ImageAnswer]
    created_at: Time | None
    updated_at: Time | None


class CategoryCount(Answer):
    """A category and how many products on show it has, with those below it; ``name`` is the last part of its path."""

    category: str
    count: int
    name: str
    depth: Annotated[int, Field(ge=0, description="how many categories are above it")]


class FacetsAnswer(Answer):
    """What is among all that was found: categories, and the lowest and the highest price; levels do not count."""

    categories: list[CategoryCount]
    min_price: Amount | None
    max_price: Amount | None


class ProductList(Answer):
    """A page of products; ``facets`` only where they were asked for."""

    items: list[Product]
    next: str | None
    facets: FacetsAnswer | None = None


class CategoryList(Answer):
    """All categories with something on show, those above others right before them."""

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
    """What to hear of; null, or nothing said, for everything."""

    product_ids: Annotated[list[Id], Field(max_length=1000)] | None = None


class Gone(Answer):
    """A product that is gone or withdrawn."""

    id: Id


class ProductEvent(Answer):
    """A catalogue change; of a product that is gone or withdrawn nothing but its id is told."""

    cursor: str
    change: Literal["created", "updated", "published", "withdrawn", "price_changed"]
    product: Product | Gone


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


class StockAnswer(Answer):
    """A product's level after stock work; ``movement`` is null where the count was right already."""

    id: Id
    available: int
    stock: int
    held: int
    version: int
    waiting: int
    movement: Movement | None
