"""Faults of the cluster: members of the replica set, app hosts, the network between them, and clocks."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from bench.cluster.parts import HOSTS, MEMBERS, WORKERS
from bench.faults.row import Broken, Outcome
from bench.faults.stage import PATIENCE, Stage, grown, silence

RESUME_WITHIN = 15.0  # seconds: the promise
EXPIRED_WITHIN = 15.0  # seconds after its end in which a hold must be released, on a busy machine
FIVE_MINUTES = 300
_BEFORE, _AFTER = 20, 50  # acknowledged orders around each fault

Act = Callable[[str], Awaitable[Any]]


async def primary_killed(stage: Stage, times: int) -> Outcome:
    """Kill the primary in the middle of commits."""
    return await _primary(stage, times, stage.cluster.kill)


async def primary_stopped(stage: Stage, times: int) -> Outcome:
    """Have the primary stand still: its connections stay open, and it answers nothing."""

    async def freeze(primary: str) -> None:
        stage.cluster.freeze(primary)

    return await _primary(stage, times, freeze)


async def primary_cut_off(stage: Stage, times: int) -> Outcome:
    """Pull the primary's cable."""

    async def unplug(primary: str) -> None:
        stage.cluster.cut(primary)

    return await _primary(stage, times, unplug)


async def _primary(stage: Stage, times: int, break_it: Act) -> Outcome:
    """Break the primary under load, so many times, and make it whole again; writes must resume meanwhile."""
    outcome = Outcome(held="nothing acknowledged was lost or doubled, writes resumed, audit clean")
    for _ in range(times):
        async with stage.load() as journal:
            await grown(journal, _BEFORE)
            primary, broken = await stage.cluster.primary(), time.monotonic()
            await break_it(primary)
            await grown(journal, _AFTER)
            _resumed(outcome, silence(journal, broken))
            await stage.whole()
        await stage.check(journal)
        outcome.times += 1
    return outcome


def _resumed(outcome: Outcome, seconds: float) -> None:
    outcome.recovery.append(seconds)
    if seconds > RESUME_WITHIN:
        outcome.failures.append(f"writes resumed after {seconds:.1f} s, which shall be {RESUME_WITHIN:g} at the most")


async def minority(stage: Stage, times: int) -> Outcome:
    """Cut the primary off together with an app host: they are a minority, and the others go on."""
    outcome = Outcome(held="the minority acknowledged nothing, the majority went on, audit clean after healing")
    for _ in range(times):
        primary = await stage.cluster.primary()
        others = [*(each for each in MEMBERS if each != primary), "app2", "nginx"]
        for each in (primary, "app1"):
            stage.cluster.cut(each, others)
        cut = time.monotonic()
        async with stage.load("app1") as theirs:
            async with stage.load() as ours:
                await grown(ours, _AFTER)
                _resumed(outcome, silence(ours, cut))
            if theirs.acks:
                outcome.failures.append(f"a minority acknowledged {theirs.acks} orders")
            await stage.whole()
            await grown(theirs, 1)
        await stage.check(ours)
        outcome.times += 1
    return outcome


async def host_killed(stage: Stage, times: int) -> Outcome:
    """Kill an app host, parent and workers at once, in the middle of checkouts."""
    outcome = Outcome(held="all or nothing: each repeat with the same key is one order, audit clean")
    for number in range(times):
        async with stage.load() as journal:
            await grown(journal, _BEFORE)
            host, broken = HOSTS[number % len(HOSTS)], time.monotonic()
            await asyncio.sleep(random.uniform(0, 0.2))  # the moment is the point: anywhere in a checkout
            await stage.cluster.kill(host)
            await grown(journal, _AFTER)
            outcome.recovery.append(silence(journal, broken))
            await stage.whole()
        await stage.check(journal)
        outcome.times += 1
    return outcome


async def worker_killed(stage: Stage, times: int) -> Outcome:
    """Kill a worker of an app host: its parent starts another."""
    outcome = Outcome(held="the others went on, each repeat with the same key is one order, audit clean")
    for number in range(times):
        async with stage.load() as journal:
            await grown(journal, _BEFORE)
            broken = time.monotonic()
            await stage.cluster.kill(f"{HOSTS[number % len(HOSTS)]}.{number % WORKERS + 1}")
            await grown(journal, _AFTER)
            outcome.recovery.append(silence(journal, broken))
            await stage.cluster.ready(*HOSTS)
        await stage.check(journal)
        outcome.times += 1
    return outcome


async def wrong_clocks(stage: Stage, carts: int) -> Outcome:
    """Let one app host's clock be five minutes ahead and the other's behind; set them right in the end."""
    try:
        return await under_wrong_clocks(stage, carts, dict(zip(HOSTS, (FIVE_MINUTES, -FIVE_MINUTES), strict=True)))
    finally:
        await asyncio.gather(*(stage.cluster.clock(host, 0) for host in HOSTS))


async def under_wrong_clocks(stage: Stage, carts: int, clocks: dict[str, int]) -> Outcome:
    """Give these app hosts wrong clocks, by so many seconds: holds end when the database says so, and once."""
    outcome = Outcome(held="each hold lasted to its end by the database's clock, and was released once; audit clean")
    await asyncio.gather(*(stage.cluster.clock(host, wrong) for host, wrong in clocks.items()))
    product_id = await stage.books.add_product(stock=10 * carts)
    ends = await asyncio.gather(*(_hold(stage, HOSTS[number % 2], product_id) for number in range(carts)))
    async with asyncio.timeout(stage.hold_seconds + PATIENCE):
        await _released(stage, product_id)
    released = await stage.books.movements(product_id, change_type="expire")
    outcome.times = carts
    outcome.recovery, outcome.failures = _judged(sorted(ends), [row["timestamp"] for row in released])
    async with stage.load() as journal:
        await grown(journal, _BEFORE)
    await stage.check(journal)
    return outcome


async def _released(stage: Stage, product_id: str) -> None:
    """Wait until nothing of a product is held."""
    while True:
        if not (await stage.books.product(product_id))["held"]:
            return
        await asyncio.sleep(0.2)


def _judged(ends: list[datetime], released: list[datetime]) -> tuple[list[float], list[str]]:
    """Return by how many seconds each release was late, and what is wrong with them; both are the database's times."""
    if len(released) != len(ends):
        return [], [f"{len(ends)} holds were released {len(released)} times"]
    late = [(at - end).total_seconds() for end, at in zip(ends, sorted(released), strict=True)]
    wrong = [f"a hold was released {-each:.1f} s before its end" for each in late if each < 0]
    return late, wrong + [f"a hold outlived its end by {each:.1f} s" for each in late if each > EXPIRED_WITHIN]


async def _hold(stage: Stage, host: str, product_id: str) -> datetime:
    """Hold a unit through an app host; return when the database says that it ends. Broken where it is elsewhen."""
    session, before = secrets.token_urlsafe(24), await _database_time(stage)
    url = f"http://{stage.cluster.plan.where(host)}/api/cart/items/{product_id}"
    headers = {"X-Cart-Session": session}
    async with ClientSession(headers=headers) as http, http.put(url, json={"quantity": 1}) as answer:
        cart = await answer.json()
        if answer.status != 200:
            raise Broken(f"{host} with a wrong clock refuses to hold: {cart}")
    ends, hold = datetime.fromisoformat(cart["expires_at"]), timedelta(seconds=stage.hold_seconds)
    if not before + hold <= ends <= await _database_time(stage) + hold:
        raise Broken(f"{host} with a wrong clock holds until {ends}, which is not {hold} from {before}")
    return ends


async def _database_time(stage: Stage) -> datetime:
    hello: Any = await stage.books.database.command("hello")
    at: datetime = hello["localTime"]
    return at.replace(tzinfo=UTC)  # told in it, without saying so
