"""Ledgers at one hot product, simulated."""

import pytest

from bench.scale.contention import BatchCost, contended, cost_of

COST = BatchCost(fixed=0.005, each=0.0002)
BUYERS, ORDERS = 200, 4000


def test_one_ledger_has_nobody_to_conflict_with() -> None:
    """And commits no faster than its batches allow."""
    told = contended(1, BUYERS, ORDERS, COST)
    assert told.conflicts == 0
    assert told.batch > 1
    assert told.orders_per_s < 1 / COST.each


def test_ledgers_that_share_a_product_conflict_the_more_the_more_they_are() -> None:
    """The work of those who lose is done again."""
    conflicts = [contended(count, BUYERS, ORDERS, COST).conflicts for count in (1, 2, 8, 32)]
    assert conflicts == sorted(conflicts)
    assert conflicts[1] > 0


def test_many_ledgers_commit_less_than_one() -> None:
    """Their batches are small, and most are decided in vain: what a single owner of the product would spare."""
    assert contended(32, BUYERS, ORDERS, COST).orders_per_s < contended(1, BUYERS, ORDERS, COST).orders_per_s / 2


@pytest.mark.parametrize("ledgers", [2, 8, 32])
def test_nobody_starves(ledgers: int) -> None:
    """Those who wait longest wait a few times as long as they would if all took turns, and not fifteen times."""
    told = contended(ledgers, BUYERS, ORDERS, COST)
    in_turns = BUYERS / told.orders_per_s * 1000
    assert told.p99_ms < 10 * in_turns


def test_a_run_can_be_repeated() -> None:
    """Or two pages could not be compared."""
    assert contended(4, BUYERS, ORDERS, COST) == contended(4, BUYERS, ORDERS, COST)


def test_who_was_never_answered_counts_as_a_wait() -> None:
    """A ledger that always loses would else look like one that nobody asks."""
    assert contended(32, BUYERS, ORDERS, COST).p99_ms > contended(1, BUYERS, ORDERS, COST).p99_ms


def test_a_batch_costs_what_lies_on_the_line_through_the_measured_ones() -> None:
    """Ten milliseconds alone, thirty with a hundred others."""
    cost = cost_of(10.0, 30.0, 101, 7.0)
    assert cost.each == pytest.approx(0.0002)
    assert cost.fixed + cost.each == pytest.approx(0.010)
    assert cost.reading(101) + cost.writing(101) == pytest.approx(0.030)
    assert cost.pause == pytest.approx(0.007)
