"""Tests are short, or whole where the fault suite runs them; `test_faults.py` has it run these."""

import os

import pytest

from bench.faults.by_tests import WHOLE
from tests.extent import Ran, extent


def test_a_test_is_short_unless_it_is_asked_to_be_whole(monkeypatch: pytest.MonkeyPatch, ran: Ran) -> None:
    """And says what it was."""
    ran("clients", extent(20, 2000))
    for asked, size in (("", 1), ("1", 3)):
        monkeypatch.setenv(WHOLE, asked)
        assert extent(1, 3) == size
    monkeypatch.delenv(WHOLE)
    assert extent(1, 3) == 1


def test_what_was_asked_for_is_there_for_all(ran: Ran) -> None:
    """Each of the tests of a row; of what they ran, the least counts."""
    assert extent(1, 2) == (2 if os.environ.get(WHOLE) else 1)
    ran("clients", extent(10, 1000))
