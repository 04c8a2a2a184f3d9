"""Cursors of lists of orders, and what a text is looked for in."""

from datetime import UTC, datetime

import pytest

from models.folding import folded
from models.order_list import OrderFilter, Place, cursor_of, read_cursor
from tests.orders import NOON, new_id


@pytest.mark.parametrize(
    "at", [NOON, datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_a_place_survives_being_a_cursor(at: datetime):
    """To the millisecond, which is what is stored."""
    place = Place(at, new_id())
    assert read_cursor(cursor_of(place)) == place


def test_an_id_alone_is_a_cursor_of_before():
    """Clients have them; anything else is none."""
    order_id = new_id()
    assert read_cursor(order_id) == order_id
    for wrong in ("", "x", f"-{order_id}", f"fffffffffffff-{order_id}", f"ffffffffffff-{order_id}", order_id.upper()):
        assert read_cursor(wrong) is None, wrong


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("6b01ee83704c", "6b01ee83704c"),
        (" 6B01EE83 ", "6b01ee83"),
        ("6b01ee8", ""),
        ("40063813", ""),  # an article's number
        ("1" * 24, "1" * 24),
        ("1" * 25, ""),
        ("6b01ee83-", ""),
        ("cafe", ""),
    ],
)
def test_a_text_that_can_only_be_an_id_is_one(text: str, beginning: str):
    """Of eight digits, which are no number."""
    assert OrderFilter(view="all", text=text).beginning == beginning


def test_folding_takes_off_case_and_accents():
    """In any writing."""
    assert folded("ÉCLAIR Straße Ørsted ﬁn") == "eclair strasse orsted fin"
    assert folded("TEA (no. 5)") == "tea (no. 5)"
