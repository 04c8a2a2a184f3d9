"""Reading a file of rows as it comes in: bytes are pushed in, rows come out, and no more than one row is kept.

What is wrong with a row is told in the row, and the next ones are read all the same. What makes the file as a whole
unreadable (its encoding, its header, a row without an end) raises ``Unreadable``.
"""

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ivorycart.importing.cells import IGNORED, KNOWN
from models.errors import Invalid
from models.imports import FileFormat, Row, RowError

MAX_ROW = 1024 * 1024  # characters
_SEPARATORS = (",", ";", "\t")
_MAX_ERRORS = 20


class Unreadable(Invalid):
    """A file that cannot be read beyond a line; the message names it."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"line {line}: {detail}", line=line)


class Rows:
    """The rows of one file. ``feed`` and ``finish`` return what can be read by then."""

    def __init__(self, file_format: FileFormat) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._rest = ""
        self._lines = 0
        self._records: _Records = CsvRecords() if file_format == "csv" else JsonRecords()

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Return the rows that end in a chunk."""
        *lines, self._rest = (self._rest + self._decode(chunk)).split("\n")
        if len(self._rest) > MAX_ROW:
            raise self._too_long()
        for line in lines:
            yield from self._take(line + "\n")

    def finish(self) -> Iterator[Row]:
        """Return the last row; a file without a header is none."""
        self._rest += self._decode(b"", final=True)
        if self._rest:
            yield from self._take(self._rest)
        yield from self._records.end(self._lines)

    def _take(self, line: str) -> Iterable[Row]:
        self._lines += 1
        if len(line) > MAX_ROW:
            raise self._too_long()
        return self._records.take(self._lines, line)

    def _decode(self, chunk: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            line = self._lines + 1 + chunk.count(b"\n", 0, max(0, error.start))
            raise Unreadable(line, "is not UTF-8: save the file in that encoding") from error

    def _too_long(self) -> Unreadable:
        return Unreadable(self._lines + 1, f"is longer than {MAX_ROW} characters")


class _Records(Protocol):
    def take(self, number: int, line: str) -> Iterable[Row]: ...

    def end(self, lines: int) -> Iterable[Row]: ...


class CsvRecords:
    """Comma-separated values (RFC 4180); semicolons and tabs separate as well, if the header's names are so."""

    def __init__(self) -> None:
        self._separator = ","
        self._header: Sequence[str] = ()
        self._lines: list[str] = []
        self._size = 0
        self._began = 0
        self._quoted = False

    def take(self, number: int, line: str) -> Iterable[Row]:
        """Return the row that ends with a line; a cell in quotes may go over many."""
        if not self._header:
            self._header = self._read_header(number, line)
            return ()
        if not self._lines:
            if not line.strip():
                return ()
            self._began = number
        self._lines.append(line)
        self._size += len(line)
        if self._size > MAX_ROW:
            raise Unreadable(self._began, f"is longer than {MAX_ROW} characters: is a quote open that nothing closes?")
        self._quoted = ends_quoted(line, self._separator, quoted=self._quoted)
        return () if self._quoted else (self._row(),)

    def end(self, lines: int) -> Iterable[Row]:
        """Refuse what has no end, or no beginning."""
        if not self._header:
            raise Unreadable(max(1, lines), "there is no header: the first line names the columns")
        return (self._row(),) if self._lines else ()

    def _read_header(self, number: int, line: str) -> list[str]:
        self._separator = max(_SEPARATORS, key=line.count)
        try:
            (cells,) = csv.reader([line], delimiter=self._separator, strict=True)
        except (csv.Error, ValueError) as error:
            raise Unreadable(number, "there is no header: the first line names the columns") from error
        header = [cell.strip().lower() for cell in cells]
        if unknown := [cell for cell in header if cell not in KNOWN]:
            raise Unreadable(number, f"unknown column {unknown[0][:50]!r}: known are {', '.join(KNOWN)}")
        if len(set(header)) < len(header):
            raise Unreadable(number, "a column stands twice")
        if "sku" not in header:
            raise Unreadable(number, "there is no column sku, by which products are known")
        return header

    def _row(self) -> Row:
        number, lines = self._began, self._lines
        self._lines, self._size, self._quoted = [], 0, False
        try:
            (cells,) = csv.reader(lines, delimiter=self._separator, strict=True)
        except csv.Error as error:
            return _wrong(number, f"is not CSV: {error}")
        if len(cells) != len(self._header):
            return _wrong(number, f"has {len(cells)} cells, but the header has {len(self._header)}")
        named = {name: cell for name, cell in zip(self._header, cells, strict=True) if cell.strip() or name == "sku"}
        return _row_of(number, named, from_text=True)


def ends_quoted(line: str, separator: str, *, quoted: bool) -> bool:
    """Whether a cell in quotes is still open at a line's end. A quote within a bare cell is a character like others."""
    at = 0
    while True:
        if quoted:
            at = line.find('"', at) + 1
            if not at:
                return True
            if line.startswith('"', at):  # a doubled one is a character of the cell
                at += 1
                continue
            quoted = False
        elif line.startswith('"', at):
            quoted, at = True, at + 1
            continue
        at = line.find(separator, at) + 1
        if not at:
            return False


class JsonRecords:
    """JSON Lines: an object on each line."""

    def take(self, number: int, line: str) -> Iterable[Row]:
        """Return the row of a line."""
        if not line.strip():
            return ()
        try:
            value = json.loads(line, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_whole)
        except (ValueError, RecursionError):
            return (_wrong(number, "is not a JSON object that can be read in one way only"),)
        if not isinstance(value, dict):
            return (_wrong(number, "is not a JSON object"),)
        if unknown := [name for name in value if name not in KNOWN]:
            return (_wrong(number, f"unknown field {unknown[0][:50]!r}: known are {', '.join(KNOWN)}"),)
        return (_row_of(number, {name: each for name, each in value.items() if each is not None}, from_text=False),)

    def end(self, _lines: int) -> Iterable[Row]:
        """Return what is left: nothing ever is."""
        return ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_LONGEST_NUMBER = 17


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(text)


def _row_of(line: int, named: Mapping[str, Any], *, from_text: bool) -> Row:
    values, errors = {}, []
    for name, given in named.items():
        if name == IGNORED:
            continue
        column = KNOWN[name]
        try:
            values[name] = column.check(column.read(given) if from_text else given)
        except ValueError as error:
            errors.append(RowError(name, str(error)))
    sku = values.pop("sku", None)
    if sku is None and not any(each.column == "sku" for each in errors):
        errors.append(RowError("sku", "must be named: products are known by it"))
    return Row(line, sku, values, tuple(errors[:_MAX_ERRORS]))


def _wrong(line: int, detail: str) -> Row:
    return Row(line, None, {}, (RowError(None, detail),))
