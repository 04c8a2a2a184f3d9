"""How sales roll-ups look as documents of the collection ``sales``, and orders as sales.

A roll-up's ``_id`` names all that it is of, so it is found, and written, by the one index that every collection has:

    <generation>:m:2026-11-21T12:34:<seller>:EUR    a minute (gone after three hours)
    <generation>:h:2026-11-21T12:00:<seller>:EUR    an hour
    <generation>:d:2026-11-21T00:00:<seller>:EUR    a day (UTC)
    <generation>:p:2026-11-21T00:00:<seller>:EUR:5  the products of a day, in eight parts by the last digit of their id
    <generation>:w:2026-11-19T00:00:<seller>:EUR:5  the same of seven days, so that a quarter is made of few

The first three have `models.sales.Figures`; fields that are not there are 0. The others have
``products: {<product id>: {u: units, r: revenue}}``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bson import ObjectId
from pymongo import UpdateOne

from models.sales import Fate, Figures, ProductCell, Sale, SaleLine, SellerCell, Tally, day_of, fates_of, hour_of
from mongo.driver import Document

PROJECTION: Document = {"_id": "sales"}
"""The document in ``projections`` that says how far the roll-ups are, and of which generation."""
RULE = 1
"""Which rule the roll-ups are made by: those of another one are made anew."""
MINUTES_KEPT = timedelta(hours=3)
MOST_UNITS = 10**6  # of a line: a cart has no more
MOST_PRICE = 10**12
YEARS = (1970, 9000)
MOST_TOLD = 2**53 - 1
"""Sums are kept as doubles, which grow without end, and are exact, and told, up to here: whoever reads JSON can count
no farther. As whole numbers they would have to stay within 64 bits, and the first beyond would hold up all others."""
WEEK = timedelta(days=7)
CHUNKS = 8
Slot = Literal["m", "h", "d"]

ORDER_FIELDS: Document = dict.fromkeys(
    (
        *("product_list.product_id", "product_list.seller_id", "product_list.quantity", "product_list.price"),
        *("timestamp", "currency", "status", "fulfilments"),
    ),
    1,
)


def slot_id(generation: str, slot: Slot, at: datetime, seller_id: str, currency: str) -> str:
    """Name a roll-up of a seller's."""
    return f"{generation}:{slot}:{at:%Y-%m-%dT%H:%M}:{seller_id}:{currency}"


def product_ids(generation: str, days: Sequence[datetime], seller_id: str, currency: str) -> list[str]:
    """Name the roll-ups of a seller's products on these days, whole weeks of them by the week."""
    spans = [(slot, at) for slot, found in zip("wp", weeks_and_days(days), strict=True) for at in found]
    return [_chunk_id(generation, *span, seller_id, currency, each) for span in spans for each in range(CHUNKS)]


def weeks_and_days(days: Sequence[datetime]) -> tuple[list[datetime], list[datetime]]:
    """Split days into whole weeks, by their first days, and the days that are left."""
    by_week: defaultdict[datetime, list[datetime]] = defaultdict(list)
    for day in days:
        by_week[week_of(day)].append(day)
    whole = [week for week, found in by_week.items() if len(found) == WEEK.days]
    return whole, [day for week, found in by_week.items() if len(found) != WEEK.days for day in found]


def week_of(day: datetime) -> datetime:
    """Return the first of the seven days in which a day is; they are counted from the calendar's first day on."""
    return day - timedelta(days=day.toordinal() % WEEK.days)


def _chunk_id(generation: str, slot: str, at: datetime, seller_id: str, currency: str, chunk: int) -> str:
    return f"{generation}:{slot}:{at:%Y-%m-%dT%H:%M}:{seller_id}:{currency}:{chunk}"


def chunk_of(product_id: str) -> int:
    """Return in which part of a day's products one is."""
    return int(product_id[-1], 16) % CHUNKS


def all_of(generation: str) -> Document:
    """Return the range of ids of a generation's documents."""
    return {"$gte": f"{generation}:", "$lt": f"{generation};"}


def sale_of(document: Mapping[str, Any], fates: Mapping[str, Fate] | None = None) -> Sale:
    """Read an order as figures see it. KeyError, TypeError, ValueError, AttributeError: a broken document.

    With ``fates`` as it was when those were true.
    """
    at, currency = document["timestamp"], document["currency"]
    lines = tuple(_line_of(line) for line in document["product_list"])
    if not (lines and YEARS[0] <= at.year < YEARS[1] and isinstance(currency, str)):
        raise ValueError("there are no lines, or no time or currency that an order has")
    return Sale(at, currency, lines, document_fates(document) if fates is None else fates)


def _line_of(line: Mapping[str, Any]) -> SaleLine:
    for name, most in (("quantity", MOST_UNITS), ("price", MOST_PRICE)):
        if not (isinstance(line[name], int) and 0 <= line[name] <= most):
            raise ValueError(f"its {name} is none")
    if not (isinstance(line["product_id"], ObjectId) and isinstance(line["seller_id"], ObjectId)):
        raise TypeError("what was sold, and who sold it, have ids")
    return SaleLine(str(line["product_id"]), str(line["seller_id"]), line["quantity"], line["price"])


def readable() -> Document:
    """Return the query for the orders that `sale_of` reads; what is no document among the lines is not looked at."""
    line: Document = {
        "product_id": {"$type": "objectId"},
        "seller_id": {"$type": "objectId"},
        "quantity": {"$type": ["int", "long"], "$gte": 0, "$lte": MOST_UNITS},
        "price": {"$type": ["int", "long"], "$gte": 0, "$lte": MOST_PRICE},
    }
    no_object: Document = {"$elemMatch": {"$not": {"$type": "object"}}}
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in YEARS)
    return {
        "product_list.0": {"$exists": True},
        "product_list": {"$type": "array"},
        "timestamp": {"$gte": first, "$lt": last},
        "currency": {"$type": "string"},
        "$or": [{"fulfilments": None}, {"fulfilments": {"$type": "array"}}],
        "$nor": [
            {"product_list": {"$elemMatch": {"$nor": [line]}}},
            {"fulfilments": {"$elemMatch": {"$nor": [{"seller_id": {"$exists": True}, "status": {"$exists": True}}]}}},
            {"fulfilments": no_object},
        ],
    }


def document_fates(document: Mapping[str, Any]) -> dict[str, Fate]:
    """Return the fates of an order's parts that are not sold."""
    parts = {str(line["seller_id"]): document["status"] for line in document["product_list"]}
    parts |= {str(part["seller_id"]): part["status"] for part in document.get("fulfilments") or ()}
    return fates_of(document["status"], parts.items())


def increments(generation: str, tally: Tally, now: datetime) -> list[UpdateOne]:
    """Return what adds a tally to the roll-ups; of minutes, only those that are still kept at ``now``."""
    writes = []
    for (slot, at, seller, currency), figures in _by_slot(tally, now).items():
        if any(figures):
            change = _doubles({name: value for name, value in figures._asdict().items() if value})
            fixed = slot_fields(slot, at, seller, currency)
            query = {"_id": slot_id(generation, slot, at, seller, currency)}
            writes.append(UpdateOne(query, {"$inc": change, "$setOnInsert": fixed}, upsert=True))
    return [*writes, *_product_increments(generation, tally.products)]


def slot_documents(generation: str, tally: Tally, now: datetime) -> list[Document]:
    """Return the roll-ups of a tally of all that there is in its days, but for products."""
    return [
        {"_id": slot_id(generation, *key), **slot_fields(*key), **_doubles(figures._asdict())}
        for key, figures in _by_slot(tally, now).items()
    ]


def _by_slot(tally: Tally, now: datetime) -> Mapping[tuple[Slot, datetime, str, str], Figures]:
    sums: defaultdict[tuple[Slot, datetime, str, str], Figures] = defaultdict(Figures)
    for cell, values in tally.sellers.items():
        figures = Figures(*values)
        for slot, at in slots_of(cell, now):
            key = (slot, at, cell.seller_id, cell.currency)
            sums[key] = sums[key].plus(figures)
    return sums


def slots_of(cell: SellerCell, now: datetime) -> Iterator[tuple[Slot, datetime]]:
    """Yield the roll-ups into which a minute goes."""
    if cell.minute > now - MINUTES_KEPT:
        yield "m", cell.minute
    yield "h", hour_of(cell.minute)
    yield "d", day_of(cell.minute)


def slot_fields(slot: Slot, at: datetime, seller_id: str, currency: str) -> Document:
    """Return what a roll-up says beside its figures."""
    fields: Document = {"seller_id": seller_id, "currency": currency, "at": at}
    return fields | ({"expires_at": at + MINUTES_KEPT} if slot == "m" else {})


def _product_increments(generation: str, products: Mapping[ProductCell, Sequence[int]]) -> Iterator[UpdateOne]:
    changes: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    fixed: dict[str, Document] = {}
    for cell, (units, revenue) in products.items():
        if not units and not revenue:
            continue
        for slot, at in (("p", cell.day), ("w", week_of(cell.day))):
            chunk = _chunk_id(generation, slot, at, cell.seller_id, cell.currency, chunk_of(cell.product_id))
            fixed[chunk] = {"seller_id": cell.seller_id, "currency": cell.currency, "at": at}
            changes[chunk][f"products.{cell.product_id}.u"] += units
            changes[chunk][f"products.{cell.product_id}.r"] += revenue
    for chunk, change in changes.items():
        yield UpdateOne({"_id": chunk}, {"$inc": change, "$setOnInsert": fixed[chunk]}, upsert=True)


def product_documents(
    generation: str, slot: Literal["p", "w"], at: datetime, seller_id: str, currency: str, products: Document
) -> list[Document]:
    """Write the products of a day or week: ``{u: units, r: revenue}`` by product."""
    chunks: defaultdict[int, Document] = defaultdict(dict)
    for product_id, sold in products.items():
        chunks[chunk_of(product_id)][product_id] = _doubles(sold)
    fields: Document = {"seller_id": seller_id, "currency": currency, "at": at}
    return [
        {"_id": _chunk_id(generation, slot, at, seller_id, currency, chunk), **fields, "products": found}
        for chunk, found in chunks.items()
    ]


def figures_of(document: Mapping[str, Any] | None) -> Figures:
    """Read the figures of a roll-up; one that is not there has none."""
    return Figures(*(told(document.get(name, 0)) for name in Figures._fields)) if document else Figures()


def _doubles(sums: Mapping[str, int]) -> Mapping[str, float]:
    return {name: float(value) for name, value in sums.items()}


def told(kept: float) -> int:
    """Return a sum as it is told."""
    return int(max(-MOST_TOLD, min(kept, MOST_TOLD)))
