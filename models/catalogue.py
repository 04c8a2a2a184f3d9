"""A catalogue entry as people see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models.stock import Level, Product

MAX_IMAGES = 12  # of one product
MAX_ALT = 300  # characters


class Image(NamedTuple):
    """A picture of a product: its addresses on this server, and words for those who cannot see it.

    ``small`` is the same picture for thumbnails. One that another program put there has no id, and one address.
    """

    id: str | None
    url: str
    small: str
    alt: str


@dataclass(frozen=True, slots=True)
class Listing:
    """All that is shown of a product, with the level that was read with it."""

    product: Product
    level: Level
    description: str
    category: str
    tags: tuple[str, ...]
    sku: str | None
    published: bool
    images: tuple[Image, ...]
    created_at: datetime | None
    disabled: bool = False
    disabled_reason: str | None = None
    updated_at: datetime | None = None
