"""Files of products: what is written is read again as it was, and what is hostile is refused in words."""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from bson import encode
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from handlers.payloads import selling
from handlers.payloads.fields import Quantity
from ivorycart.importing import records
from ivorycart.importing.cells import COLUMNS, KNOWN, escape, join_tags, split_tags, unescape
from ivorycart.importing.exporting import BOM, Exporting, csv_of
from ivorycart.importing.records import Rows, Unreadable
from models.catalogue import Listing
from models.entry import tags_of
from models.imports import FileFormat, Row
from models.stock import Level, Product

RISKY = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30) | st.text(
    st.sampled_from([*RISKY, *"'\",;|\\a \u2028\x1f"]), max_size=12
)
LINE = TEXT.map(lambda text: "".join(each for each in text if ord(each) >= 32 and ord(each) != 127))
NAME = LINE.map(str.strip).filter(bool)


def read_all(content: bytes, file_format: FileFormat = "csv", size: int = 7) -> list[Row]:
    """Read a file that comes in small pieces."""
    rows = Rows(file_format)
    found: list[Row] = []
    for start in range(0, len(content), size):
        found += rows.feed(content[start : start + size])
    return [*found, *rows.finish()]


def wrong(rows: Sequence[Row]) -> list[tuple[int, str | None]]:
    """Return where something is wrong."""
    return [(row.line, error.column) for row in rows for error in row.errors]


@given(TEXT)
def test_taking_the_escape_away_is_exact(text: str):
    """And nothing that is escaped begins like a formula."""
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(tuple(RISKY))


@given(st.lists(LINE, min_size=1))
def test_tags_are_one_cell_and_tags_again(tags: list[str]):
    """Whatever they contain, the separator too."""
    assert split_tags(join_tags(tuple(tags))) == tags


@given(
    st.lists(
        st.tuples(NAME, NAME, TEXT, st.integers(0, 10**12), st.lists(LINE, max_size=3), st.integers(0, 99)), max_size=4
    ),
    st.sampled_from(["csv", "jsonl"]),
)
async def test_what_is_exported_is_imported_as_what_it_was(products: Any, file_format: FileFormat):
    """Hostile texts, too; an empty cell stands for what is there."""
    listings = [listing(number, *each) for number, each in enumerate(products)]
    chunks = [chunk async for chunk in Exporting(Shelf(listings)).export(None, file_format)]
    rows = read_all(b"".join(chunks), file_format)
    assert wrong(rows) == []
    for each, row in zip(listings, rows, strict=True):
        entry = each.product
        assert row.sku == each.sku
        got = {"description": "", "tags": [], "category": "", **row.values}
        description = each.description if file_format == "jsonl" or escape(each.description).strip() else ""
        assert got == {
            "name": entry.name,
            "description": description,
            "price": entry.price,
            "currency": "EUR",
            "category": "tea",
            "tags": list(each.tags),
            "stock": each.level.stock,
            "threshold": 3,
            "max_per_cart": 9,
            "published": True,
        }


class Shelf:
    """Products in memory."""

    def __init__(self, listings: list[Listing]) -> None:
        self.listings = listings

    async def owned(self, seller_id: str | None, *, limit: int, after: str | None) -> Sequence[Listing]:
        """Return all on the first page."""
        return self.listings


def listing(number: int, sku: str, name: str, description: str, price: int, tags: list[str], stock: int) -> Listing:
    """Make a product."""
    product = Product(str(number), name, price, "EUR", "seller", 3, 9, for_sale=True)
    level = Level(stock, 0, 1, 0)
    return Listing(
        product,
        level,
        description,
        "tea",
        tags_of(tags),
        f"{number}{sku}"[:64],
        published=True,
        images=(),
        created_at=None,
    )


def test_an_exported_file_is_as_spreadsheets_want_it():
    """With a mark, lines ended by CR and LF, text in quotes, and numbers bare, also negative ones."""
    content = csv_of([{"a": "=1+1", "b": -5, "c": True, "d": None}], ("a", "b", "c", "d"))
    assert content == b'"\'=1+1",-5,"true",""\r\n'
    assert BOM == b"\xef\xbb\xbf"
    assert next(csv.reader(io.StringIO(content.decode())))[0] == "'=1+1"


HEADER = b"sku,name,description,price\r\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", BOM])
def test_what_separates_cells_is_found_in_the_header(separator: str, mark: bytes):
    """Excel writes what its country is used to."""
    lines = [["SKU", " Description ", "price"], ["A", 'x "y"', "5"], [], ["B", "a,b;c\td\nsecond", "6"]]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator).writerows(lines)
    rows = read_all(mark + file.getvalue().encode())
    assert [(row.line, row.sku, row.values) for row in rows] == [
        (2, "A", {"description": 'x "y"', "price": 5}),
        (4, "B", {"description": "a,b;c\td\nsecond", "price": 6}),
    ]


@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=5), st.integers(1, 9))
def test_rows_end_where_the_csv_module_says(cells: list[list[str]], size: int):
    """However the pieces are cut, and whatever stands in quotes."""
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["sku", "description", "name"], *cells])
    rows = read_all(file.getvalue().encode(), size=size)
    assert [row.values.get("description", "") for row in rows if not row.errors] == [
        unescape(row[1]) if row[1].strip() else ""
        for row in cells
        if sound(KNOWN["sku"], row[0]) and (not row[2].strip() or sound(KNOWN["name"], row[2]))
    ]


def sound(column: Any, cell: str) -> bool:
    """Whether a cell is one of that column."""
    try:
        column.check(column.read(cell))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header"),
        (b"\n", "no column sku"),
        (b"name,price\nA,1\n", "no column sku"),
        (b"sku,colour\n", "unknown column 'colour': known are sku, name"),
        (b"sku,sku\n", "twice"),
        ("sku,näme".encode("latin-1"), "line 1: is not UTF-8"),
        (HEADER + b"A,b,c,1\n" * 3 + b"\xff", "line 5: is not UTF-8"),
        (HEADER + "A,b,c,1".encode("utf-16"), "not UTF-8"),
        (HEADER + b"\xed\xa0\x80,b,c,1", "not UTF-8"),
        (HEADER + b'A,"' + b"x\n" * (records.MAX_ROW // 2), "line 2: is longer"),
        (HEADER + b"A," + b"x" * records.MAX_ROW + b"x", "line 2: is longer"),
        (b"\x1f\x8b\x08\x00\x00", "not UTF-8"),
        (b'"sku\n', "no header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_line(content: bytes, message: str):
    """With words that help."""
    with pytest.raises(Unreadable, match=re.escape(message)):
        read_all(content, size=60_000)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"A,b,c", None),
        (b"A,b,c,1,2", None),
        (b'A,"b"x,c,1', None),
        (b'A,"b', None),
        (b"A,b\rc,d,1", None),
        (b"A,b," + b"x" * 200_000 + b",1", None),
        (b",b,c,1", "sku"),
        (b"   ,b,c,1", "sku"),
        (b"A" * 65 + b",b,c,1", "sku"),
        (b"A,b\x00,c,1", "name"),
        (b"A,b,c,-1", "price"),
        (b"A,b,c,1.5", "price"),
        (b"A,b,c,1e3", "price"),
        (b"A,b,c," + b"9" * 5000, "price"),
        ("A,b,c,\u0663".encode(), "price"),
        (b"A,b,c,=1", "price"),
        (b"A,b," + b"x" * 10_001 + b",1", "description"),
    ],
)
def test_a_row_that_is_wrong_says_where_and_the_next_is_read(line: bytes, column: str | None):
    """By line and column."""
    rows = read_all(HEADER + line + b"\nB,fine,,1\n", size=50_000)
    assert wrong(rows)[0] == (2, column)
    assert line == b'A,"b' or rows[-1] == Row(3, "B", {"name": "fine", "price": 1})


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("[]", None),
        ("{", None),
        ('{"sku": "A", "sku": "A"}', None),
        ('{"sku": "A", "price": NaN}', None),
        ('{"sku": "A", "price": 1e999}', "price"),
        ('{"sku": "A", "price": 1e99999999999999999999}', "price"),
        ('{"sku": "A", "price": -1e-99999999999999999999}', "price"),
        ('{"sku": "A", "stock": 0.' + "3" * 5000 + "}", "stock"),
        ('{"sku": "A", "price_decimal": "' + "1" * 31 + '"}', "price_decimal"),
        ('{"sku": "A", "price": ' + "9" * 5000 + "}", None),
        ("[" * 5000, None),
        ('{"sku": "A", "colour": 1}', None),
        ('{"name": "A"}', "sku"),
        ('{"sku": 5}', "sku"),
        ('{"sku": "\\ud800"}', "sku"),
        ('{"sku": "A", "name": "\\u0000"}', "name"),
        ('{"sku": "A", "name": {"$ne": null}}', "name"),
        ('{"sku": "A", "price": true}', "price"),
        ('{"sku": "A", "price": 1.0}', "price"),
        ('{"sku": "A", "price_decimal": 1.5}', "price_decimal"),
        ('{"sku": "A", "published": "yes"}', "published"),
        ('{"sku": "A", "tags": "a|b"}', "tags"),
        ('{"sku": "A", "tags": [1]}', "tags"),
        ('{"sku": "A", "category": "a//b"}', "category"),
        ('{"sku": "A", "currency": "eur"}', "currency"),
    ],
)
def test_a_line_of_json_that_is_wrong_says_where(line: str, column: str | None):
    """And the next one is read."""
    rows = read_all(f'{line}\n\n{{"sku": "B", "stock": 1, "id": 5, "name": null}}'.encode(), "jsonl", 5000)
    assert wrong(rows)[0] == (1, column)
    assert rows[-1] == Row(3, "B", {"stock": 1})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=9)
    | st.from_regex(r"-?[0-9]{1,30}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,30})?"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KNOWN, "x"]), inner, max_size=5),
    max_leaves=9,
)


@given(st.lists(st.dictionaries(st.sampled_from([*KNOWN, "x"]), JSON, max_size=6) | JSON | TEXT, max_size=5))
def test_each_line_of_json_is_a_row_whatever_stands_in_it(values: list[Any]):
    """Right or wrong; numbers are written in every way in which they can be. What is right can be kept."""
    lines = [re.sub(r"[\n\r]", "", written(value)) for value in values]
    rows = read_all("\n".join(lines).encode("utf-8", "replace"), "jsonl")
    assert [row.line for row in rows] == [number for number, line in enumerate(lines, 1) if line.strip()]
    for row in rows:
        encode({"sku": row.sku, "values": dict(row.values), "errors": [error.detail for error in row.errors]})


def written(value: Any) -> str:
    """Write JSON, with texts that look like numbers as numbers."""
    return re.sub(r'"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"(?!:)', r"\1", json.dumps(value))


TYPES: dict[str, Any] = {
    "sku": selling.Sku,
    "name": selling.Name,
    "description": selling.Description,
    "price": selling.Price,
    "currency": selling.Currency,
    "tags": selling.Tags,
    "stock": Quantity,
    "threshold": selling.Threshold,
    "max_per_cart": selling.MaxPerCart,
    "published": bool,
}


@pytest.mark.parametrize("name", TYPES)
@given(
    value=TEXT
    | st.integers(-2, 2)
    | st.sampled_from([10**6, 10**6 + 1, 2**31 - 1, 2**31, 10**12, 10**12 + 1, "x" * 65, "x" * 201, "EUR", "", " "])
    | st.sampled_from(["x" * 10_000, "x" * 10_001, ["a"] * 21, ["a"] * 20, ["x" * 51], ["x" * 50], True, 1.5, None, {}])
    | st.lists(LINE, max_size=3)
)
def test_a_cell_may_hold_what_the_api_lets_in(name: str, value: Any):
    """The two have the same limits."""
    try:
        TypeAdapter(TYPES[name]).validate_python(value, strict=True)
        fine = True
    except ValidationError:
        fine = False
    try:
        KNOWN[name].check(value)
    except ValueError:
        assert not fine, value
    else:
        assert fine, value


def test_a_price_in_a_cell_may_have_its_decimals():
    """All of them; what has others, or a comma that may group thousands, is neither the one nor the other."""
    rows = read_all(b"sku,price\nA,12.50\nB,1250\nC,12.5\nD,1.250\nE,1250.\n")
    assert [row.values.get("price") for row in rows] == ["12.50", 1250, None, "1.250", None]
    assert [row.values.get("price") for row in read_all(b"sku;price\nA;12,50\nB;1,250\n")] == ["12,50", None]


def test_all_columns_of_an_export_are_known():
    """So that it can be imported."""
    assert set(COLUMNS) == set(KNOWN) - {"price_decimal"}
