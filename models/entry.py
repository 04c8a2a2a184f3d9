"""What sellers write of their products, and admins decide about them: a catalogue entry, and each act upon it.

An entry's level is the ledger's business alone. Acts are pure: they return another entry, or the same where nothing
changes, and raise ``Refused`` where the rules say no.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.errors import Conflict, Invalid, NotFound
from models.pricing import Discount

MAX_DISCOUNTS = 20
MAX_DEPTH = 5
MAX_CATEGORY = 200
EVERYTHING = "all"
# Why a product is not on show: those who manage products have a list of each.
ASIDE = ("hidden", "disabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A catalogue entry as its seller wrote it; ``price`` is the list price, in minor units of ``currency``."""

    id: str
    seller_id: str
    name: str
    description: str
    price: int
    currency: str
    category: str
    tags: tuple[str, ...]
    sku: str | None
    threshold: int
    max_per_cart: int
    published: bool = True
    disabled: bool = False
    disabled_reason: str | None = None
    discounts: tuple[Discount, ...] = ()
    deleted_at: datetime | None = None

    @property
    def on_show(self) -> bool:
        """Whether browsers may know of it."""
        return self.published and not self.disabled and self.deleted_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAct:
    """Who does what to an entry, and why. With ``seller_id``, only if the product is that seller's."""

    kind: str
    actor: str
    reason: str = ""
    seller_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """What an act changed: each field with what it was and what it is, as it is stored."""

    id: str
    product_id: str
    at: datetime
    kind: str
    actor: str
    reason: str
    changed: Mapping[str, tuple[Any, Any]]


EDITABLE = frozenset(
    ("name", "description", "currency", "category", "tags", "sku", "threshold", "max_per_cart", "published")
)


def category_of(text: str) -> str:
    """Return a category's path in its one spelling, ``electronics/phones``; raise Invalid where it is none."""
    parts = [" ".join(part.split()) for part in text.split("/")]
    if not all(parts) or len(parts) > MAX_DEPTH or len(text) > MAX_CATEGORY:
        problem = {"pointer": "/category", "detail": f"must be one to {MAX_DEPTH} names, separated by slashes"}
        raise Invalid("the request is not valid", errors=[problem])
    return "/".join(parts)


def tags_of(tags: list[str]) -> tuple[str, ...]:
    """Return tags in their one spelling, each once, in their order."""
    return tuple(dict.fromkeys(spelt for tag in tags if (spelt := " ".join(tag.split()).lower())))


def ancestors(category: str) -> list[str]:
    """Return a category and those above it, the topmost first."""
    parts = category.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def shelf(*, category: str | None = None, seller_id: str | None = None) -> str:
    """Name a list of what is on show: everything, a category with those below it, a seller's, or both."""
    names = ([f"s:{seller_id}"] if seller_id else []) + ([f"c:{category}"] if category else [])
    return "/".join(names) or EVERYTHING


def aside(why: str, seller_id: str | None) -> str:
    """Name a list of what is not on show, everyone's or a seller's."""
    return f"x:{why}/s:{seller_id}" if seller_id else f"x:{why}"


def shelves(entry: Entry) -> list[str]:
    """Return the lists in which an entry stands; one that is not on show only in those of what is set aside."""
    if entry.deleted_at is not None:
        return []
    if not entry.on_show:
        reasons = [why for why, true in zip(ASIDE, (not entry.published, entry.disabled), strict=True) if true]
        return [aside(why, seller) for why in reasons for seller in (None, entry.seller_id)]
    paths = [None, *ancestors(entry.category)] if entry.category else [None]
    return [shelf(category=path, seller_id=seller) for seller in (None, entry.seller_id) for path in paths]


def edit(entry: Entry, changes: Mapping[str, Any]) -> Entry:
    """Change what a seller wrote; KeyError for what is changed by an act of its own."""
    if not changes.keys() <= EDITABLE:
        raise KeyError(*sorted(changes.keys() - EDITABLE))
    spelt = dict(changes)
    if "category" in spelt:
        spelt["category"] = category_of(spelt["category"])
    if "tags" in spelt:
        spelt["tags"] = tags_of(spelt["tags"])
    return replace(entry, **spelt)


def put_price(entry: Entry, price: int, now: datetime | None = None) -> Entry:
    """Set the list price; what is off in units must leave something of it, unless it is over by ``now``."""
    left = (each for each in entry.discounts if now is None or each.ends_at > now)
    if any(each.kind == "amount" and each.value > price for each in left):
        raise Conflict("a discount takes more off than this price: take the discount away first", price=price)
    return replace(entry, price=price)


def publish(entry: Entry, *, published: bool) -> Entry:
    """Put it on show, or take it off."""
    return replace(entry, published=published)


def disable(entry: Entry, reason: str) -> Entry:
    """Keep it off the shelves, whatever its seller does, until an admin enables it."""
    return replace(entry, disabled=True, disabled_reason=reason)


def enable(entry: Entry) -> Entry:
    """Let it be shown again, if its seller wants it shown."""
    return replace(entry, disabled=False, disabled_reason=None)


def add_discount(entry: Entry, discount: Discount, now: datetime) -> Entry:
    """Take something off for a period that is not over yet. Discounts whose period is over make room."""
    if discount.ends_at <= max(discount.starts_at, now):
        raise Invalid("a discount ends after it began, and not in the past")
    if discount.kind == "amount" and discount.value > entry.price:
        raise Invalid("a discount takes no more off than the price", price=entry.price)
    kept = tuple(each for each in entry.discounts if each.ends_at > now)
    if len(kept) >= MAX_DISCOUNTS:
        raise Conflict(f"a product has at most {MAX_DISCOUNTS} discounts", max_discounts=MAX_DISCOUNTS)
    return replace(entry, discounts=(*kept, discount))


def remove_discount(entry: Entry, discount_id: str) -> Entry:
    """Take a discount away."""
    kept = tuple(each for each in entry.discounts if each.id != discount_id)
    if len(kept) == len(entry.discounts):
        raise NotFound("there is no such discount")
    return replace(entry, discounts=kept)


def delete(entry: Entry, now: datetime) -> Entry:
    """Take it out of the catalogue for good; what refers to it goes on finding it. Its SKU is free again."""
    return replace(entry, deleted_at=now, published=False, sku=None)
