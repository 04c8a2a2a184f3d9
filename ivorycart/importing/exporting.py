"""Products and movements as files: made portion by portion while they are read, so any number of them fits."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from ivorycart.importing.cells import COLUMNS, escape, join_tags
from models.catalogue import Listing
from models.imports import FileFormat

PORTION = 100
BOM = "\ufeff".encode()
"""Without it, Excel takes UTF-8 for the code page of the day."""


class ProductBook(Protocol):
    """Where products are read."""

    async def owned(self, seller_id: str | None, *, limit: int, after: str | None) -> Sequence[Listing]:
        """Return a page of products, newest first."""


@dataclass(frozen=True, slots=True)
class Exporting:
    """Writes products into files."""

    products: ProductBook

    async def export(self, seller_id: str | None, file_format: FileFormat, *, bom: bool = True) -> AsyncIterator[bytes]:
        """Yield the products of a seller, or all, as a file, newest first."""
        if file_format == "csv":
            yield (BOM if bom else b"") + csv_of([dict(zip(COLUMNS, COLUMNS, strict=True))], COLUMNS)
        after: str | None = None
        while True:
            rows = await self.products.owned(seller_id, limit=PORTION, after=after)
            if rows:
                yield _csv(rows) if file_format == "csv" else _json_lines(rows)
                after = rows[-1].product.id
            if len(rows) < PORTION:
                return


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """Return rows as CSV (RFC 4180). Text is in quotes, and none of it begins like a formula; numbers are bare."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    return file.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int) else escape(str(value))


def _csv(rows: Iterable[Listing]) -> bytes:
    return csv_of(({**_fields(row), "tags": join_tags(row.tags)} for row in rows), COLUMNS)


def _json_lines(rows: Iterable[Listing]) -> bytes:
    return b"".join(orjson.dumps(_fields(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _fields(listing: Listing) -> dict[str, Any]:
    entry = listing.product
    return {
        "sku": listing.sku,
        "name": entry.name,
        "description": listing.description,
        "price": entry.price,
        "currency": entry.currency,
        "category": listing.category,
        "tags": list(listing.tags),
        "stock": listing.level.stock,
        "threshold": entry.threshold,
        "max_per_cart": entry.max_per_cart,
        "published": listing.published,
        "id": entry.id,
    }
