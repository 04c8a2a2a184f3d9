"""The fault suite judges rightly: what does not hold is shown, and what was never tried has not held."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from bench import page
from bench.faults import __main__ as suite
from bench.faults import disks
from bench.faults.by_tests import _say, _take, by_tests
from bench.faults.killing import Kills, _judged
from bench.faults.mail_server import DOWN, LATER, NEVER, SLOW, WELL
from bench.faults.mail_server import judged as judged_moods
from bench.faults.on_cluster import _judged as judged_holds
from bench.faults.plan import BY_TESTS, Made, rows, rows_of
from bench.faults.row import Outcome, Row, merged, table
from bench.faults.stage import silence_between
from bench.faults.stalled import Look, Turn, seconds_to_the_end
from bench.faults.stalled import judged as judged_turns
from bench.root import ROOT

EXTENT = "tests/bench/test_extent.py"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def a_row(what: str = "disk full") -> Row:
    """Return a row that nobody runs."""

    async def run() -> Outcome:
        raise AssertionError

    return Row("row", what, run)


def test_a_row_that_does_not_hold_is_shown_as_such():
    """With why; one that was never tried has not held either."""
    lost = Outcome(times=3, held="all is well", failures=["2 orders | lost"], recovery=[1.0, 3.0, 2.0])
    text = table([(a_row(), lost), (a_row("clock"), Outcome(held="all is well")), (a_row("net"), Outcome(2, "fine"))])
    assert "| disk full | 3 | ✗ **not held**: 2 orders \\| lost | 1.0, 2.0, 3.0 |" in text
    assert "| clock | 0 | ✗ **not held**: it was never tried |  |" in text
    assert "| net | 2 | fine |  |" in text


def test_rows_that_were_not_run_stay_on_the_page(tmp_path: Any):
    """Those that were run anew are replaced where they stood."""
    file = tmp_path / "page.md"
    before = table([(a_row("disk full"), Outcome(1, "fine")), (a_row("clock"), Outcome(1, "fine"))])
    page.write(file, "faults", merged(page.kept(file, "faults"), before))
    fresh = table([(a_row("net"), Outcome(3, "well")), (a_row("disk full"), Outcome(2, "better"))])
    rows = merged(page.kept(file, "faults"), fresh).splitlines()[2:]
    assert rows == ["| disk full | 2 | better |  |", "| clock | 1 | fine |  |", "| net | 3 | well |  |"]


async def test_what_was_run_is_on_the_page_though_the_run_ended_early(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    """Each row is written down before the next one begins."""

    async def held() -> Outcome:
        return Outcome(1, "fine")

    async def ended() -> Outcome:
        raise asyncio.CancelledError

    asked = (Row("disk", "disk full", held), Row("clock", "clock", ended))
    monkeypatch.setattr(suite, "chosen", lambda *_: asked)
    file = tmp_path / "page.md"
    with pytest.raises(asyncio.CancelledError):
        await suite.run(Namespace(write=file), tmp_path)
    assert page.kept(file, "faults").splitlines()[2:] == ["| disk full | 1 | fine |  |"]


def test_silence_is_the_longest_time_without_an_ack():
    """From the fault on, to the end."""
    assert silence_between([1.0, 2.0, 9.0, 9.5], 2.5, 10.0) == 6.5
    assert silence_between([1.0], 2.0, 5.0) == 3.0


def test_holds_that_end_early_late_or_twice_are_found():
    """By the database's times alone."""
    ends = [NOON, NOON + timedelta(seconds=1)]
    late, wrong = judged_holds(ends, [end + timedelta(seconds=0.5) for end in reversed(ends)])
    assert (late, wrong) == ([0.5, 0.5], [])
    assert "before its end" in judged_holds(ends, [NOON - timedelta(seconds=1), ends[1]])[1][0]
    assert "outlived" in judged_holds(ends, [NOON, NOON + timedelta(hours=1)])[1][0]
    assert "released 3 times" in judged_holds(ends, [NOON] * 3)[1][0]


def a_report(**changes: Any) -> dict[str, Any]:
    """Return what the kill test reads of a load's report."""
    equal = {"count": 5, "p50": 100.0, "p99": 900.0, "max": 1900.0, **changes.pop("equal", {})}
    return {
        "verdict": {"ok": True, "failures": []},
        "reconnects": {"equal_after_ms": equal},
        "orders": {"placed": 1000, "refusals": {"pending": 2}, "unknown": {"order:place": 1}},
        "carts": {"refusals": {}},
    } | changes


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (a_report(equal={"max": 2100.0}), "2100 ms after reconnecting"),
        (a_report(equal={"count": 0}), "nothing was tried"),
        (a_report(verdict={"ok": False, "failures": ["oversold: product 1"]}), "oversold"),
    ],
)
def test_the_kill_test_fails_for_each_promise(report: dict[str, Any], words: str):
    """Lost, gone back, sold twice, equal too late, or nobody came back."""
    kills = Kills([1.0], [2.0])
    assert _judged(a_report(), kills, 3).ok
    [failure] = _judged(report, kills, 3).failures
    assert words in failure


def test_who_lags_first_is_cut_off_first():
    """So each has lagged from when it was counted on; those that still lag have not been cut off."""
    looks = [Look(0.0, 5, 0, 0, 0), Look(1.0, 5, 1, 0, 0), Look(2.0, 5, 3, 0, 0), Look(11.0, 4, 2, 1, 0)]
    assert seconds_to_the_end(looks) == [10.0]
    assert seconds_to_the_end([*looks, Look(11.5, 2, 0, 3, 0)]) == [10.0, 9.5, 9.5]


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (Turn(p99_ms=14.0, grown=102 << 20, seconds=[9.5]), "1.01 MiB were kept"),
        (Turn(p99_ms=14.0, grown=0, unsent=150 << 20, seconds=[9.5]), "1.50 MiB were kept"),
        (Turn(p99_ms=14.0, grown=0, seconds=[9.5, 10.5]), "10.5 s after it began to lag"),
        (Turn(p99_ms=14.0, grown=0, left=3, seconds=[9.5]), "3 of 100 were not cut off"),
        (Turn(p99_ms=14.0, grown=0, lost=2, seconds=[9.5]), "missed 2 changes"),
        (Turn(p99_ms=15.0, grown=0, seconds=[9.5]), "p99 was 15 ms, 10 ms without them"),
    ],
)
def test_sockets_that_do_not_read_may_cost_nobody_anything(turn: Turn, words: str):
    """Neither memory nor time, and they go soon; what turns without them differ by is no cost of theirs."""
    alone = [Turn(p99_ms=10.0, grown=1 << 20), Turn(p99_ms=10.0, grown=0), Turn(p99_ms=14.0, grown=0)]
    fine = Turn(p99_ms=14.0, grown=60 << 20, unsent=50 << 20, seconds=[9.5])
    assert judged_turns(alone, [fine] * 3, 100).ok
    assert any(words in failure for failure in judged_turns(alone[:1], [turn], 100).failures)


def test_a_mood_of_the_mail_server_may_not_cost_more_than_chance():
    """Each is compared with the turns around it, and may differ as much as those do, and a tenth more."""
    rounds = [(WELL, 5.0, 10.0), (DOWN, 5.0, 12.0), (WELL, 5.0, 12.0)]
    rounds += [(SLOW, 5.0, 12.0), (WELL, 5.0, 10.0), (LATER, 5.0, 10.0), (WELL, 5.0, 10.0)]
    outcome = judged_moods([*rounds, (NEVER, 6.0, 13.0), (WELL, 5.0, 10.0)])
    assert outcome.ok
    assert "550 1.20 and 1.30" in outcome.held
    [failure] = judged_moods([*rounds, (NEVER, 6.0, 14.0), (WELL, 5.0, 10.0)]).failures
    assert failure == "550: the p99 of checkouts was 1.40 times what it is otherwise"


def test_what_tests_report_is_taken_as_it_is():
    """A test that failed or was skipped did not hold; what took seconds is a recovery."""
    outcome, ran = Outcome(held="fine"), dict[str, int]()
    measured = '<properties><property name="seconds until all is well" value="1.5"/></properties>'
    passed = f'<testcase name="a">{measured}</testcase>'
    _take(outcome, ran, f'<testsuite>{passed}<testcase name="b"><skipped/></testcase></testsuite>', "")
    assert (outcome.times, outcome.recovery, outcome.failures) == (1, [1.5], ["b: skipped"])
    _take(outcome, ran, "", "no tests collected")
    assert "no tests collected" in outcome.failures[-1]
    assert ran == {}


async def test_a_row_says_what_its_tests_ran():
    """Whole, as they say themselves, and the least of it."""
    outcome = await by_tests([EXTENT], 1, "{clients} clients are well", whole=True)
    assert (outcome.failures, outcome.times, outcome.held) == ([], 2, "1,000 clients are well")


def test_what_no_test_has_said_is_not_claimed():
    """The row does not hold: nobody knows how large it was."""
    outcome = Outcome(times=1)
    _say(outcome, "{cuts} cuts of {clients} clients", {"clients": 1000})
    assert not outcome.ok
    assert outcome.failures == ["no test said how many cuts there were"]


@pytest.mark.parametrize("row", BY_TESTS, ids=lambda row: str(row[0]))
def test_what_a_row_names_is_said_by_its_tests(row: tuple[str, str, tuple[str, ...], str, int]):
    """Those tests are there, and each size that the row's words leave open is noted by one of them."""
    _, _, tests, held, _ = row
    paths = [ROOT / each.partition("::")[0] for each in tests]
    assert all(path.exists() for path in paths)
    said = "".join(path.read_text() for path in paths if path.is_file())
    wanted = [name for _, name, _, _ in Formatter().parse(held) if name]
    assert [name for name in wanted if f'ran("{name}"' not in said] == []


def test_rows_have_names_of_their_own(tmp_path: Any):
    """They can be asked for one by one."""
    everything = rows(Made(tmp_path), quick=True)
    assert len({row.name for row in everything}) == len(everything)
    assert [row.name for row in rows_of(everything, ["clocks", "minority"])] == ["clocks", "minority"]
    with pytest.raises(KeyError, match="nothing"):
        rows_of(everything, ["nothing"])


@pytest.mark.skipif(not disks.possible(), reason="a disk of its own needs root")
def test_a_filled_disk_has_no_room(tmp_path: Any):
    """Not for a byte; afterwards there is room again, and nothing stays mounted."""
    with disks.small_disk(tmp_path / "disk", 1) as disk:
        with disks.filled(disk), pytest.raises(OSError, match="No space"):
            (disk / "more").write_bytes(b"x")
        (disk / "more").write_bytes(b"x")
    assert list((tmp_path / "disk").iterdir()) == []
