"""From figures to what one more costs, and how they are kept."""

from math import isnan, nan
from pathlib import Path

import pytest

from bench.figures import Results
from bench.scale import kept, learned, plan
from bench.scale.size import QUICK

RUNS = Results({plan.CROWDS: [{"app_us@10": 110.0, "app_us@20": 210.0, "p50_ms@10": 1.0}]}, {}, {})


def test_one_more_costs_the_slope_of_the_line() -> None:
    """Whatever the first costs."""
    assert learned.points(RUNS, plan.CROWDS, "app_us") == [(10.0, 110.0), (20.0, 210.0)]
    assert learned.slope(learned.points(RUNS, plan.CROWDS, "app_us")) == pytest.approx(10)


def test_what_was_measured_once_has_no_slope() -> None:
    """It is said to be missing, not to cost nothing."""
    assert isnan(learned.slope([(1.0, 2.0)]))
    assert isnan(learned.slope([]))


def test_noise_does_not_make_one_more_a_gain() -> None:
    """A line that falls says that it costs nothing that can be seen."""
    assert learned.slope([(1.0, 5.0), (2.0, 4.0)]) == 0


def test_what_was_not_measured_leaves_the_costs_unknown() -> None:
    """No model without them."""
    costs = learned.costs_of(RUNS, QUICK)
    assert costs.frame_us == pytest.approx(10)
    assert isnan(costs.order_app_us)


def test_figures_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """With how they were measured; what is no number stays none."""
    path = tmp_path / "scaling" / "figures.json"
    kept.write(path, Results({"one": [{"a": 1.5, "b": nan}], "two": []}, {}, {"two": ["failed"]}), {"one": "quietly"})
    results, how = kept.read(path)
    assert how == {"one": "quietly"}
    assert list(results.runs) == ["one"]
    assert results.runs["one"][0]["a"] == 1.5
    assert isnan(results.runs["one"][0]["b"])


def test_a_part_that_is_measured_anew_leaves_the_others_as_they_were() -> None:
    """And one that failed keeps its last figures."""
    old = Results({"one": [{"a": 1.0}], "two": [{"b": 1.0}]}, {}, {})
    new = Results({"one": [{"a": 2.0}], "two": []}, {}, {"two": ["it fell over"]})
    both = kept.together(old, new)
    assert both.runs == {"one": [{"a": 2.0}], "two": [{"b": 1.0}]}
    assert both.failed == {"two": ["it fell over"]}


def test_parts_can_be_asked_for_alone() -> None:
    """And one that is none is refused."""
    assert list(plan.measurements(QUICK, "streams, sockets")) == [plan.CROWDS, plan.CURSORS]
    assert plan.measurements(QUICK, "model") == {}
    with pytest.raises(ValueError, match="no part speed"):
        plan.measurements(QUICK, "speed")
