"""What a demo product is."""

from dataclasses import dataclass

# Products with these have no mind of their own: the shop's settings take their place.
USUAL_CURRENCY = "EUR"
USUAL_THRESHOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProduct:
    """A catalogue entry; `price` in minor units of `currency`, `category` as a path, `seed` varies its picture.

    `views`: how many pictures it has; `percent_off`: by how much it is reduced at first.
    """

    name: str
    description: str
    price: int
    category: str
    stock: int
    sku: str
    tags: tuple[str, ...]
    seller_email: str
    motif: str
    seed: int
    currency: str = USUAL_CURRENCY
    threshold: int = USUAL_THRESHOLD
    max_per_cart: int = 10
    views: int = 1
    percent_off: int = 0
