"""Which part of the page a command writes, and that it leaves all else alone."""

from pathlib import Path

import pytest

from bench.page import BrokenPage, check, markers, replaced, write

BEGIN, END = markers("goals")
PAGE = f"# Benchmarks\n\nProse.\n\n{BEGIN}\n\nold figures\n\n{END}\n\nMore prose.\n"


def test_only_what_is_between_the_markers_is_written_anew() -> None:
    """The prose before and after it stays, to the letter."""
    assert replaced(PAGE, "goals", "new figures\n") == PAGE.replace("old figures", "new figures")


def test_writing_twice_is_writing_once() -> None:
    """No empty lines gather."""
    once = replaced(PAGE, "goals", "new figures")
    assert replaced(once, "goals", "new figures") == once


def test_the_parts_of_one_page_do_not_touch_each_other() -> None:
    """Each command has its own."""
    both = replaced(PAGE, "ledger", "orders")
    assert "old figures" in both
    assert "orders" in replaced(both, "goals", "new figures")


def test_a_page_that_is_not_there_is_made(tmp_path: Path) -> None:
    """With the part alone; a second part goes to its end."""
    path = tmp_path / "page.md"
    write(path, "goals", "figures")
    assert path.read_text() == f"{BEGIN}\n\nfigures\n\n{END}\n"
    write(path, "ledger", "orders")
    assert path.read_text().index("figures") < path.read_text().index("orders")


@pytest.mark.parametrize("page", [f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n", PAGE + BEGIN, PAGE + END, PAGE + PAGE])
def test_a_page_with_broken_markers_is_refused_before_anything_is_measured(page: str, tmp_path: Path) -> None:
    """Otherwise prose would be lost, or many minutes."""
    path = tmp_path / "page.md"
    path.write_text(page)
    with pytest.raises(BrokenPage, match="one line"):
        check(path, "goals")
    assert path.read_text() == page


def test_a_page_in_no_folder_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """A slip of the pen in the path."""
    with pytest.raises(BrokenPage, match="no folder"):
        check(tmp_path / "dosc" / "page.md", "goals")
