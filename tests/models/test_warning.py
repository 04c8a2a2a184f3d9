"""Warnings of the end of a hold: when, and one for each end."""

from datetime import UTC, datetime, timedelta

import pytest

from models.identity import OwnerId
from models.warning import EndingHold, warning_before, warning_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = OwnerId("u:ada")


@pytest.mark.parametrize(("hold", "before"), [(600, 60), (61, 60), (60, 30), (10, 5), (1, 0.5), (0, 0)])
def test_a_warning_comes_a_minute_before_or_at_half_of_a_short_hold(hold: int, before: float) -> None:
    """Where holding is off there is nothing to warn of."""
    assert warning_before(timedelta(seconds=hold)) == timedelta(seconds=before)


def test_each_end_of_a_hold_has_one_warning() -> None:
    """A hold that was prolonged ends at another time, and is warned of once more."""
    end = NOON + timedelta(milliseconds=123)
    keys = [warning_of(EndingHold(ADA, at)).key for at in (end, end, end + timedelta(seconds=60))]
    assert keys[0] == keys[1] != keys[2]
    assert warning_of(EndingHold(OwnerId("s:bob"), end)).key != keys[0]


def test_a_warning_says_until_when_and_is_of_no_use_afterwards() -> None:
    """Neither as a mail nor to be repeated."""
    notice = warning_of(EndingHold(ADA, NOON, "ada@shop.test"))
    assert (notice.kind, notice.to, notice.until) == ("hold_expiring", ADA, NOON)
    assert notice.data == {"expires_at": "2026-01-01T12:00:00.000Z"}
    assert notice.letter
    assert (notice.letter.key, notice.letter.to, notice.letter.until) == (notice.key, "ada@shop.test", NOON)


def test_who_has_not_asked_for_it_gets_no_mail() -> None:
    """The shop's own pages tell them."""
    assert warning_of(EndingHold(ADA, NOON)).letter is None
