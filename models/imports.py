"""Importing products from a file: what a row asks for, and what comes of it. Pure.

A row names its product by SKU. What it does not name stays as it is, so a file may be imported any number of times: the
second time finds everything as the first one left it. A ``stock`` is a count, and the ledger's business: a plan only
says that it is to be counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from models.entry import EDITABLE, Entry, edit, put_price
from models.errors import Refused
from models.money import exact_units, minor_units
from models.stock import Level

ImportState = Literal["receiving", "checking", "ready", "running", "done", "failed", "cancelled"]
Action = Literal["create", "change", "same", "error"]
FileFormat = Literal["csv", "jsonl"]
MAX_PRICE = 10**12
REQUIRED = ("name", "category")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row, in words; without a column it is about the row as a whole."""

    column: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file, read: the fields that it names and that are in order, and what is wrong. Lines count from 1.

    A ``price`` is in minor units, or a text with all its decimals.
    """

    line: int
    sku: str | None
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Fresh:
    """What new products get that name none of it."""

    seller_id: str
    currency: str
    threshold: int
    max_per_cart: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a row does: the entry as it is to be, the opening stock of a new one, the count for the ledger otherwise.

    Where only the count is an error, the entry is to be changed all the same.
    """

    action: Action
    entry: Entry | None = None
    opening: int = 0
    count: int | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows did what, or would."""

    create: int = 0
    change: int = 0
    same: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file that was sent in, and how far it has come. ``rows`` are read, ``done`` are checked or carried out."""

    id: str
    seller_id: str
    actor: str
    file_format: FileFormat
    dry_run: bool
    state: ImportState
    rows: int
    done: int
    cursor: int
    """The line up to which the present round has come."""
    counts: Counts
    cancelling: bool
    reason: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """A line as it is told: ``action`` is None until it was looked at."""

    line: int
    sku: str | None
    action: Action | None
    changes: Mapping[str, tuple[Any, Any]]
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDue:
    """A count that is still to go through the ledger. ``version`` is of the level that the row was planned upon."""

    id: Any
    line: int
    product_id: str
    count: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the ledger said to a count: the stock before and after, or why not."""

    due: StockDue
    change: tuple[int, int] | None = None
    error: str | None = None


def cause_of(import_id: str, line: int) -> str:
    """Name a line as the cause of a movement, by which it is known again."""
    return f"import:{import_id}:{line}"


def plan(row: Row, found: tuple[Entry, Level] | None, fresh: Fresh, new_id: str) -> Plan:
    """Say what a row does to the product of its SKU, or that it makes one, of the id that is given.

    All that is wrong with it is said at once: who mends a file mends it once.
    """
    uncountable = _uncountable(row, found)
    if wrong := (*row.errors, *_missing(row, found), *_mispriced(row, found, fresh)):
        return Plan(action="error", errors=(*wrong, *uncountable))
    try:
        return _change(row, *found) if found else _create(row, fresh, new_id)
    except Refused as refusal:
        return Plan(action="error", errors=(RowError(None, refusal.message), *uncountable))


class _Wrong(Exception):  # noqa: N818 - it says what is the matter
    def __init__(self, error: RowError) -> None:
        super().__init__(error.detail)
        self.error = error


def _missing(row: Row, found: tuple[Entry, Level] | None) -> list[RowError]:
    """Return what a new product needs and is not named; of a row without a SKU nobody knows whether it is new."""
    if found or row.sku is None:
        return []
    named = {*row.values, *(each.column for each in row.errors)}
    missing = [name for name in REQUIRED if name not in named]
    if not named & {"price", "price_decimal"}:
        missing.append("price")
    return [RowError(name, "a new product needs one") for name in missing]


def _mispriced(row: Row, found: tuple[Entry, Level] | None, fresh: Fresh) -> list[RowError]:
    """Return why a price cannot be; without a currency that can be read, nobody knows."""
    if any(each.column == "currency" for each in row.errors):
        return []
    try:
        _price(row, row.values.get("currency", found[0].currency if found else fresh.currency))
    except _Wrong as wrong:
        return [wrong.error]
    return []


def _uncountable(row: Row, found: tuple[Entry, Level] | None) -> list[RowError]:
    stock, level = row.values.get("stock"), found[1] if found else None
    if stock is None or level is None or stock == level.stock or stock >= level.held:
        return []
    return [RowError("stock", f"{level.held} units are held in carts: the stock cannot go below that now")]


def _change(row: Row, entry: Entry, level: Level) -> Plan:
    fields = {name: value for name, value in row.values.items() if name in EDITABLE and name != "sku"}
    after = edit(entry, fields)
    price = _price(row, after.currency)
    if price is not None and price != entry.price:
        after = put_price(after, price)
    changes = {name: pair for name, pair in _differences(entry, after).items() if pair[0] != pair[1]}
    stock = row.values.get("stock")
    count = stock if stock is not None and stock != level.stock else None
    if wrong := _uncountable(row, (entry, level)):
        return Plan(action="error", entry=after, changes=changes, errors=tuple(wrong))
    if count is not None:
        changes["stock"] = (level.stock, count)
    return Plan(action="change" if changes else "same", entry=after, count=count, changes=changes)


def _create(row: Row, fresh: Fresh, new_id: str) -> Plan:
    currency = row.values.get("currency", fresh.currency)
    blank = Entry(
        id=new_id,
        seller_id=fresh.seller_id,
        name="",
        description="",
        price=_price(row, currency) or 0,
        currency=currency,
        category="",
        tags=(),
        sku=row.sku,
        threshold=fresh.threshold,
        max_per_cart=fresh.max_per_cart,
    )
    entry = edit(blank, {name: value for name, value in row.values.items() if name in EDITABLE and name != "sku"})
    opening = row.values.get("stock", 0)
    told = {name: (None, _plain(getattr(entry, name))) for name in sorted({*row.values, "price"} & _SHOWN)}
    return Plan(action="create", entry=entry, opening=opening, changes={**told, "stock": (None, opening)})


_SHOWN = EDITABLE | {"price"}


def _price(row: Row, currency: str) -> int | None:
    price: int | None = _minor(row.values.get("price"), currency)
    text = row.values.get("price_decimal")
    if text is None:
        return price
    try:
        units = minor_units(text, currency)
    except ValueError as error:
        raise _Wrong(RowError("price_decimal", str(error))) from error
    if units > MAX_PRICE:
        raise _Wrong(RowError("price_decimal", f"must be at most {MAX_PRICE} minor units"))
    if price not in {None, units}:
        raise _Wrong(RowError("price_decimal", f"is {units} minor units, but price says {price}"))
    return units


def _minor(price: int | str | None, currency: str) -> int | None:
    if not isinstance(price, str):
        return price
    try:
        units = exact_units(price, currency)
    except ValueError as error:
        raise _Wrong(RowError("price", str(error))) from error
    if units > MAX_PRICE:
        raise _Wrong(RowError("price", f"must be at most {MAX_PRICE} minor units"))
    return units


def _differences(before: Entry, after: Entry) -> dict[str, tuple[Any, Any]]:
    return {name: (_plain(getattr(before, name)), _plain(getattr(after, name))) for name in sorted(_SHOWN - {"sku"})}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
