"""The demo shop: what a first visitor finds on the shelves."""

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ivorycart.demo.accounts import ACCOUNTS
from ivorycart.demo.catalogue import PRODUCTS, DemoProduct
from ivorycart.demo.motifs import MOTIFS
from ivorycart.demo.pictures import picture

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
# Whatever could run, load or link is missing from this list.
ELEMENTS = {f"{SVG}{name}" for name in ("svg", "path", "rect", "circle", "ellipse", "g", "clipPath")}
ATTRIBUTES = {
    *("viewBox", "width", "height", "d", "x", "y", "rx", "ry", "cx", "cy", "r", "id", "opacity", "transform"),
    *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "clip-path"),
}


def test_there_are_sixty_products_with_their_own_sku_and_name() -> None:
    """Nothing on the shelves is there twice."""
    assert len(PRODUCTS) == 60
    assert len({product.sku for product in PRODUCTS}) == 60
    assert len({product.name for product in PRODUCTS}) == 60


def test_three_sellers_with_accounts_share_the_shelves() -> None:
    """Each seller's dashboard has something to show."""
    sellers = {account.email for account in ACCOUNTS if account.role == "seller"}
    assert Counter(product.seller_email for product in PRODUCTS) == dict.fromkeys(sellers, 20)
    assert len(sellers) == 3


def test_every_role_can_sign_in_with_the_documented_password() -> None:
    """The accounts of the README exist."""
    roles = {account.email: account.role for account in ACCOUNTS}
    for role in ("buyer", "seller", "delivery", "admin"):
        assert roles[f"{role}@demo.com"] == role
    assert {account.password for account in ACCOUNTS} == {"demo123"}
    assert len(roles) == len(ACCOUNTS)


def test_stocks_show_every_state_of_a_badge() -> None:
    """Plenty, low, the last one, sold out: all can be seen without buying first."""
    stocks = [product.stock for product in PRODUCTS]
    assert stocks.count(0) == 1
    assert stocks.count(1) == 2
    assert 5 <= sum(3 <= stock <= 5 for stock in stocks) <= 9
    assert all(stock in {0, 1} or 3 <= stock <= 60 for stock in stocks)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.sku)
def test_every_product_is_fit_for_the_catalogue(product: DemoProduct) -> None:
    """Positive prices in cents, a category path, tags, caps and a sentence about the thing."""
    assert product.price > 0
    assert product.currency == "EUR"
    assert product.threshold == 3
    assert 1 <= product.max_per_cart <= 10
    assert all(part.isalpha() and part.islower() for part in product.category.split("/"))
    assert product.tags
    assert product.description.endswith(".")


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.sku)
def test_a_picture_is_small_well_formed_and_only_shapes(product: DemoProduct) -> None:
    """No script, link, event or outside reference: it may be served as an image without a thought."""
    drawn = picture(product)
    assert len(drawn) < 6 * 1024
    root = ET.fromstring(drawn)  # noqa: S314 - our own output is what is under test
    assert (root.get("width"), root.get("height")) == ("800", "800")
    elements = list(root.iter())
    assert {element.tag for element in elements} <= ELEMENTS
    assert {name for element in elements for name in element.attrib} <= ATTRIBUTES
    assert b"nan" not in drawn
    named = {element.get("id") for element in elements if element.tag == f"{SVG}clipPath"}
    used = {element.get("clip-path") for element in elements} - {None}
    assert used == {f"url(#{name})" for name in named}


def test_no_two_pictures_are_the_same_and_their_clips_never_meet() -> None:
    """Sixty pictures on one page stay sixty pictures."""
    assert len({picture(product) for product in PRODUCTS}) == 60
    assert len({product.seed for product in PRODUCTS}) == 60


def test_every_motif_is_on_some_shelf() -> None:
    """Nothing is drawn for nobody, and there is much to see."""
    assert {product.motif for product in PRODUCTS} == set(MOTIFS)
    assert len(MOTIFS) >= 12


def test_pictures_are_the_same_in_every_process() -> None:
    """Caches and tests on other machines rely on it; hash randomisation must not leak in."""
    program = (
        "import hashlib; from ivorycart.demo.catalogue import PRODUCTS; from ivorycart.demo.pictures import picture;"
        "print(hashlib.sha256(b''.join(map(picture, PRODUCTS))).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert other.stdout.strip() == hashlib.sha256(b"".join(map(picture, PRODUCTS))).hexdigest()
