"""Accounts: whether answers tell by their time who has an account, and what 200 sign-ins at once do to carts.

    python -m bench.accounts [--tries 1000] [--logins 200] [--rounds 7] [--write PATH]

Known and unknown addresses come in a random order, so that whatever else the machine does befalls both; each comes
once, so that none was counted before. ``told apart`` is the chance that somebody who sees one answer of each kind says
rightly which took longer for being known: a half is a guess.
Carts alone and carts beside sign-ins take turns, too; the figures are those of the middle round.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import uvloop
from aiohttp import ClientSession
from rich.console import Console

from bench import page, report
from bench.machine import mongod, processor, today
from bench.measure.shops import OpenShop, open_shop
from ivorycart.logs import configure_logs
from mongo.rate_limits import RATE_LIMITS

PART = "accounts"
PASSWORD = "an ordinary passphrase"  # noqa: S105 - of accounts that live for a minute
COST = "12"
# Nothing may be refused for coming too often: what is measured is what comes after the limits.
PATIENT = {
    "LOGINS_PER_MINUTE": "1000000",
    "REGISTRATIONS_PER_MINUTE": "1000000",
    "REQUESTS_PER_MINUTE": "1000000",
    "MAILS_PER_HOUR": "1000000",
}
UNIFORM_HEADS = ("answer to", "known: p10 / p50 / p90 / p99 ms", "unknown: p10 / p50 / p90 / p99 ms", "told apart")
LOGIN_HEADS = ("cart:set, every 50 ms on 8 sockets", "p50 ms", "p99 ms", "p99 of all rounds")

Body = Callable[[str], dict[str, str]]
ACTS: dict[str, tuple[str, Body]] = {  # registering last: after it everybody is known
    "login": ("/api/auth/login", lambda email: {"email": email, "password": "not the right one"}),
    "forgot-password": ("/api/auth/forgot-password", lambda email: {"email": email}),
    "resend-activation": ("/api/auth/resend-activation", lambda email: {"email": email}),
    "register": ("/api/auth/register", lambda email: {"email": email, "password": PASSWORD, "name": "Ada"}),
}


def told_apart(known: Sequence[float], unknown: Sequence[float]) -> float:
    """Return the share of pairs in which the known one took longer, ties counted as half (the area under a ROC)."""
    ordered = sorted(unknown)
    wins = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in known) / 2
    return wins / (len(known) * len(ordered))


async def uniform(shop: OpenShop, tries: int) -> list[tuple[str, ...]]:
    """Ask about known and unknown addresses; return a row for each act."""
    rows = []
    async with ClientSession() as http:
        known, unknown = addresses(tries), addresses(tries)
        for email in known:
            await _post(http, shop.url, *_question("register", email))
        await asyncio.sleep(2)
        for act in ACTS:
            await shop.books.database[RATE_LIMITS].delete_many({})  # who was counted before costs more to count again
            times = await asked_about(http, shop.url, act, known, unknown)
            spread = [" / ".join(report.number(each) for each in _spread(times[kind])) for kind in (True, False)]
            rows.append((act, *spread, f"{told_apart(times[True], times[False]):.3f}"))
    return rows


def addresses(count: int) -> list[str]:
    """Return so many email addresses that nobody has."""
    return [f"{uuid4().hex}@example.org" for _ in range(count)]


async def asked_about(
    http: ClientSession, url: str, act: str, known: Sequence[str], unknown: Sequence[str]
) -> dict[bool, list[float]]:
    """Ask once about each address, known and unknown in a random order; return the times in ms by whether it is known.

    In turns, what is done later for the one would be counted as the other's.
    """
    order = [(email, True) for email in known] + [(email, False) for email in unknown]
    random.shuffle(order)
    times: dict[bool, list[float]] = {True: [], False: []}
    for email, is_known in order:
        times[is_known].append(await _post(http, url, *_question(act, email)))
    return times


def _question(act: str, email: str) -> tuple[str, dict[str, str]]:
    path, body = ACTS[act]
    return path, body(email)


async def _post(http: ClientSession, url: str, path: str, body: dict[str, str]) -> float:
    started = time.perf_counter()
    async with http.post(url + path, json=body) as answer:
        await answer.read()
        took = time.perf_counter() - started
        if answer.status not in {201, 202, 401}:
            raise RuntimeError(f"{path} answered {answer.status}: {await answer.text()}")
    return took * 1000


def _spread(times: Sequence[float]) -> tuple[float, ...]:
    cuts = statistics.quantiles(times, n=100)
    return tuple(cuts[percent - 1] for percent in (10, 50, 90, 99))


async def carts_beside_logins(shop: OpenShop, logins: int, rounds: int) -> list[tuple[str, ...]]:
    """Set carts at a steady pace, alone and while so many sign in at once, in turns; return a row for each."""
    ids = await shop.add_products(100, 1_000_000)
    await shop.load.ask("enter", url=shop.url, count=8)
    await shop.load.ask("fill_carts", sockets=8, product_ids=ids, each=50, pause=0.02)
    alone: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    async with ClientSession() as http:
        for number in range(rounds):
            await shop.server.quiet()
            alone.append(await _paced(shop, ids))
            rush = [asyncio.create_task(_login(http, shop.url)) for _ in range(logins)]
            await asyncio.sleep(0.5)
            beside.append(await _paced(shop, ids))
            waiting = sum(not task.done() for task in rush)
            print(
                f"round {number + 1}: p99 {alone[-1]['p99_ms']:.1f} ms, then {beside[-1]['p99_ms']:.1f} ms; "
                f"when the carts were done, {waiting} of {logins} still waited for their sign-in",
                file=sys.stderr,
            )
            await asyncio.gather(*rush)
    return [
        _of_rounds("nobody signs in", alone),
        _of_rounds(f"{logins} sign in at once (bcrypt cost {COST})", beside),
    ]


def _of_rounds(what: str, rounds: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return the middle round's figures, and how far apart the rounds are."""
    p50, p99 = ([each[name] for each in rounds] for name in ("p50_ms", "p99_ms"))
    spread = f"{report.number(min(p99))} to {report.number(max(p99))}"
    return what, report.number(statistics.median(p50)), report.number(statistics.median(p99)), spread


async def _login(http: ClientSession, url: str) -> None:
    body = {"email": "buyer@demo.com", "password": "demo123"}
    async with http.post(f"{url}/api/auth/login", json=body) as answer:
        if answer.status != 200:
            raise RuntimeError(f"login answered {answer.status}")


async def _paced(shop: OpenShop, ids: list[str]) -> dict[str, Any]:
    return dict(await shop.load.ask("fill_carts", sockets=8, product_ids=ids, each=150, pause=0.05))


async def measured(tries: int, logins: int, rounds: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Measure both, each in a shop of its own."""
    async with open_shop(**PATIENT) as shop:
        rows = await uniform(shop, tries)
    async with open_shop(**PATIENT, BCRYPT_COST=COST) as shop:
        return rows, await carts_beside_logins(shop, logins, rounds)


def main() -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1000, help="tries of each kind of address")
    parser.add_argument("--logins", type=int, default=200, help="sign-ins at once")
    parser.add_argument("--rounds", type=int, default=7, help="turns of carts alone and carts beside sign-ins")
    given = page.arguments(parser, PART)
    configure_logs("warning", as_json=False)
    answers, carts = uvloop.run(measured(given.tries, given.logins, given.rounds))
    console = Console(width=160)
    console.print(report.table("Answers by the kind of address", UNIFORM_HEADS, answers, numbers_from=1))
    console.print(report.table("Carts beside sign-ins", LOGIN_HEADS, carts, numbers_from=1))
    how = f"{given.tries:,} tries each, in a random order, bcrypt cost 4; {given.rounds} rounds of carts. "
    how += f"{processor()}, MongoDB {mongod()}; {today()}."
    print(how)
    if given.write:
        tables = (report.markdown_table(UNIFORM_HEADS, answers), report.markdown_table(LOGIN_HEADS, carts))
        page.write(given.write, PART, "\n\n".join((*tables, how)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
