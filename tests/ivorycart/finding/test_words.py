"""What counts as a word."""

import pytest

from ivorycart.finding.words import LONGEST, sku_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Desk Lamp, 3.5 l", ["desk", "lamp", "3", "5", "l"]),
        ("Grüße aus Köln", ["grusse", "aus", "koln"]),
        ("CRÈME brûlée", ["creme", "brulee"]),
        ("Straße", ["strasse"]),
        ("Łódź ØRE", ["lodz", "ore"]),
        ("ﬁne Ｗide", ["fine", "wide"]),  # noqa: RUF001 - a ligature and a full-width letter
        ("Ёлка", ["елка"]),
        ("日本茶 set", ["日", "本", "茶", "set"]),
        ("🫖 pot", ["🫖", "pot"]),
        ('*.* AND name:lamp "x" (a+)+$', ["and", "name", "lamp", "x", "a"]),
        ("snake_case-kebab", ["snake", "case", "kebab"]),
        ("", []),
        ("*", []),
        ("\u200d\u0301", []),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(text: str, words: list[str]):
    """In writing without spaces every character is one, and so is a symbol such as an emoji."""
    assert words_of(text) == words


def test_words_are_cut_where_nobody_types_on():
    """What is compared is never long."""
    assert words_of("a" * 10_000) == ["a" * LONGEST]
    assert words_of("ä" * 10_000) == ["a" * LONGEST]


def test_a_sku_is_compared_whole():
    """With its punctuation, without case."""
    assert sku_of(" Ab-12/X  y ") == "ab-12/x y"
