"""Which lists a product stands in, and which list a question is about."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.entry import Entry, shelves
from models.finding import CategoryCount, Filters, category_counts, places_of

ENTRY = Entry(
    id="1",
    seller_id="sam",
    name="Tea",
    description="",
    price=5,
    currency="EUR",
    category="food/tea/green",
    tags=(),
    sku=None,
    threshold=3,
    max_per_cart=9,
)


def test_what_is_on_show_stands_in_its_categories_and_its_sellers_lists():
    """Those above its category, too, and the seller's part of each."""
    paths = ("", "/c:food", "/c:food/tea", "/c:food/tea/green")
    assert shelves(ENTRY) == ["all", *(each[1:] for each in paths[1:]), *(f"s:sam{each}" for each in paths)]


def test_what_is_not_on_show_stands_where_its_managers_look():
    """For each reason; what is deleted stands nowhere."""
    hidden, disabled = replace(ENTRY, published=False), replace(ENTRY, disabled=True)
    assert shelves(hidden) == ["x:hidden", "x:hidden/s:sam"]
    assert shelves(disabled) == ["x:disabled", "x:disabled/s:sam"]
    assert shelves(replace(hidden, disabled=True)) == [*shelves(hidden), *shelves(disabled)]
    assert shelves(replace(hidden, deleted_at=datetime.now(UTC))) == []


@pytest.mark.parametrize(
    ("filters", "shelf", "place"),
    [
        (Filters(), "all", "all"),
        (Filters(category="food/tea"), "c:food/tea", "c:food/tea"),
        (Filters(category="food", seller_id="sam"), "s:sam/c:food", "s:sam/c:food"),
        (Filters(managing=True), None, "any"),
        (Filters(managing=True, seller_id="sam"), None, "mine:sam"),
        (Filters(managing=True, seller_id="sam", state="on_show"), "s:sam", "s:sam"),
        (Filters(managing=True, seller_id="sam", state="hidden"), "x:hidden/s:sam", "x:hidden/s:sam"),
        (Filters(managing=True, state="disabled"), "x:disabled", "x:disabled"),
        (Filters(managing=True, state="low"), None, "any"),
    ],
)
def test_a_question_is_about_one_list(filters: Filters, shelf: str | None, place: str):
    """In which every product that fits stands."""
    assert (filters.shelf, filters.place) == (shelf, place)
    if not filters.managing and not filters.seller_id:
        assert place in places_of(["all", "c:food", "c:food/tea"], "sam")


def test_categories_are_told_in_the_order_of_their_paths():
    """One right before those below it, whatever signs their names have."""
    counted = [("c:a b", 1), ("c:a/b", 2), ("c:a", 3), ("all", 9), ("s:sam/c:a", 3), ("c:gone", 0), ("c:a/b/c", 1)]
    found = category_counts(counted)
    assert [(each.category, each.name, each.depth) for each in found] == [
        ("a", "a", 0),
        ("a/b", "b", 1),
        ("a/b/c", "c", 2),
        ("a b", "a b", 0),
    ]
    assert found[0] == CategoryCount("a", 3)
