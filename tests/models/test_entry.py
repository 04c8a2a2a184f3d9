"""Catalogue entries: how they are spelt, where they stand, and what may be done to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.entry import (
    MAX_DISCOUNTS,
    Entry,
    add_discount,
    ancestors,
    category_of,
    delete,
    disable,
    edit,
    enable,
    publish,
    put_price,
    remove_discount,
    shelf,
    shelves,
    tags_of,
)
from models.errors import Conflict, Invalid, NotFound
from models.pricing import Discount

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PHONE = Entry(
    id="p",
    seller_id="s",
    name="Phone",
    description="",
    price=1000,
    currency="EUR",
    category="electronics/phones",
    tags=(),
    sku="P-1",
    threshold=3,
    max_per_cart=9,
)


def a_discount(number: int = 0, **changes: Any) -> Discount:
    """Make one that holds for an hour from noon on."""
    return Discount(str(number), "percent", 10, NOON, NOON + timedelta(hours=1))._replace(**changes)


def test_a_category_has_one_spelling() -> None:
    """Spaces around names and between words are none of it."""
    assert category_of(" electronics /  smart   phones ") == "electronics/smart phones"
    for bad in ("", "/", "a//b", "a/b/c/d/e/f", "x" * 201):
        with pytest.raises(Invalid):
            category_of(bad)


def test_tags_are_lower_case_and_each_there_once() -> None:
    """In their order; a blank one is none."""
    assert tags_of(["Red", "  very  red ", "RED", " "]) == ("red", "very red")


def test_an_entry_stands_in_the_list_of_all_of_each_category_and_of_its_seller() -> None:
    """And in those of its seller's categories."""
    assert ancestors(PHONE.category) == ["electronics", "electronics/phones"]
    assert shelves(PHONE) == [
        "all",
        "c:electronics",
        "c:electronics/phones",
        "s:s",
        "s:s/c:electronics",
        "s:s/c:electronics/phones",
    ]
    assert shelf(category="electronics", seller_id="s") in shelves(PHONE)


@pytest.mark.parametrize(
    ("hidden", "aside"),
    [
        (publish(PHONE, published=False), ["x:hidden", "x:hidden/s:s"]),
        (disable(PHONE, "fake"), ["x:disabled", "x:disabled/s:s"]),
        (delete(PHONE, NOON), []),
    ],
    ids=["hidden", "disabled", "deleted"],
)
def test_what_is_not_on_show_stands_in_no_list_of_buyers(hidden: Entry, aside: list[str]) -> None:
    """Whoever took it away; those who manage it have lists of what is set aside."""
    assert shelves(hidden) == aside


def test_what_an_admin_disabled_its_seller_cannot_show() -> None:
    """Enabled again it is as its seller left it."""
    disabled = publish(publish(disable(PHONE, "fake"), published=False), published=True)
    assert (disabled.on_show, disabled.disabled_reason) == (False, "fake")
    assert enable(disabled) == PHONE


def test_an_edit_spells_what_it_sets_and_sets_no_price() -> None:
    """Price and level have acts of their own."""
    edited = edit(PHONE, {"category": " a / b", "tags": ["A"], "sku": None})
    assert (edited.category, edited.tags, edited.sku, edited.price) == ("a/b", ("a",), None, 1000)
    for field in ("price", "stock", "seller_id", "disabled"):
        with pytest.raises(KeyError):
            edit(PHONE, {field: 1})


def test_discounts_are_added_up_to_a_number_and_taken_away() -> None:
    """Those whose period is over make room."""
    entry = PHONE
    for number in range(MAX_DISCOUNTS):
        entry = add_discount(entry, a_discount(number), NOON)
    with pytest.raises(Conflict):
        add_discount(entry, a_discount(99), NOON)
    later = NOON + timedelta(hours=1)
    fresh = a_discount(99, starts_at=later, ends_at=later + timedelta(hours=1))
    assert add_discount(entry, fresh, later).discounts == (fresh,)
    assert remove_discount(add_discount(PHONE, fresh, NOON), fresh.id) == PHONE
    with pytest.raises(NotFound):
        remove_discount(PHONE, "other")


@pytest.mark.parametrize(
    "changes",
    [{"ends_at": NOON}, {"starts_at": NOON + timedelta(hours=2)}, {"kind": "amount", "value": 1001}],
    ids=str,
)
def test_a_discount_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    """Over already, ended before it began, or more than the price."""
    with pytest.raises(Invalid):
        add_discount(PHONE, a_discount(**changes), NOON)


def test_a_price_below_what_a_discount_takes_off_is_refused() -> None:
    """It would be given away."""
    cheaper = add_discount(PHONE, a_discount(kind="amount", value=500), NOON)
    assert put_price(cheaper, 500).price == 500
    with pytest.raises(Conflict):
        put_price(cheaper, 499)


def test_a_discount_that_is_over_is_in_no_prices_way() -> None:
    """Its end is not part of it; one that is still to come is in the way."""
    discount = a_discount(kind="amount", value=500)
    cheaper = add_discount(PHONE, discount, NOON)
    assert put_price(cheaper, 1, discount.ends_at).price == 1
    for before in (NOON, discount.ends_at - timedelta(milliseconds=1)):
        with pytest.raises(Conflict):
            put_price(cheaper, 499, before)


def test_a_deleted_entry_gives_its_sku_back() -> None:
    """Its seller may want it for another."""
    assert delete(PHONE, NOON) == replace(PHONE, deleted_at=NOON, published=False, sku=None)
