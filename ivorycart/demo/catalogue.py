"""Sixty products of three sellers: most well stocked, some running low, two on the last piece, one sold out."""

from ivorycart.demo.accounts import NORD, SELLER, SUD
from ivorycart.demo.product import DemoProduct
from ivorycart.demo.shelves import Row, atelier_sud, ivory_and_oak, studio_nord

__all__ = ["PRODUCTS", "DemoProduct"]

# Nobody carries more than this home, and it shows that the cap differs by product.
_CAPS = {"home/furniture": 4, "electronics/audio": 5}
_VIEWS = {"IO-LGT-01": 3, "IO-AUD-01": 4, "IO-AUD-03": 2, "IO-DSK-03": 3, "IO-DSK-07": 3}
_PERCENT_OFF = {"IO-AUD-03": 20, "IO-DSK-01": 15, "IO-LGT-05": 10}


def _product(seller_email: str, row: Row, seed: int) -> DemoProduct:
    sku, name, price, stock, category, motif, tags, description = row
    return DemoProduct(
        name=name,
        description=description,
        price=price,
        category=category,
        stock=stock,
        sku=sku,
        tags=tuple(tags.split()),
        max_per_cart=_CAPS.get(category, 10),
        views=_VIEWS.get(sku, 1),
        percent_off=_PERCENT_OFF.get(sku, 0),
        seller_email=seller_email,
        motif=motif,
        seed=seed,
    )


_SHELVES = ((SELLER, ivory_and_oak.ROWS), (NORD, studio_nord.ROWS), (SUD, atelier_sud.ROWS))

# The seed picks palette and details of the picture; steps of five visit all eight palettes before one comes again.
PRODUCTS: tuple[DemoProduct, ...] = tuple(
    _product(email, row, 101 + 5 * number)
    for number, (email, row) in enumerate((email, row) for email, rows in _SHELVES for row in rows)
)
