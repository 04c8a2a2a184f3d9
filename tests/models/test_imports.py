"""What a row does: pure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.entry import Entry
from models.imports import Fresh, Row, RowError, plan
from models.money import minor_units
from models.pricing import Discount
from models.stock import Level

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FRESH = Fresh("seller", "EUR", 3, 99)
TEA = Entry(
    id="tea",
    seller_id="seller",
    name="Tea",
    description="",
    price=500,
    currency="EUR",
    category="kitchen/tea",
    tags=("green",),
    sku="A",
    threshold=3,
    max_per_cart=9,
    discounts=(Discount("d", "amount", 200, NOW, NOW),),
)
LEVEL = Level(5, 2, 7, 0)


def change(**values: Any) -> Any:
    """Plan a row upon the tea."""
    return plan(Row(2, "A", values), (TEA, LEVEL), FRESH, "new")


def create(**values: Any) -> Any:
    """Plan a row of which there is no product."""
    return plan(Row(2, "A", {"name": "Mug", "category": "kitchen", "price": 5, **values}), None, FRESH, "new")


def test_what_is_not_named_stays():
    """And so does what is named as it is."""
    assert change().action == "same"
    assert change(name="Tea", price=500, stock=5, tags=["green"], category="kitchen/tea").action == "same"


def test_each_difference_is_told():
    """With what it was and what it is to be; a stock is counted by the ledger."""
    planned = change(name="Chai", price_decimal="7,50", stock=9, tags=[])
    assert planned.changes == {"name": ("Tea", "Chai"), "price": (500, 750), "stock": (5, 9), "tags": (["green"], [])}
    assert (planned.count, planned.entry.price, planned.action) == (9, 750, "change")


def test_a_count_below_what_carts_hold_is_an_error_before_anything_is_done():
    """What else the row asks for is done; two of the tea's five are held."""
    planned = change(name="Chai", stock=1)
    assert (planned.action, planned.count, planned.entry.name) == ("error", None, "Chai")
    assert planned.changes == {"name": ("Tea", "Chai")}
    assert [(each.column, "held in carts" in each.detail) for each in planned.errors] == [("stock", True)]
    assert (change(stock=2).action, change(stock=2).count) == ("change", 2)


def test_a_new_product_gets_what_is_usual():
    """Where the row does not say."""
    planned = create(stock=4)
    assert (planned.action, planned.opening, planned.entry.currency, planned.entry.max_per_cart) == (
        "create",
        4,
        "EUR",
        99,
    )
    assert planned.changes == {
        "name": (None, "Mug"),
        "category": (None, "kitchen"),
        "price": (None, 5),
        "stock": (None, 4),
    }


@pytest.mark.parametrize(
    ("values", "column", "words"),
    [
        ({"price_decimal": "1.505"}, "price_decimal", "2 digits"),
        ({"price_decimal": "1.5", "currency": "JPY"}, "price_decimal", "0 digits"),
        ({"price_decimal": "-1"}, "price_decimal", "such as 12.50"),
        ({"price_decimal": "1.50", "price": 151}, "price_decimal", "150 minor units"),
        ({"price_decimal": "9" * 13}, "price_decimal", "at most"),
        ({"price": "1.505"}, "price", "2 digits"),
        ({"price": "15.0"}, "price", "2 digits"),
        ({"price": "1500.00", "currency": "JPY"}, "price", "0 digits"),
        ({"price": "9999999999999.00"}, "price", "at most"),
        ({"price": "1.50", "price_decimal": "1.51"}, "price_decimal", "151 minor units"),
        ({"price": 100}, None, "discount"),
    ],
)
def test_a_price_that_cannot_be_is_refused_in_words(values: dict[str, Any], column: str | None, words: str):
    """By its column, if it is one."""
    planned = change(**values)
    assert planned.action == "error"
    assert (planned.errors[0].column, words in planned.errors[0].detail) == (column, True), planned.errors


@pytest.mark.parametrize(
    ("price", "currency", "units"),
    [(1250, "EUR", 1250), ("12.50", "EUR", 1250), ("12,50", "EUR", 1250), (1250, "JPY", 1250), ("1.250", "BHD", 1250)],
)
def test_a_price_is_of_minor_units_or_has_all_its_decimals(price: int | str, currency: str, units: int):
    """So that neither can be taken for the other."""
    assert create(price=price, currency=currency).entry.price == units


def test_all_that_is_wrong_with_a_row_is_said_at_once():
    """What could not be read, what a new product needs, a price that cannot be, a count below what carts hold."""
    unread = (RowError("price", "must be …"), RowError("stock", "must be …"))
    assert columns(plan(Row(2, "B", {"category": "kitchen"}, unread), None, FRESH, "new")) == ["price", "stock", "name"]
    assert columns(plan(Row(2, "B", {"price": "1.5"}, (RowError("category", "no"),)), None, FRESH, "new")) == [
        *("category", "name", "price")
    ]
    long = (RowError("name", "must have at most …"),)
    assert columns(plan(Row(2, "A", {"stock": 1, "price": "1.5"}, long), (TEA, LEVEL), FRESH, "new")) == [
        *("name", "price", "stock")
    ]
    assert columns(change(stock=1, price=100)) == [None, "stock"]
    nameless = RowError("sku", "must be named")
    assert columns(plan(Row(2, None, {}, (nameless,)), None, FRESH, "new")) == ["sku"]


def columns(planned: Any) -> list[str | None]:
    """Return what is wrong with what."""
    assert planned.action == "error"
    return [each.column for each in planned.errors]


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("12.50", "EUR", 1250), ("12,5", "EUR", 1250), ("12.500", "EUR", 1250), ("12", "JPY", 12), ("1.234", "BHD", 1234)],
)
def test_prices_are_read_by_the_digits_of_their_currency(text: str, currency: str, units: int):
    """ISO 4217."""
    assert minor_units(text, currency) == units
