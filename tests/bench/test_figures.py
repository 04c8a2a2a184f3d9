"""Percentiles, medians and spreads."""

from math import isnan

import pytest

from bench.figures import Results, percentile, spread, waits


@pytest.mark.parametrize(
    ("part", "expected"), [(0.0, 1.0), (0.01, 1.0), (0.5, 50.0), (0.501, 51.0), (0.99, 99.0), (1.0, 100.0)]
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(part: float, expected: float) -> None:
    """Nearest rank: of 1 to 100, the 99th percentile is 99."""
    assert percentile([float(n) for n in range(1, 101)], part) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    """It is no zero: that would look fast."""
    assert isnan(percentile([], 0.99))
    assert isnan(waits([])["p99_ms"])


def test_waits_are_told_in_milliseconds_whatever_their_order() -> None:
    """The slowest may come first."""
    assert waits([0.3, 0.1, 0.2]) == {
        "p50_ms": pytest.approx(200),
        "p99_ms": pytest.approx(300),
        "max_ms": pytest.approx(300),
    }


def test_of_several_runs_the_median_is_told_with_both_ends() -> None:
    """One slow run does not move it."""
    told = spread([10.0, 90.0, 11.0])
    assert (told.middle, told.least, told.most, told.runs) == (11.0, 10.0, 90.0, 3)


def test_what_was_not_measured_has_no_figure() -> None:
    """Neither a measurement that is missing nor a figure that it lacks."""
    results = Results({"ours": [{"per_s": 1.0}, {"per_s": 3.0, "lost": 2.0}]}, {}, {})
    assert results.middle("ours", "per_s") == 2.0
    assert isnan(results.middle("ours", "memory_kib"))
    assert isnan(results.middle("theirs", "per_s"))
    assert results.spread("theirs", "per_s").runs == 0


def test_faults_are_added_up_over_all_runs() -> None:
    """A median would hide what happened once."""
    results = Results({"ours": [{"lost": 0.0}, {"lost": 5.0}, {"lost": 0.0}]}, {}, {})
    assert results.total("ours", "lost") == 5.0
