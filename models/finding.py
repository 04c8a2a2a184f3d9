"""What people look for in the catalogue: filters, sorts, places in a list, and what is counted of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.catalogue import Listing
from models.entry import ASIDE, ancestors, aside, shelf

Sort = Literal["price", "-price", "newest", "popular", "name", "relevance"]
State = Literal["on_show", "hidden", "disabled", "low", "out"]
# The lists of those who manage products, on show or not, as the text index names them.
ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which products somebody wants to see. Prices are in minor units, both ends included.

    With ``managing`` also those that are not on show, in a ``state``: ``low`` are those with as many available as
    their threshold or fewer, ``out`` those with none.
    """

    category: str | None = None
    seller_id: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None
    managing: bool = False
    state: State | None = None

    @property
    def shelf(self) -> str | None:
        """The shelf on which all of them stand; None where it takes in all that somebody manages."""
        if not self.managing or self.state == "on_show":
            return shelf(category=self.category, seller_id=self.seller_id)
        return aside(self.state, self.seller_id) if self.state in ASIDE else None

    @property
    def place(self) -> str:
        """The list in which all of them stand, as the text index names it."""
        return self.shelf or (mine(self.seller_id) if self.seller_id else ANY)

    @property
    def is_priced(self) -> bool:
        """Whether prices matter."""
        return self.min_price is not None or self.max_price is not None


def mine(seller_id: str) -> str:
    """Name the list of all of a seller's products."""
    return f"mine:{seller_id}"


class Position(NamedTuple):
    """A place in a sorted list: right behind the product with this key and id. ``newest`` needs no key."""

    key: int | str | None
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. It can be short, or empty, though there is more: ``next`` alone says."""

    listings: Sequence[Listing]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """What the text index holds of a product. ``places`` are the lists in which it stands."""

    id: str
    name: str
    description: str
    tags: tuple[str, ...]
    category: str
    sku: str
    places: tuple[str, ...]
    price: int

    @property
    def categories(self) -> list[str]:
        """Its category and those above it, as shelves."""
        return [f"c:{each}" for each in ancestors(self.category)] if self.category else []


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category and how many products on show it has, with those below it."""

    category: str
    count: int

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.category.rpartition("/")[2]

    @property
    def depth(self) -> int:
        """How many are above it."""
        return self.category.count("/")


@dataclass(frozen=True, slots=True)
class Facets:
    """What is among all that the filters let through, whatever their page: categories, and the range of prices."""

    categories: Sequence[CategoryCount]
    min_price: int | None
    max_price: int | None


def places_of(shelves: Sequence[str], seller_id: str) -> tuple[str, ...]:
    """Return all lists in which a product stands: those on show, and those of who manages it."""
    return (*shelves, ANY, mine(seller_id))


def category_counts(counted: Sequence[tuple[str, int]]) -> list[CategoryCount]:
    """Pick the categories from counts of places, in the order of their paths."""
    found = [CategoryCount(place[2:], count) for place, count in counted if place.startswith("c:") and count]
    return sorted(found, key=lambda each: each.category.split("/"))
