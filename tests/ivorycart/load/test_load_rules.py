"""The load's pure parts: plan, limits, what clients have seen, tally and verdict."""

import random
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from ivorycart.load.judge import Sale, has_gap, judge, sale_by_ledger, sale_by_levels
from ivorycart.load.limits import LimitInTheWay, allow_files, check_sources, port_range, sources_for
from ivorycart.load.messages import Compared, Should
from ivorycart.load.plan import BadOptions, LoadOptions, divide
from ivorycart.load.plots import Line, plot
from ivorycart.load.seat import Seat
from ivorycart.load.sights import Sights
from ivorycart.load.tally import EXAMPLES, Histogram, Tally, by_code

URL = "http://127.0.0.1:5000"


def options(**changes: Any) -> LoadOptions:
    """Return a storm."""
    return LoadOptions(**{"url": URL, **changes})


# Plan.


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("accounts", [(), ("a",), ("a", "b", "c")])
def test_every_client_is_planned_once(processes: int, accounts: tuple[str, ...]) -> None:
    """Parts add up, numbers do not overlap, processes are about equal, and no account is in two of them."""
    storm = options(clients=1003, processes=processes, carts=0.2, orders=0.03, stalled=5)
    plans = divide(storm, accounts)
    assert sum(plan.clients for plan in plans) == 1003
    assert sum(plan.carters for plan in plans) == 201
    assert sum(plan.buyers for plan in plans) == (30 if accounts else 0)
    assert sum(plan.stalled for plan in plans) == 5
    assert [plan.first for plan in plans] == [sum(each.clients for each in plans[:n]) for n in range(processes)]
    assert max(plan.clients for plan in plans) - min(plan.clients for plan in plans) <= 30
    assert sorted(email for plan in plans for email in plan.accounts) == sorted(accounts)
    assert all(plan.accounts for plan in plans if plan.buyers)
    assert [plan.probes for plan in plans] == [True] + [False] * (processes - 1)
    assert sum(plan.connects_per_second for plan in plans) == pytest.approx(storm.connects_per_second)


def test_a_share_of_those_who_watch_is_signed_in() -> None:
    """In every process, with all accounts: they have no cart to fight for. Where there are none nobody is."""
    storm = options(clients=1000, processes=4, signed_in=0.2)
    assert sum(plan.signed_in for plan in divide(storm, ("a", "b"))) == pytest.approx(0.2 * 930, abs=4)
    assert {plan.members for plan in divide(storm, ("a", "b"), guests=True)} == {("a", "b")}
    assert not any(plan.signed_in for plan in divide(storm, ()))
    assert not any(plan.members for plan in divide(options(clients=10), ("a",)))


def test_guests_order_from_every_process() -> None:
    """Guests have carts of their own, so they are spread evenly."""
    plans = divide(options(clients=100, processes=4, orders=0.2), guests=True)
    assert [plan.buyers for plan in plans] == [5, 5, 5, 5]


def test_processes_follow_from_the_crowd() -> None:
    """One process takes five thousand clients."""
    assert [len(divide(options(clients=clients))) for clients in (1, 5000, 5001, 10_000)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "127.0.0.1:5000"},
        {"url": "http://127.0.0.1:99999"},
        {"url": "http://127.0.0.1:http"},
        {"url": "http://"},
        {"url": "http://["},
        {"clients": 0},
        {"duration": 0},
        {"rate": 50},
        {"carts": 0.9, "orders": 0.2},
        {"clients": 10, "stalled": 11},
        {"clients": 2, "processes": 3},
        {"reconnects": 2},
        {"reconnects": 1, "duration": 2, "reconnects_at": 50},
        {"reconnects": 1, "reconnects_at": -1},
        {"reconnects": 1, "reconnects_every": -1},
        {"reconnects": 1, "reconnects_every": 0},
        {"reconnects": 1, "duration": 2, "reconnects_every": 50},
        {"reconnects": 1, "duration": 9, "reconnects_every": 2, "reconnects_at": 3},
        {"reconnects_at": 3},
        {"reconnects_every": 3},
        {"settle": -1},
        {"settle": float("nan")},
        {"carts": -0.1},
    ],
)
def test_options_that_make_no_storm(wrong: dict[str, Any]) -> None:
    """They are refused in a line."""
    with pytest.raises(BadOptions) as refusal:
        options(**wrong).checked()
    assert "\n" not in str(refusal.value)


def test_when_connections_are_cut() -> None:
    """Half-way, at a moment, or again and again."""
    assert options().storms() == []
    assert options(reconnects=1, duration=20).storms() == [10]
    assert options(reconnects=1, reconnects_at=3).storms() == [3]
    assert options(reconnects=1, reconnects_every=6, duration=20).storms() == [6, 12, 18]


# Limits.


def test_the_soft_limit_of_open_files_is_raised_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the hard one allows; beyond it the fix is told."""
    asked: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    allow_files(4000)
    assert asked == [(4096, 4096)]
    with pytest.raises(LimitInTheWay, match=r"--processes 3.*ulimit -Hn 10064"):
        allow_files(10_000)
    with pytest.raises(LimitInTheWay, match=r"--processes 5.*ulimit -Hn 10064"):
        allow_files(10_000, 2)


@pytest.mark.parametrize("hard", [50, 64, 100])
def test_more_processes_are_no_advice_where_they_do_not_help(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    """Each needs files of its own, and the first one some for each other."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (hard, hard))
    with pytest.raises(LimitInTheWay, match=rf"limit is {hard}: raise it \(ulimit -Hn 1064, as root\)$"):
        allow_files(1000)


def test_clients_come_from_this_machines_addresses() -> None:
    """All of the loopback is; anything else that cannot be bound to is refused before anybody connects."""
    check_sources(("127.0.0.1", "127.0.0.9"))
    for source in ("192.0.2.1", "2001:db8::1", "somewhere"):  # two for documents, RFC 5737 and 3849
        with pytest.raises(LimitInTheWay, match=f"--source {source} is no address of this machine"):
            check_sources(("127.0.0.1", source))


def test_more_ports_on_the_loopback_come_by_themselves(tmp_path: Path) -> None:
    """Elsewhere addresses have to be given, and the message says how many."""
    file = tmp_path / "range"
    file.write_text("32768\t60999\n")
    ports = port_range(file)
    assert ports == 28_232
    assert port_range(tmp_path / "none") is None
    assert sources_for(20_000, ports, "127.0.0.1", ()) == ()
    assert sources_for(60_000, ports, "127.0.0.1", ()) == ("127.0.0.2", "127.0.0.3", "127.0.0.4")
    with pytest.raises(LimitInTheWay, match="--source ADDRESS 3 times"):
        sources_for(60_000, ports, "10.1.2.3", ())
    assert sources_for(60_000, ports, "10.1.2.3", ("a", "b", "c")) == ("a", "b", "c")
    assert sources_for(60_000, None, "10.1.2.3", ()) == ()


# What clients have seen.


def frame(*levels: tuple[str, int, int, int], release: str | None = None, cursor: str = "c") -> bytes:
    """Return a frame with levels: id, version, stock, held."""
    items = [{"id": i, "version": v, "stock": s, "held": h, "next_release": release} for i, v, s, h in levels]
    return orjson.dumps({"cursor": cursor, "items": items})


@pytest.fixture
def sights() -> Sights:
    """Nobody has seen anything; the probe's product is p."""
    return Sights(orjson.loads, "p")


def kinds(faults: Sequence[Any]) -> list[str]:
    """Return what kinds of faults there are."""
    return [each.kind for each in faults]


def test_versions_may_be_skipped_but_not_go_back(sights: Sights) -> None:
    """Conflation skips; a lower version is a fault, and is not believed."""
    seen = sights.hear(sights.nothing, frame(("a", 3, 10, 0)), snapshot=True)
    later = sights.hear(seen.sight, frame(("a", 7, 10, 2)), snapshot=False)
    assert (seen.faults, later.faults) == ((), ())
    back = sights.hear(later.sight, frame(("a", 6, 10, 1)), snapshot=False)
    assert [tuple(fault) for fault in back.faults] == [("regressed", "a", 7, 6)]
    assert back.sight.levels["a"].version == 7
    anew = sights.hear(later.sight, frame(("a", 2, 10, 1)), snapshot=True)
    assert anew.faults == ()
    assert anew.sight.levels["a"].version == 2


def test_the_same_level_twice_is_a_duplicate(sights: Sights) -> None:
    """Unless it now says when a unit comes back; another level by the same version is a contradiction."""
    seen = sights.hear(sights.nothing, frame(("a", 3, 1, 1)), snapshot=False)
    assert kinds(sights.hear(seen.sight, frame(("a", 3, 1, 1), cursor="d"), snapshot=False).faults) == ["duplicated"]
    assert kinds(sights.hear(seen.sight, frame(("a", 3, 1, 1), release="noon"), snapshot=False).faults) == []
    assert kinds(sights.hear(seen.sight, frame(("a", 3, 1, 0)), snapshot=False).faults) == ["contradicted"]


def test_levels_that_cannot_be(sights: Sights) -> None:
    """More held than there is, or less than nothing, is found in deltas and snapshots."""
    for level in (("a", 1, 1, 2), ("a", 1, 1, -1), ("a", 1, -1, 0)):
        for snapshot in (True, False):
            assert kinds(sights.hear(sights.nothing, frame(level), snapshot=snapshot).faults) == ["impossible"]


def test_clients_that_know_the_same_share_it(sights: Sights) -> None:
    """However they came to know it; and a frame is read once for all of them."""
    one = sights.hear(sights.nothing, frame(("a", 1, 9, 0), ("b", 1, 9, 0)), snapshot=True)
    other = sights.hear(sights.nothing, frame(("b", 1, 9, 0)), snapshot=True)
    other = sights.hear(other.sight, frame(("a", 1, 9, 0)), snapshot=False)
    assert one.sight is other.sight
    assert sights.hear(one.sight, frame(("a", 2, 9, 1)), snapshot=False) is sights.hear(
        other.sight, frame(("a", 2, 9, 1)), snapshot=False
    )
    assert sights.apart(one.sight) is not one.sight


def test_who_is_behind_is_told_by_what_others_know(sights: Sights) -> None:
    """Of products that a new client is told of; who has heard all is not behind."""
    old = sights.hear(sights.nothing, frame(("a", 3, 9, 0), ("b", 1, 9, 0)), snapshot=True).sight
    assert sights.behind(old) == {}
    new = sights.hear(old, frame(("a", 5, 9, 1), ("rare", 7, 9, 0)), snapshot=False).sight
    assert sights.behind(old) == {"a": 5}
    assert sights.behind(new) == {}
    assert sights.behind(sights.nothing) == {"a": 5, "b": 1}
    back = Seat(1, old)
    back.awaits = sights.behind(old)
    assert not back.has_caught_up
    back.sight = sights.hear(old, frame(("a", 6, 9, 0)), snapshot=False).sight
    assert back.has_caught_up
    assert sights.behind(new) == {"a": 6}


def test_only_a_known_probe_product_is_timed(sights: Sights) -> None:
    """A step counts from a level that was known; a snapshot tells no moment."""
    seen = sights.hear(sights.nothing, frame(("p", 1, 9, 0)), snapshot=True)
    assert seen.probed == 0
    assert sights.hear(seen.sight, frame(("p", 2, 9, 1)), snapshot=False).probed == 2
    assert sights.hear(sights.nothing, frame(("p", 2, 9, 1)), snapshot=False).probed == 0


# Tally.


def test_percentiles_are_right_within_two_percent() -> None:
    """Of positive and negative times, added singly, together, or by another histogram."""
    dice = random.Random(7)
    values = [dice.gauss(0.02, 0.02) for _ in range(5000)]
    single, together, merged = Histogram(), Histogram(), Histogram()
    for value in values[:2500]:
        single.add(value)
    together.add_all(values[2500:])
    merged.merge(single)
    merged.merge(together)
    values.sort()
    for percent in (1, 50, 90, 99, 100):
        exact = values[max(0, round(percent / 100 * len(values)) - 1)]
        assert merged.percentile(percent) == pytest.approx(exact, rel=0.021, abs=1e-5)
    assert merged.count == 5000
    assert merged.below(0.0) == sum(value <= 0 for value in values)
    assert merged.most == values[-1]


def test_an_empty_histogram_and_an_endless_wait() -> None:
    """Nothing has no percentiles; what is longer than all bounds is still counted."""
    empty = Histogram()
    empty.add_all([])
    assert empty.in_ms() == {"count": 0, "p50": None, "p90": None, "p99": None, "max": None}
    empty.add_all([5000.0, 6000.0])
    assert empty.count == 2
    assert empty.most == 6000.0


def test_tallies_add_up() -> None:
    """Numbers, counters, times and examples."""
    one, other = Tally(frames=2), Tally(frames=3)
    for tally in (one, other):
        tally.refusals["cart:set: insufficient_stock"] += 2
        tally.refusals["order:place: price_changed"] += 1
        tally.cart_acks.add(0.01)
        for number in range(EXAMPLES):
            tally.example("lost", client=number)
    one.merge(other)
    assert (one.frames, one.cart_acks.count, len(one.examples)) == (5, 2, EXAMPLES)
    assert by_code(one.refusals, "cart:set") == {"insufficient_stock": 4}


# Verdict.


def test_a_clean_run() -> None:
    """Duplicates are told, and are no failure."""
    tally = Tally()
    tally.faults["duplicated"] = 3
    assert judge(tally, Compared(equal=9), []).ok


@pytest.mark.parametrize(
    ("compared", "faults", "word"),
    [
        (Compared(lost=2, lost_clients=1), {}, "lost: 2 levels"),
        (Compared(away=4), {}, "lost: 4 clients"),
        (Compared(), {"regressed": 5}, "regressed: a version went back 5 times"),
        (Compared(), {"contradicted": 2}, "contradicted: another level by the same version 2 times"),
        (Compared(), {"impossible": 1}, "oversold: levels"),
    ],
)
def test_broken_promises_are_named(compared: Compared, faults: dict[str, int], word: str) -> None:
    """Each failure is a line that says what and how much."""
    tally = Tally()
    tally.faults.update(faults)
    verdict = judge(tally, compared, [])
    assert not verdict.ok
    assert [line for line in verdict.failures if line.startswith(word)]


def test_oversell_by_levels() -> None:
    """More units in acknowledged orders than the stock fell by."""
    tally = Tally()
    tally.units["a"] = 3
    fell = sale_by_levels("a", tally, Should(1, 10, 0), Should(9, 8, 0))
    assert (fell.oversold, fell.by) == (1, "levels")
    assert judge(tally, Compared(), [fell]).oversold == 1
    assert sale_by_levels("a", tally, Should(1, 10, 0), Should(9, 7, 0)).oversold == 0


def test_oversell_by_the_ledger() -> None:
    """Purchases count, restocks in between do not hide them, and others' purchases are told."""
    tally = Tally()
    tally.units["a"] = 2
    rows = [
        {"version": 5, "change_type": "purchase", "old_stock": 3, "new_stock": 2},
        {"version": 6, "change_type": "restock", "old_stock": 2, "new_stock": 9},
        {"version": 7, "change_type": "purchase", "old_stock": 9, "new_stock": 6},
    ]
    sale = sale_by_ledger("a", tally, rows)
    assert (sale.gone, sale.oversold, sale.unexplained) == (4, 0, 2)
    assert sale_by_ledger("a", tally, rows[:1]).oversold == 1
    assert Sale("a", 2, 4, 2, "ledger").unexplained == 0
    assert not has_gap(rows, 4)
    assert has_gap(rows, 3)
    assert has_gap([rows[0], rows[2]], 4)
    assert not judge(tally, Compared(), [], ["a"]).ok


# Plots.


def test_plots_stand_alone() -> None:
    """Gaps are left open, values lie within, text is escaped, nothing is loaded."""
    drawn = plot("Wait <ms>", "ms", [Line("p50", "one", [None, 1.0, None, 12_000.0, -3.0])])
    assert "&lt;ms&gt;" in drawn
    assert drawn.count("M") - drawn.count("path") <= 3
    assert "http" not in drawn
    assert "nothing was measured" in plot("Empty", "ms", [Line("p50", "one", [None])])
    assert "<svg" in plot("Flat", "n", [Line("n", "one", [0.0, 0.0])])
