"""Reading JSON that means one thing, and naming what is wrong with it."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import Field

from handlers.errors import Malformed
from handlers.payloads.fields import Request
from handlers.reading import MAX_DEPTH, MAX_ERRORS, parse_json, read, whole_numbers
from models.errors import Invalid

NUMBERS = some.integers(-(2**70), 2**70) | some.floats(allow_nan=False, allow_infinity=False)
TEXTS = some.text(some.characters(codec="utf-8"))
VALUES = some.recursive(
    some.none() | some.booleans() | NUMBERS | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


class Leaf(Request):
    """Something small."""

    number: int


class Tree(Request):
    """Something with parts."""

    leaves: list[Leaf] = Field(default_factory=list)
    tilde: dict[str, int] = Field(default_factory=dict)


@settings(deadline=None)
@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_said(value: Any) -> None:
    """Numbers, texts in any script, lists and objects come back equal, with their types."""
    again = parse_json(json.dumps(value).encode())
    assert (again, type(again)) == (value, type(value))


@settings(deadline=None)
@given(some.binary(max_size=200))
def test_bytes_are_read_or_malformed(body: bytes) -> None:
    """Whatever comes, there is no third way."""
    try:
        parse_json(body)
    except Malformed as refusal:
        assert refusal.message  # noqa: PT017 - either outcome is right


@settings(deadline=None)
@given(VALUES, some.integers(min_value=0))
def test_what_is_cut_off_is_malformed_or_another_number(value: Any, at: int) -> None:
    """An object or list that does not end is never taken for a whole one."""
    text = json.dumps([value]).encode()
    with pytest.raises(Malformed):
        parse_json(text[: at % len(text)])


def test_nesting_has_a_limit() -> None:
    """Far above what is ever sent, far below what would exhaust a recursive reader."""
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    for deep in (MAX_DEPTH + 1, 990, 1010, 100_000):
        with pytest.raises(Malformed):
            parse_json(b"[" * deep + b"]" * deep)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ([], ""),
        (None, ""),
        ("text", ""),
        ({"leaves": {}}, "/leaves"),
        ({"leaves": [{"number": 1}, {"number": "1"}]}, "/leaves/1/number"),
        ({"leaves": [{}]}, "/leaves/0/number"),
        ({"a/b": 1}, "/a~1b"),
        ({"a~b": 1}, "/a~0b"),
        ({"~1": 1}, "/~01"),
        ({"": 1}, "/"),
        ({"tilde": {"~/": "x"}}, "/tilde/~0~1"),
    ],
)
def test_a_bad_field_is_named_by_its_pointer(value: Any, pointer: str) -> None:
    """RFC 6901: `~` is written `~0` and `/` is written `~1`."""
    with pytest.raises(Invalid) as refused:
        read(Tree, value)
    assert [each["pointer"] for each in refused.value.details["errors"]] == [pointer]


@pytest.mark.parametrize("number", [1.0, True, "1", None, [1]])
def test_nothing_is_converted(number: Any) -> None:
    """A whole number is written as one; JSON's 1.0 is none here."""
    with pytest.raises(Invalid):
        read(Leaf, {"number": number})


def test_what_is_told_of_errors_is_bounded() -> None:
    """The answer to a large bad body is not a larger one."""
    with pytest.raises(Invalid) as refused:
        read(Tree, {"leaves": [{"number": "x"}] * 5000})
    assert len(refused.value.details["errors"]) == MAX_ERRORS


class Question(Request):
    """Numbers in every way in which a bound and "or nothing" can be written."""

    plain: int = 0
    bounded: Annotated[int, Field(ge=1)]
    maybe: int | None = None
    maybe_bounded: Annotated[int, Field(ge=1)] | None = None
    bounded_maybe: Annotated[int | None, Field(ge=1)] = None
    of_another_name: Annotated[int | None, Field(alias="from")] = None
    text: Annotated[str, Field(max_length=3)] | None = None
    choice: Literal["1", "2"] | None = None


def test_whole_numbers_are_known_however_they_are_written() -> None:
    """By the names that clients use."""
    numbers = {"plain", "bounded", "maybe", "maybe_bounded", "bounded_maybe", "from"}
    assert whole_numbers(Question) == numbers


class Fruit(Request):
    """One case of a choice."""

    kind: Literal["fruit"]
    seeds: int


class Stone(Request):
    """The other one."""

    kind: Literal["stone"]
    weights: list[Leaf] = Field(default_factory=list)


Choice = Annotated[Fruit | Stone, Field(discriminator="kind")]


class Bag(Request):
    """Something with choices."""

    first: Choice
    more: list[Choice] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"first": {"kind": "fruit", "seeds": "x"}}, "/first/seeds"),
        ({"first": {"kind": "fruit"}}, "/first/seeds"),
        ({"first": {"kind": "fruit", "seeds": 1, "peel": 1}}, "/first/peel"),
        ({"first": {"kind": "stone", "weights": [{"number": "x"}]}}, "/first/weights/0/number"),
        ({"first": {"kind": "egg"}}, "/first"),
        ({"first": 1}, "/first"),
        ({"first": {"kind": "stone"}, "more": [{"kind": "fruit", "seeds": None}]}, "/more/0/seeds"),
    ],
)
def test_a_pointer_leads_to_what_was_sent_through_choices_as_well(value: Any, pointer: str) -> None:
    """Which case was chosen is no part of the way."""
    with pytest.raises(Invalid) as caught:
        read(Bag, value)
    assert [each["pointer"] for each in caught.value.details["errors"]] == [pointer]
