"""The report as data: what ``--json`` prints, and what the text and the page are made of. Pure.

Keys are stable: new ones may come, and ``format`` grows should one change its meaning or go. Times are milliseconds
where the name says ``ms``, else seconds; a spread is ``{count, p50, p90, p99, max}``, null where nothing was measured.

verdict         ``ok``, and lines that say what failed
notes           what the reader of the figures must know
load_cpu_percent  what each of the load's own processes used of a core
connects        the ramp: rate, handshakes, errors, and closes by reason
frames          events heard
latency_ms      commit to client, with its definition
checks          lost (levels, clients), regressed, duplicated, repeated_after_resume, contradicted (another level by the
                same version), impossible (held < 0 or held > stock), examples
reconnects      of clients that were cut, by the load or by the server; equal_after_ms is from the begin of the
                reconnect until a client knew the newest levels; not_equal were cut again, or the run ended, before
carts, orders   acks, rates, refusals by code, answers that never came
oversell        units, judged_by, and per product acknowledged, gone, unknown and oversold units
server          its processes (``ended`` where one has gone), or why they are unknown
timeline        an entry per second
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ivorycart.load.judge import Verdict
from ivorycart.load.outcome import Moment, Outcome
from ivorycart.load.plan import LoadOptions
from ivorycart.load.tally import by_code

FORMAT = 1  # grows when a key changes its meaning or goes
DEFINITION = (
    "From the moment the load's own probe had the acknowledgement of a change (it is committed then, at the latest) to "
    "the moment a client of the load heard that version. Commit itself lies between sending and acknowledgement: "
    "from_send is the upper bound, and values below zero in from_ack mean that the broadcast overtook the "
    "acknowledgement."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is told beside the measurements."""

    options: LoadOptions
    processes: int
    stalled: int
    started_at: str  # RFC 3339, UTC
    notes: tuple[str, ...]
    server: tuple[dict[str, Any], ...]
    server_unknown: str  # why there are no figures of the server
    probe_product: str
    judged_by: str
    names: dict[str, str]  # of products


def build(outcome: Outcome, verdict: Verdict, around: Surroundings) -> dict[str, Any]:
    """Return the whole report."""
    tally, seconds = outcome.tally, outcome.acting_seconds
    return {
        "format": FORMAT,
        "url": around.options.url,
        "started_at": around.started_at,
        "verdict": {"ok": verdict.ok, "failures": list(verdict.failures)},
        "notes": list(around.notes),
        "options": {**asdict(around.options), "processes": around.processes},
        "seconds": {"ramp": round(outcome.ramp_seconds, 3), "acting": round(seconds, 3)},
        "load_cpu_percent": _own_cpu(outcome),
        "clients": _clients(outcome, around),
        "connects": _connects(outcome),
        "frames": {
            "count": tally.frames,
            "bytes": tally.received_bytes,
            "per_second": _per_second(outcome.acting_frames, seconds),
            "unreadable": dict(tally.unreadable),
        },
        "latency_ms": {
            "definition": DEFINITION,
            "from_ack": outcome.from_ack.in_ms(),
            "from_send": outcome.from_send.in_ms(),
            "before_ack": outcome.from_ack.below(0.0),
            "probe": {
                "product": around.probe_product or None,
                "steps": tally.probe_steps,
                "unheard": tally.probe_unheard,
                "disturbed": tally.probe_disturbed,
            },
        },
        "checks": _checks(outcome),
        "reconnects": {
            "cut": tally.cut,
            "back": tally.reconnects,
            "resumed": tally.resumed,
            "snapshots": tally.snapshots,
            "back_after_ms": tally.back.in_ms(),
            "equal_after_ms": tally.equal.in_ms(),
            "not_equal": max(0, tally.back.count - tally.equal.count),
        },
        "carts": {
            "acks": tally.cart_acks.count,
            "per_second": _per_second(tally.cart_acks.count, seconds),
            "ack_ms": tally.cart_acks.in_ms(),
            "refusals": by_code(tally.refusals, "cart:set"),
        },
        "orders": {
            "placed": tally.orders,
            "per_second": _per_second(tally.orders, seconds),
            "ack_ms": tally.order_acks.in_ms(),
            "refusals": by_code(tally.refusals, "order:place"),
            "unknown": dict(tally.unknown),
        },
        "oversell": {
            "units": verdict.oversold,
            "judged_by": around.judged_by,
            "products": [
                {**asdict(sale), "name": around.names.get(sale.product_id, ""), "oversold": sale.oversold}
                for sale in verdict.sales
            ],
        },
        "server": {"processes": list(around.server), "unknown": around.server_unknown or None},
        "timeline": [_moment(each) for each in outcome.moments],
    }


def _own_cpu(outcome: Outcome) -> list[float]:
    """Return what each process of the load used of a core: a busy one measures its own slowness."""
    seconds = outcome.acting_seconds
    return [round(used / seconds * 100, 1) for _, used in sorted(outcome.acting_cpu.items())] if seconds else []


def _clients(outcome: Outcome, around: Surroundings) -> dict[str, Any]:
    compared = outcome.compared
    return {
        "wanted": around.options.clients,
        "connected_at_most": outcome.most_connected,
        "equal_in_the_end": compared.equal,
        "away_in_the_end": compared.away,
        "stalled": around.stalled,
        "stalled_and_cut_by_server": compared.cut_stalled,
        "compressed": outcome.tally.deflated,
    }


def _connects(outcome: Outcome) -> dict[str, Any]:
    tally = outcome.tally
    return {
        "made": tally.connects,
        "per_second": _per_second(tally.connects, outcome.ramp_seconds),
        "handshake_ms": tally.handshakes.in_ms(),
        "errors": dict(tally.connect_errors),
        "closes": dict(tally.closes),
    }


def _checks(outcome: Outcome) -> dict[str, Any]:
    tally, compared = outcome.tally, outcome.compared
    return {
        "lost": compared.lost,
        "lost_clients": compared.lost_clients,
        "regressed": tally.faults["regressed"],
        "regressed_clients": tally.faulty_clients["regressed"],
        "duplicated": tally.faults["duplicated"],
        "duplicated_clients": tally.faulty_clients["duplicated"],
        "repeated_after_resume": tally.repeated,
        "contradicted": tally.faults["contradicted"],
        "impossible": tally.faults["impossible"],
        "examples": [*compared.examples, *tally.examples],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    latency = moment.latency.in_ms()
    return {
        "second": int(moment.at),
        "connected": moment.connected,
        "connects": moment.connects,
        "frames": moment.frames,
        "acts": moment.acts,
        "orders": moment.orders,
        "errors": moment.errors,
        **{f"latency_{name}_ms": latency[name] for name in ("p50", "p90", "p99", "max")},
    }


def _per_second(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds else 0.0


def latest(moments: Sequence[Moment]) -> Moment | None:
    """Return the last second that is over."""
    return moments[-2] if len(moments) > 1 else moments[-1] if moments else None
