"""How goals are judged and figures are written."""

from math import nan

import pytest

from bench import plan
from bench.extent import QUICK
from bench.figures import Results
from bench.report import Line, at_least, at_most, details, every, markdown, markdown_table, number, ratio
from bench.rows import ROWS


@pytest.mark.parametrize(
    ("value", "text"),
    [(nan, "n/a"), (0, "0"), (3.14159, "3.14"), (31.4159, "31.4"), (314.159, "314"), (12345.6, "12,346"), (7, "7")],
)
def test_a_figure_has_as_many_digits_as_it_deserves(value: float, text: str) -> None:
    """Nobody reads the third decimal of a thousand."""
    assert number(value) == text


def test_a_goal_is_met_only_if_every_limit_holds() -> None:
    """One that is missed is missed, whatever the others say."""
    assert at_most(1.0, 2.0, 1.0) is True
    assert at_most(1.5, 2.0, 1.0) is False
    assert at_least(3.0, 2.0) is True
    assert every([True, False, None]) is False
    assert every([True, True]) is True


def test_a_goal_without_its_peer_is_neither_met_nor_missed() -> None:
    """A peer that is not installed cannot be beaten."""
    assert at_most(1.0, nan) is None
    assert every([True, None]) is None
    assert Line("memory", "≤ Node's", "1 KiB", "", None).verdict == "not measured"
    assert Line("requests", "", "1 /s", "", None).verdict == ""


def test_a_ratio_to_nothing_has_no_answer() -> None:
    """A figure of zero on a tiny run ends in no error."""
    assert number(ratio(5.0, 0.0)) == "n/a"


def test_every_row_can_be_told_though_nothing_was_measured() -> None:
    """A run in which all failed still prints its table."""
    nothing = Results({}, {plan.POSTGRES: "not installed"}, {})
    lines = [line for row in ROWS for line in row.tell(nothing, QUICK)]
    assert {line.met for line in lines} == {None}
    assert any("not installed" in line.peers for line in lines)


def test_every_row_needs_only_measurements_that_there_are() -> None:
    """No row asks for a name that nobody measures, and none is measured for nobody."""
    names = {name for row in ROWS for name in row.needs(QUICK)}
    assert names == set(plan.measurements(QUICK))


def test_the_broadcast_is_judged_against_each_of_its_peers() -> None:
    """Cheaper than two of three is not enough."""
    costs = {"engine": 12.0, "bare": 10.0, "node": 20.0, "stock": 100.0}
    for node, met in ((20.0, True), (18.0, False)):
        runs = {plan.crowd(name, QUICK.clients): [{"cpu_us": cost}] for name, cost in (costs | {"node": node}).items()}
        [line, *_] = next(row for row in ROWS if row.name == "broadcast").tell(Results(runs, {}, {}), QUICK)
        assert line.met is met


def test_a_single_lost_event_in_any_run_misses_the_goal() -> None:
    """Though the median of the runs is zero."""
    clean = {"p99_ms": 10.0, "lost": 0.0}
    name, node = plan.crowd(plan.SHOP, QUICK.clients), plan.crowd("node", QUICK.clients)
    [row] = [row for row in ROWS if row.name == "commit"]
    for runs, met in (([clean] * 3, True), ([clean, clean | {"lost": 1.0}, clean], False)):
        [line] = row.tell(Results({name: runs, node: [{"p99_ms": 50.0}]}, {}, {}), QUICK)
        assert line.met is met


def test_orders_are_judged_beside_the_manual_and_not_beside_our_own_batches_of_one() -> None:
    """The second backs off as no shop's code would; it is told, too."""
    sold = {"per_s": 3500.0, "oversold": 0.0, "faults": 0.0}
    [row] = [row for row in ROWS if row.name == "orders"]
    for textbook, one_each, met in ((30.0, 100.0, True), (40.0, 10.0, False)):
        runs = {plan.HOT: [sold], plan.TEXTBOOK: [{"per_s": textbook}], plan.ONE_EACH: [{"per_s": one_each}]}
        [line] = row.tell(Results(runs, {plan.POSTGRES: "not installed"}, {}), QUICK)
        assert line.met is met
        assert f"batches of one, backing off: {one_each:.0f} /s" in line.peers


def test_failed_and_missing_measurements_are_told_with_their_reasons() -> None:
    """Silence would look like a figure that nobody asked for."""
    rows = details(Results({"ours": [{"per_s": 2.0}]}, {"node": "not installed"}, {"shop": ["Failed: gone\nmore"]}))
    assert rows == [
        ("ours", "per_s", "2", "2", "2", "1"),
        ("node", "not measured: not installed", "", "", "", "0"),
        ("shop", "a run failed: Failed: gone", "", "", "", ""),
    ]


def test_the_part_of_the_page_holds_goals_conditions_machine_and_every_figure() -> None:
    """All that a reader needs to judge them, or to measure again."""
    lines = [Line("memory", "≤ Node's", "1 KiB", "2 KiB", met=True)]
    page = markdown(lines, Results({"ours": [{"per_s": 2.0}]}, {}, {}), [("Node", "v20")], ["Command: `make bench`"])
    for part in ("| memory | ≤ Node's | 1 KiB | 2 KiB | met |", "| Node | v20 |", "make bench", "| ours | per_s | 2 "):
        assert part in page


def test_a_bar_in_a_cell_does_not_break_its_table() -> None:
    """It is escaped."""
    assert markdown_table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
