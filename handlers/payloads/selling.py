"""Shapes of what sellers and admins do with products."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from handlers.payloads.fields import Answer, Id, Moment, OneLine, Quantity, Request, Text, Time
from handlers.payloads.product import Cursor, Product, Words


def _some(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise ValueError("must not be blank")
    return stripped


Name = Annotated[OneLine, Field(min_length=1, max_length=200), AfterValidator(_some)]
Description = Annotated[Text, Field(max_length=10_000, description="plain text")]
Price = Annotated[int, Field(ge=0, le=10**12, description="integer minor units")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Category = Annotated[OneLine, Field(min_length=1, max_length=200, description="a path such as electronics/phones")]
Tags = Annotated[list[Annotated[OneLine, Field(max_length=50)]], Field(max_length=20)]
Sku = Annotated[OneLine, Field(min_length=1, max_length=64), AfterValidator(_some)]
Threshold = Annotated[int, Field(ge=0, le=1_000_000)]
MaxPerCart = Annotated[int, Field(ge=1, le=1_000_000)]
Reason = Annotated[OneLine, Field(max_length=500)]


class NewProduct(Request):
    """A product as its seller writes it; ``stock`` is what is on hand at first."""

    name: Name
    description: Description = ""
    price: Price
    currency: Currency | None = None
    category: Category
    stock: Quantity = 0
    sku: Sku | None = None
    tags: Tags = Field(default_factory=list)
    threshold: Threshold | None = None
    max_per_cart: MaxPerCart | None = None
    published: bool = True


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# What is not named stays as it is, so what stands as its default is nothing that anyone is to know.
Unnamed = Field(json_schema_extra=_without_default)


class ProductEdit(Request):
    """What is to be another than it is. A ``price`` is set as by its own route, a ``stock`` counted as an adjustment.

    A SKU of null takes it away; elsewhere null is no value.
    """

    name: Annotated[Name, Unnamed] = ""
    description: Annotated[Description, Unnamed] = ""
    price: Annotated[Price, Unnamed] = 0
    currency: Annotated[Currency, Unnamed] = ""
    category: Annotated[Category, Unnamed] = ""
    stock: Annotated[Quantity, Unnamed] = 0
    sku: Annotated[Sku | None, Unnamed] = None
    tags: Annotated[Tags, Unnamed] = Field(default_factory=list)
    threshold: Annotated[Threshold, Unnamed] = 0
    max_per_cart: Annotated[MaxPerCart, Unnamed] = 1
    published: Annotated[bool, Unnamed] = True
    reason: Reason = ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set - {"reason"}:
            raise ValueError("name something to change")
        return self


class PriceBody(Request):
    """A new list price, in minor units."""

    price: Price
    reason: Reason = ""


class DiscountBody(Request):
    """Percent or minor units off, from ``starts_at`` (now, without it) until ``ends_at``."""

    kind: Literal["percent", "amount"]
    value: Annotated[int, Field(ge=1, le=10**12)]
    starts_at: Moment | None = None
    ends_at: Moment

    @model_validator(mode="after")
    def _in_measure(self) -> Self:
        if self.kind == "percent" and self.value > 100:  # noqa: PLR2004 - the whole
            raise ValueError("at most 100 percent")
        if self.starts_at is not None and self.starts_at >= self.ends_at:
            raise ValueError("a discount ends after it began")
        return self


class OwnProductsQuery(Request):
    """Which of one's own products to list, newest first.

    ``low`` (at or below the threshold) and ``out`` come lowest first; with ``q`` the best hits come first. A page can
    be short, or empty, though more follows.
    """

    q: Words | None = None
    state: Literal["on_show", "hidden", "disabled", "low", "out"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Cursor | None = None


class AllProductsQuery(OwnProductsQuery):
    """Which of all products to list."""

    seller_id: Id | None = None


class OwnProductList(Answer):
    """A page of products, on show or not."""

    items: list[Product]
    next: str | None


class Deleted(Answer):
    """What is gone from the catalogue; ``kept`` says that orders or carts refer to it: it stays, out of sight."""

    id: Id
    kept: bool


class DisabledReason(Request):
    """Why a product is kept off the shelves; its seller is told."""

    reason: Annotated[OneLine, Field(min_length=1, max_length=500), AfterValidator(_some)]


class ChangesQuery(Request):
    """Which changes to list, newest first."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class FieldChange(Answer):
    """A field with what it was and what it is."""

    field: str
    before: Any
    after: Any


class EntryChange(Answer):
    """Who changed what, when and why."""

    id: Id
    at: Time
    kind: str
    actor: str
    reason: str
    changed: list[FieldChange]
