"""Cursors are good for the question that they were an answer to, and for no other."""

import string
from base64 import urlsafe_b64encode

import orjson
import pytest

from ivorycart.finding import cursor
from models.errors import Invalid
from models.finding import Filters, Position

HERE = Position(1200, "a" * 24)
FILTERS = Filters(category="home", min_price=3)


@pytest.mark.parametrize("key", [None, 0, 2**63 - 1, -(2**63), "Ärger 🫖", "x" * 200, "\u20ac" * 200])
def test_a_cursor_is_read_as_it_was_written(key: int | str | None):
    """Whatever the key is, and within the length that a request may have."""
    place = Position(key, "b" * 24)
    text = cursor.write(place, sort="name", filters=FILTERS, words="tea")
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    assert len(text) <= cursor.MAX_LENGTH
    assert cursor.read(text, sort="name", filters=FILTERS, words="tea") == place


def test_a_cursor_of_another_question_is_refused():
    """Another sort, other filters, other words."""
    text = cursor.write(HERE, sort="price", filters=FILTERS, words=None)
    for sort, filters, words in (
        ("-price", FILTERS, None),
        ("price", Filters(category="home"), None),
        ("price", Filters(category="home", min_price=3, managing=True), None),
        ("price", FILTERS, "tea"),
    ):
        with pytest.raises(Invalid):
            cursor.read(text, sort=sort, filters=filters, words=words)  # type: ignore[arg-type]


def test_a_cursor_that_was_tampered_with_is_refused():
    """Any letter of it."""
    text = cursor.write(HERE, sort="price", filters=FILTERS, words=None)
    for place in range(len(text) - 1):  # the last letter has bits that mean nothing
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(Invalid):
            cursor.read(other, sort="price", filters=FILTERS, words=None)


@pytest.mark.parametrize("key", [2**63, 2**64 - 1, -(2**63) - 1])
def test_a_number_that_no_list_has_is_refused(key: int):
    """However well it is forged: the database cannot compare with it."""
    text = cursor.write(Position(min(max(key, 0), 2**64 - 1), "b" * 24), sort="price", filters=FILTERS, words=None)
    if key < 0:
        text = urlsafe_b64encode(orjson.dumps([0, "b" * 24, ""]).replace(b"[0", b"[%d" % key)).decode()
    with pytest.raises(Invalid):
        cursor.read(text, sort="price", filters=FILTERS, words=None)


@pytest.mark.parametrize(
    "text", ["", "f" * 24, "é", "W10", "bnVsbA", "e30", "=" * 9, "WzEsMl0", "A" * 2000, "WzEsMiwzXQ"]
)
def test_what_is_no_cursor_is_refused(text: str):
    """Never an error of another kind."""
    with pytest.raises(Invalid):
        cursor.read(text, sort="price", filters=FILTERS, words=None)
