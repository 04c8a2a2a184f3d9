"""Sockets that stop reading, in a shop full of news: what is kept for them, how soon they go, and what others feel."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from bench.faults.row import Outcome
from bench.faults.stage import clean
from bench.machine import LOAD_CORE, kept_on
from bench.measure.commits import commit_times
from bench.measure.crowds import peak_of
from bench.measure.looking import looking
from bench.measure.shops import OpenShop, open_shop
from bench.shop.ledger import running_ledger
from ivorycart.engine.refusal import Refusal
from ivorycart.ledger import Ledger
from models.commands import Restock

WITHIN = 10.0  # seconds from lagging to the end of the socket
MOST_MIB = 1.0  # that are kept for each
# The others' p99 is unchanged where it is at most so many times what it is without those who do not read, or no more
# than it was in the worst turn without them: on a machine that has other work two turns alike can differ by far more.
UNCHANGED = 1.25
READERS = 200
PRODUCTS = 250  # each of which changes with every piece of news: some 30 kB for each socket
NEWS_EVERY = 0.2  # seconds
NEWS = 80  # 16 s: those who do not read lag after 3, and are to be gone after 10 more
WARM_UP = 15
LOOK_EVERY = 0.1
HEARD_WITHIN = 5.0  # seconds after the last; those that a busy shop passed over for a later level are never heard
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Look:
    """What the shop says of its sockets at a moment: connected, lagging now, cut off so far; bytes kept for them."""

    at: float
    sockets: int
    lagging: int
    cut: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn. ``grown`` are bytes of the server, ``unsent`` those that waited for all sockets."""

    p99_ms: float
    grown: int
    unsent: int = 0
    lost: int = 0
    left: int = 0  # sockets that should have been cut off, and were not
    seconds: list[float] = field(default_factory=list)
    """From lagging to the end, of each that was cut off."""


async def stalled(count: int, pairs: int) -> Outcome:
    """Have so many stop reading, in every second of so many pairs of turns."""
    async with (
        open_shop() as shop,
        running_ledger(shop.books.driver, shop.books.database, "elsewhere") as ledger,
    ):
        # A ledger beside the shop's, as another process has one: news costs the shop what it costs to hear of it.
        with kept_on(LOAD_CORE):
            products = await shop.add_products(PRODUCTS, 1_000_000)
            await _turn(shop, ledger, products, 0, WARM_UP)
            turns = []
            for _ in range(pairs):
                turns.append(await _turn(shop, ledger, products, 0, NEWS))
                turns.append(await _turn(shop, ledger, products, count, NEWS))
        await clean(shop.books)
    return judged(turns[::2], turns[1::2], count)


def judged(without: Sequence[Turn], beside: Sequence[Turn], count: int) -> Outcome:
    """Return what pairs of turns show; in the second of each so many did not read."""
    ratios = [with_them.p99_ms / alone.p99_ms for alone, with_them in zip(without, beside, strict=True)]
    usual = max(turn.grown for turn in without)
    # The first of them grows the most: what a process once had it keeps, and uses again.
    each = max(max(turn.grown - usual, turn.unsent) for turn in beside) / count / MEBIBYTE
    cuts = [seconds for turn in beside for seconds in turn.seconds]
    usual_p99, p99 = (sorted(turn.p99_ms for turn in turns) for turns in (without, beside))
    outcome = Outcome(times=len(cuts), recovery=cuts)
    outcome.held = (
        f"{max(0.0, each):.2f} MiB kept for each; all cut off within {max(cuts, default=0):.1f} s of lagging; the p99 "
        f"of {READERS} others {median(usual_p99):.0f} ms without them ({usual_p99[0]:.0f} to {usual_p99[-1]:.0f}), "
        f"{median(p99):.0f} ms with them: {median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    if each > MOST_MIB:
        outcome.failures.append(f"{each:.2f} MiB were kept for each")
    if left := sum(turn.left for turn in beside):
        outcome.failures.append(f"{left} of {count * len(beside)} were not cut off")
    if cuts and max(cuts) > WITHIN:
        outcome.failures.append(f"one was cut off only {max(cuts):.1f} s after it began to lag")
    if not median(p99) <= max(UNCHANGED * median(usual_p99), usual_p99[-1]):
        outcome.failures.append(f"the others' p99 was {median(p99):.0f} ms, {median(usual_p99):.0f} ms without them")
    if lost := sum(turn.lost for turn in (*without, *beside)):
        outcome.failures.append(f"others missed {lost} changes")
    return outcome


def seconds_to_the_end(looks: Sequence[Look]) -> list[float]:
    """Return for each socket that was cut off how long it had lagged: who lags first is cut off first."""
    lagged: list[float] = []
    ended: list[float] = []
    for look in looks:
        lagged += [look.at] * (look.lagging + look.cut - len(lagged))
        ended += [look.at] * (look.cut - len(ended))
    return [end - begin for begin, end in zip(lagged, ended, strict=False)]


async def _turn(shop: OpenShop, ledger: Ledger, products: Sequence[str], count: int, news: int) -> Turn:
    """Have readers, and so many others that do not read, hear news of all products."""
    await shop.load.ask("connect", url=shop.url, count=READERS, at_once=50)
    await shop.server.quiet()
    async with _looking(shop) as looks, peak_of(shop.server) as memory:
        await shop.load.ask("stall", url=shop.url, count=count)
        heard = await _news(shop, ledger, products, news)
        until = time.monotonic() + 2 * WITHIN
        while looks[-1].sockets > READERS and time.monotonic() < until:  # noqa: ASYNC110 - another process
            await asyncio.sleep(LOOK_EVERY)
    await shop.load.ask("leave")
    before, after = looks[0], looks[-1]
    return Turn(
        p99_ms=float(heard["p99_ms"] or math.inf),
        grown=max(memory) - memory[0],
        unsent=max(look.unsent for look in looks),
        lost=int(heard["lost"] - heard["unheard"] * READERS),  # what nobody heard was passed over for a later level
        left=max(count - (after.cut - before.cut), after.sockets - READERS),
        seconds=seconds_to_the_end([_since(before, look) for look in looks]),
    )


async def _news(shop: OpenShop, ledger: Ledger, products: Sequence[str], times: int) -> dict[str, float]:
    """Restock all products so often, at a steady rate; return how long after the commit readers heard of one."""
    since = (await shop.books.driver.client.admin.command("ping"))["operationTime"]
    first = (await shop.books.product(products[0]))["version"] + 1
    await shop.load.ask("listen", product_id=products[0])
    began = time.monotonic()
    for number in range(times):
        await asyncio.gather(*(ledger.submit(Restock(each, 1, "bench", "news")) for each in products))
        await asyncio.sleep(max(0.0, began + (number + 1) * NEWS_EVERY - time.monotonic()))
    sent = await commit_times(shop.books, products[0], since)
    return await shop.load.ask("heard", first=first, count=times, patience=HEARD_WITHIN, sent=sent)


@asynccontextmanager
async def _looking(shop: OpenShop) -> AsyncIterator[list[Look]]:
    """Look at the shop's sockets over and over, and once at the end."""
    async with ClientSession() as http:
        async with looking(partial(_look, http, shop.url), LOOK_EVERY) as looks:
            yield looks
        looks.append(await _look(http, shop.url))


async def _look(http: ClientSession, url: str) -> Look:
    at = time.monotonic()
    async with http.get(f"{url}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
        samples = [sample for family in families for sample in family.samples]

    def total(name: str, *reasons: str) -> int:
        return int(sum(s.value for s in samples if s.name == name and (not reasons or s.labels["reason"] in reasons)))

    return Look(
        at,
        total("ivorycart_sockets"),
        total("ivorycart_sockets_lagging"),
        total("ivorycart_socket_refusals_total", Refusal.LAGGING.value, Refusal.UNSENT_OVERFLOW.value),
        total("ivorycart_sockets_unsent_bytes"),
    )


def _since(before: Look, look: Look) -> Look:
    return Look(look.at, look.sockets, look.lagging, look.cut - before.cut, look.unsent)
