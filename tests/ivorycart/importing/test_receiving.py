"""Taking files in: bounded in rows, and never silent for long while somebody sends."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from ivorycart.importing.receiving import MAX_ROWS, PORTION, PORTION_SIZE, Receiving
from models.errors import Conflict, Invalid
from models.imports import Import, Row

SENT: Any = {"seller_id": "s", "actor": "u:s", "file_format": "csv", "dry_run": False}


class Book:
    """Keeps how many rows were stored at a time; may have given the import up."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.given_up: str | None = None
        self.is_over = False
        self.failed: str | None = None

    async def begin(self, **_: Any) -> Any:
        """Begin one."""
        return type("Job", (), {"id": "i", "file_format": "csv"})

    async def stage(self, _job: Import, rows: Sequence[Row]) -> bool:
        """Keep rows."""
        self.stored.append(len(rows))
        return not self.is_over

    async def received(self, job: Import) -> Any:
        """Say that it is whole."""
        return None if self.is_over else job

    async def get(self, _import_id: str) -> Any:
        """Return it as it is now."""
        return type("Job", (), {"reason": self.given_up})

    async def fail(self, _job: Import, reason: str) -> bool:
        """Note why."""
        self.failed = reason
        return True


async def file_of(rows: int, cell: str = "x", at_once: int = 1) -> AsyncIterator[bytes]:
    """Yield a file, some rows at a time."""
    yield b"sku,description\n"
    for first in range(0, rows, at_once):
        yield "".join(f"{number},{cell}\n" for number in range(first, min(rows, first + at_once))).encode()


def receiving(book: Any, **options: Any) -> Receiving:
    """Take files in."""
    return Receiving(book, **options)


async def test_a_file_has_a_last_row():
    """One more is refused at its line, by whatever pieces it comes in; the limit is the one that is documented."""
    for at_once in (1, 7, 5000):
        book = Book()
        await receiving(book, max_rows=1200).receive(file_of(1200, at_once=at_once), **SENT)
        assert sum(book.stored) == 1200
        with pytest.raises(Invalid, match="line 1202: a file has at most 1200 rows"):
            await receiving(book, max_rows=1200).receive(file_of(1201, at_once=at_once), **SENT)
        assert book.failed == "line 1202: a file has at most 1200 rows"
    assert MAX_ROWS == 200_000
    assert receiving(Book()).max_rows == MAX_ROWS


async def test_what_is_stored_at_once_is_bounded_by_rows_and_by_bytes():
    """Long rows are stored sooner."""
    book = Book()
    await receiving(book).receive(file_of(1200, at_once=300), **SENT)
    assert book.stored == [PORTION, PORTION, 200]
    book = Book()
    await receiving(book).receive(file_of(200, "x" * 9000, at_once=3), **SENT)
    assert max(book.stored) <= PORTION_SIZE // 9000 + 4


async def test_a_slow_file_is_stored_by_time_as_well():
    """With each piece, here: so its import is never silent, though hardly anything comes."""
    book = Book()

    async def slow() -> AsyncIterator[bytes]:
        yield b"sku\n"
        for piece in (b"A", b"B", b"C\n", b"D\nE\n"):
            yield piece

    await receiving(book, stored_every=0).receive(slow(), **SENT)
    assert book.stored == [0, 0, 0, 1, 2, 0]


@pytest.mark.parametrize("reason", [None, "the file did not come in whole"])
@pytest.mark.parametrize("stored_every", [0, 1000])
async def test_the_sender_hears_why_a_file_was_given_up(reason: str | None, stored_every: float):
    """At the next piece, or at the end."""
    book = Book()
    book.is_over, book.given_up = True, reason
    with pytest.raises(Conflict, match=reason or "this import was cancelled"):
        await receiving(book, stored_every=stored_every).receive(file_of(3), **SENT)
