"""People in a demo shop, until Ctrl-C: they look, hold, put back and order; what runs out is restocked.

    python -m bench.lively [URL] [--shoppers 8] [--seconds N]

For whoever wants to see badges and dashboards move. To measure a shop there is `python -m ivorycart load`.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any

from aiohttp import ClientError, ClientSession

from bench.pages.lively import bearer, call, ordered, ship_one, take

PAUSES = 1.0, 6.0  # seconds between two things that somebody does
RESTOCKS = 12.0  # seconds
SCARCE = 3
PORTION = 12
AT_ONCE = 2  # restocks: something is to be seen running out
SIGNED_IN = 300  # seconds; a token is good for longer


async def shopper(http: ClientSession, dice: random.Random) -> None:
    """Fill a cart over and over, and order it or put it back."""
    while True:
        session = (await call(http, "POST", "/api/session", {}))["session"]
        who = {"X-Cart-Session": session}
        for _ in range(dice.randint(1, 3)):
            await pause(dice)
            await take(http, who, await some(http, dice, 1))
        await pause(dice)
        await call(http, "DELETE", "/api/cart", **who)


async def customer(http: ClientSession, dice: random.Random) -> None:
    """Order as the demo's buyer, now and then; the seller sends some of it."""
    while True:
        buyer = await bearer(http, "buyer")
        until = asyncio.get_running_loop().time() + SIGNED_IN
        for number in count(1):
            await pause(dice)
            await ordered(http, buyer, await some(http, dice, dice.randint(1, 2)))
            if number % 4 == 0:
                await ship_one(http)
            if asyncio.get_running_loop().time() > until:
                break


async def keeper(http: ClientSession, dice: random.Random) -> None:
    """Restock what is nearly gone."""
    while True:
        admin = await bearer(http, "admin")
        await asyncio.sleep(RESTOCKS)
        items = (await call(http, "GET", "/api/products/?limit=100"))["items"]
        scarce = [each for each in items if each["stock"] <= SCARCE]
        for product in dice.sample(scarce, min(AT_ONCE, len(scarce))):
            body = {"change_type": "restock", "delta": PORTION, "reason": "a delivery"}
            await call(http, "POST", f"/api/products/{product['id']}/stock", body, **admin)


async def some(http: ClientSession, dice: random.Random, number: int) -> list[dict[str, Any]]:
    """Choose among what can be had."""
    items = (await call(http, "GET", "/api/products/?limit=100"))["items"]
    had = [each for each in items if each["available"] > 0]
    return dice.sample(had, min(number, len(had)))


async def pause(dice: random.Random) -> None:
    """Wait as people do."""
    await asyncio.sleep(dice.uniform(*PAUSES))


async def live(url: str, shoppers: int, seconds: float | None) -> None:
    """Let people in; whoever cannot go on, because the shop is restarting, say, comes back."""
    dice = random.Random()
    async with ClientSession(url) as http, asyncio.TaskGroup() as people:
        crowd = [keeper, customer, *[shopper] * shoppers]
        tasks = [people.create_task(persist(who, http, dice)) for who in crowd]
        if seconds is not None:
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()


async def persist(
    who: Callable[[ClientSession, random.Random], Awaitable[None]], http: ClientSession, dice: random.Random
) -> None:
    """Do it again where the shop could not be asked, or refused."""
    while True:
        try:
            await who(http, dice)
        except (ClientError, RuntimeError, TimeoutError):
            await pause(dice)


def main() -> int:
    """Let people in until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:5000", help="a shop with demo data")
    parser.add_argument("--shoppers", type=int, default=8, help="beside one who orders")
    parser.add_argument("--seconds", type=float, help="how long; until Ctrl-C without it")
    given = parser.parse_args()
    print(f"{given.shoppers} shoppers and a customer are in {given.url}; Ctrl-C lets them go.")
    with suppress(KeyboardInterrupt):
        asyncio.run(live(given.url, given.shoppers, given.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
