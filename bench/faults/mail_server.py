"""A mail server that is down, slow or refuses, beside checkouts: what those who buy notice of it.

Turns in which the mail server is well and in which it is not take turns, in one run. After each all mails are seen to
their end, so that no turn has to do with what another left behind.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from bench.faults.row import Broken, Outcome
from bench.faults.stage import clean
from bench.machine import LOAD_CORE, kept_on
from bench.measure.shops import PRICE, OpenShop, open_shop
from bench.shop.post_office import PostOffice, post_office

WELL, DOWN, SLOW, LATER, NEVER = "well", "down", "60 s slow", "451", "550"
MOODS = (DOWN, SLOW, LATER, NEVER)
# What a mood may cost the p99 of checkouts, beyond how far turns in which all is well differ from each other.
ALLOWED = 1.1
BUYERS = 16
PAUSE = 0.25  # seconds between two orders of a buyer
SLOWNESS = 60.0  # seconds
PATIENCE = 300.0

Rounds = Sequence[tuple[str, float, float]]  # the mood, and the p50 and p99 of its checkouts in ms, in their order


class Moody:
    """A mail server's hands: takes, refuses or dawdles."""

    def __init__(self) -> None:
        self.mood = WELL
        self.met: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - its name
        """Answer as the mood is."""
        mood = self.mood
        self.met[mood] += 1
        if mood == SLOW:
            await asyncio.sleep(SLOWNESS)
        return {LATER: "451 busy, come back", NEVER: "550 nobody here"}.get(mood, "250 taken")


async def mail_server(seconds: float, times: int) -> Outcome:
    """Have buyers order for so many seconds in each mood, so many times, and in between with all well."""
    letters, rounds = Moody(), []
    async with post_office(letters) as office, open_shop(SMTP_URL=office.url) as shop:
        with kept_on(LOAD_CORE):
            (product_id,) = await shop.add_products(1, 10_000_000)
            await shop.load.ask("enter", url=shop.url, count=BUYERS, tokens=shop.tokens(BUYERS))
            await _round(shop, office, letters, WELL, product_id, min(seconds, 3.0))
            for mood in (*MOODS * times, ""):
                for each in filter(None, (WELL, mood)):
                    figures = await _round(shop, office, letters, each, product_id, seconds)
                    rounds.append((each, figures["p50_ms"], figures["p99_ms"]))
            dead = await shop.books["emails"].count_documents({"state": "dead"})
        if dead != letters.met[NEVER]:
            raise Broken(f"{letters.met[NEVER]} mails were refused for good, and {dead} are shown as dead")
        await clean(shop.books)
    return judged(rounds)


def judged(rounds: Rounds) -> Outcome:
    """Return what the rounds show; each mood is between two rounds in which all was well."""
    well = [p99 for mood, _, p99 in rounds if mood == WELL]
    noise = max(max(pair) / min(pair) for pair in pairwise(well))
    outcome, told = Outcome(times=sum(mood != WELL for mood, _, _ in rounds)), []
    for mood in MOODS:
        p50, p99 = (_ratios(rounds, mood, figure) for figure in (1, 2))
        told.append(f"{mood} {median(p50):.2f} and {median(p99):.2f} ({min(p99):.2f} to {max(p99):.2f})")
        if not median(p99) <= ALLOWED * noise:
            outcome.failures.append(f"{mood}: the p99 of checkouts was {median(p99):.2f} times what it is otherwise")
    outcome.held = (
        f"p50 and p99 of checkouts, as times those with a mail server that is well (p99 {median(well):.0f} ms; "
        f"such turns differ by up to {noise:.2f} times): {', '.join(told)}; "
        "451 was sent in the end, 550 is dead and shown, audit clean"
    )
    return outcome


def _ratios(rounds: Rounds, mood: str, figure: int) -> list[float]:
    """Return a figure of each round in this mood, as times the mean of the rounds before and after it."""
    values: list[Any] = [each[figure] for each in rounds]
    places = [place for place, each in enumerate(rounds) if each[0] == mood]
    return [2 * values[place] / (values[place - 1] + values[place + 1]) for place in places]


async def _round(
    shop: OpenShop, office: PostOffice, letters: Moody, mood: str, product_id: str, seconds: float
) -> Mapping[str, Any]:
    """Have everybody order in this mood; return their figures once each mail has come to its end."""
    emails = shop.books["emails"]
    before = await emails.count_documents({})
    letters.mood = mood
    if mood == DOWN:
        await office.close()
    figures = await shop.load.ask(
        "order_steadily", product_id=product_id, price=PRICE, seconds=seconds, pause=PAUSE, key=f"{before}-{mood}"
    )
    if mood == DOWN:
        letters.met[mood] += await emails.count_documents({"state": "pending", "tries": {"$gt": 0}})
        await office.open()
    letters.mood = WELL
    if figures["refused"]:
        raise Broken(f"{mood}: orders were refused: {figures['refused']}")
    if not letters.met[mood]:
        raise Broken(f"{mood}: no mail was tried")
    await _all_ended(emails)
    await shop.server.quiet()
    return figures


async def _all_ended(emails: Any) -> None:
    """Have what waits for another try tried at once, until nothing is left to be sent."""
    until = time.monotonic() + PATIENCE
    while left := await emails.count_documents({"state": "pending"}):
        if time.monotonic() > until:
            raise Broken(f"{left} mails were still to be sent {PATIENCE:g} s after the mail server was well again")
        due: list[dict[str, Any]] = [{"$set": {"due": "$$NOW"}}]
        await emails.update_many({"state": "pending", "claim": {"$exists": False}, "tries": {"$gt": 0}}, due)
        await asyncio.sleep(0.5)
