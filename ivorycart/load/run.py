"""One whole run: look at the server, check the limits, storm, judge, report."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ivorycart.load.crew import NOT_SIGNED_IN
from ivorycart.load.judge import BY_LEVELS, Sale, Verdict, judge
from ivorycart.load.ledger_reading import Sales, read_sales
from ivorycart.load.limits import allow_files, check_sources, port_range, sources_for
from ivorycart.load.outcome import Outcome
from ivorycart.load.plan import LoadOptions, ProcessPlan, divide
from ivorycart.load.report import Surroundings, build
from ivorycart.load.signing_in import SigningIn
from ivorycart.load.storm import Storm
from ivorycart.load.target import NoShop, OnSale, Target, address_of
from ivorycart.load.vitals import Vitals

BUSY = 0.8  # of a core
EQUAL = (
    "a client that was cut is equal again once it knows, by a resume or a snapshot, of each product at least the "
    "version that any client of its own process of the load had heard by the moment of its welcome; the time is taken "
    "from the begin of the reconnect that succeeded"
)

Account = tuple[str, str]  # email, password


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before the first connection."""

    plans: Sequence[ProcessPlan]
    products: Sequence[OnSale]
    probe_product: str
    seller: Account | None
    signing: SigningIn
    vitals: Vitals
    notes: tuple[str, ...]


async def run_load(
    options: LoadOptions,
    buyers: Sequence[Account],
    seller: Account | None,
    show: Callable[[Storm], None],
) -> dict[str, Any]:
    """Run the load and return its report. Raises BadOptions, LimitInTheWay, NoShop, StormFailed."""
    options.checked()
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    async with Target(options.url) as target:
        ready = await _prepare(target, options, buyers, seller)

        def each_second(storm: Storm) -> None:
            ready.vitals.look()
            show(storm)

        storm = Storm(options, ready.plans, ready.products, ready.probe_product, ready.signing, each_second)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, storm.stop)
        try:
            outcome = await storm.run()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
        ready.vitals.look()
        storm.phase = "reading the ledger"
        show(storm)
        verdict, judged_by, notes = await _judged(target, outcome, ready)
    return build(
        outcome,
        verdict,
        Surroundings(
            options=options,
            processes=len(ready.plans),
            stalled=sum(plan.stalled for plan in ready.plans),
            started_at=started_at,
            notes=(*ready.notes, *notes),
            server=tuple(ready.vitals.as_rows(float(len(outcome.moments)))),
            server_unknown=ready.vitals.why_not,
            probe_product=ready.probe_product,
            judged_by=judged_by,
            names={product.id: product.name for product in ready.products},
        ),
    )


async def _prepare(target: Target, options: LoadOptions, buyers: Sequence[Account], seller: Account | None) -> Prepared:
    address = await address_of(options.url)
    await target.check()
    check_sources(options.sources)
    sources = sources_for(options.clients, port_range(), address, options.sources)
    guests = options.orders > 0 and await target.guests_may_order()
    wants_tokens = options.signed_in > 0 or (options.orders > 0 and not guests)
    signing = SigningIn(target, dict(buyers) if wants_tokens else {})
    await signing.begin()
    products, probe_product, notes = _shelf(await target.on_sale(), options)
    if guests:
        notes.append("orders were placed by guests: the shop allows it")
    elif options.orders and signing.tokens and round(options.clients * options.orders) > len(signing.tokens):
        notes.append(f"{len(signing.tokens)} account(s) ordered: sockets of one account share its cart and take turns")
    plans = divide(replace(options, sources=sources), tuple(signing.tokens), guests=guests)
    allow_files(max(plan.clients for plan in plans), len(plans))
    parts = urlsplit(options.url)
    vitals = Vitals(address, parts.port or (443 if parts.scheme == "https" else 80))
    if seller:
        await target.sign_in(*seller)  # who cannot sign in is told of before the storm
    return Prepared(plans, products, probe_product, seller, signing, vitals, tuple(notes))


def _shelf(on_sale: Sequence[OnSale], options: LoadOptions) -> tuple[list[OnSale], str, list[str]]:
    """Return what the load buys, and what the probe moves; those with most units come first."""
    if not on_sale:
        raise NoShop(f"{options.url} sells nothing: add products first (a demo: python -m ivorycart seed)")
    notes: list[str] = []
    rest, probe_product = list(on_sale), ""
    if options.probe_rate and len(rest) > 1 and rest[1].available:
        # Not the first: that is the hot one.
        probe_product = rest.pop(1).id
    elif options.probe_rate:
        notes.append("no latency was measured: the probe needs a product of its own, with a unit to sell")
    return (rest[:1] if options.hot else rest), probe_product, notes


async def _judged(target: Target, outcome: Outcome, ready: Prepared) -> tuple[Verdict, str, list[str]]:
    """Judge the run; return the verdict, by what oversell was judged, and notes."""
    found = Sales() if outcome.gone else await read_sales(target, outcome, ready.seller)
    verdict = judge(outcome.tally, outcome.compared, found.sales, found.gaps, outcome.gone)
    notes = [*found.notes, *_notes(outcome, found.sales, ready.signing.trouble)]
    return verdict, _judged_by({sale.by for sale in found.sales}), notes


def _notes(outcome: Outcome, sales: Sequence[Sale], trouble: str) -> list[str]:
    """Return what the reader of the figures must know."""
    notes = []
    if refused := _refused_tokens(outcome):
        notes.append(
            f"the load's own sign-in was refused {refused} times (not_authenticated): fewer orders were placed than "
            "asked for; whom a token kept out came back without one"
        )
    if trouble:
        notes.append(f"an account of the load could not sign in again at once: {trouble}")
    if outcome.stopped_early:
        notes.append(
            "stopped early, by Ctrl-C" if outcome.acting_seconds else "stopped by Ctrl-C before all clients had come"
        )
    if outcome.tally.probe_disturbed:
        notes.append(f"{outcome.tally.probe_disturbed} acts of the probe do not count: somebody else moved its product")
    if outcome.tally.back.count:
        notes.append(EQUAL)
    if any(used > BUSY * outcome.acting_seconds for used in outcome.acting_cpu.values()):
        notes.append(
            "the load itself was short of CPU: latencies contain its own waiting; use more --processes or cores"
        )
    if unexplained := sum(sale.unexplained for sale in sales):
        notes.append(f"{unexplained} more units left the shelves than this run ordered: somebody else was shopping")
    if any(sale.by == BY_LEVELS for sale in sales):
        notes.append("where oversell was judged by levels, a restock during the run would have hidden or feigned it")
    return notes


def _refused_tokens(outcome: Outcome) -> int:
    tally = outcome.tally
    return tally.tokens_refused + sum(
        count for refusal, count in tally.refusals.items() if refusal.endswith(f": {NOT_SIGNED_IN}")
    )


def _judged_by(by: set[str]) -> str:
    return "by " + " and ".join(sorted(by)) if by else "nothing"
