"""What acting clients do. Each act is a task's turn of a loop that ends when the crew rests.

carter → sets lines of its own cart · buyer → fills a cart and orders it · probe → moves one product that nobody else of
the load touches, so that each of its versions has a known moment · staller → reads nothing.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ivorycart.load.crew import Crew
from ivorycart.load.messages import Probed
from ivorycart.load.seat import Account, Seat
from ivorycart.load.sights import Level
from ivorycart.load.target import OnSale

ADDRESS = {"name": "Load Test", "line1": "1 Load Lane", "city": "London", "postal_code": "N1", "country": "GB"}
CARD = {"method": "sandbox", "card": "4242424242424242"}
LINES = 5  # of one cart
UNITS = 3  # of one line
REPEATS = 4  # of an order whose outcome is not known
PROBE_PATIENCE = 5.0


@dataclass(slots=True)
class Stage:
    """What the roles share: what may be bought, when to rest, and one lock per cart that several sockets share."""

    products: Sequence[OnSale]
    probe_product: str
    resting: asyncio.Event = field(default_factory=asyncio.Event)
    carts: dict[Account, asyncio.Lock] = field(default_factory=dict)

    def lock_of(self, account: Account | None) -> asyncio.Lock:
        """Return the lock of an account's cart; a guest's cart has but one socket."""
        return self.carts.setdefault(account, asyncio.Lock()) if account else asyncio.Lock()


async def carter(crew: Crew, stage: Stage, seat: Seat) -> None:
    """Set lines of a cart, up and down; empty it in the end."""
    wanted = crew.dice.sample(stage.products, min(LINES, len(stage.products)))
    while await _turn(crew, stage):
        product = crew.dice.choice(wanted)
        await _set(crew, seat, product, crew.dice.randint(0, min(UNITS, product.cap)))
    await crew.ask(seat, "cart:clear")


async def buyer(crew: Crew, stage: Stage, seat: Seat) -> None:
    """Fill a cart and order it. Sockets of one account share its cart, so they take turns."""
    lock = stage.lock_of(seat.account)
    async with lock:
        await crew.ask(seat, "cart:clear")
    while await _turn(crew, stage):
        if not seat.may_order:
            continue
        async with lock:
            cart = await _set(crew, seat, crew.dice.choice(stage.products), 1)
            if cart and cart["lines"]:
                await _order(crew, seat, cart)
    async with lock:
        await crew.ask(seat, "cart:clear")


async def probe(crew: Crew, stage: Stage, seat: Seat) -> None:
    """Take one unit of the probe's product and give it back, in turn; note the moments of each version."""
    quantity, period = 0, 1 / crew.plan.options.probe_rate
    while not stage.resting.is_set():
        await asyncio.sleep(crew.dice.uniform(0.7, 1.3) * period)  # in step with a tick it would measure that
        before = seat.sight.levels.get(stage.probe_product)
        if before is None or seat.client is None or stage.resting.is_set():
            continue
        sent = time.monotonic()
        payload = {"product_id": stage.probe_product, "quantity": 1 - quantity}
        answer = await crew.ask(seat, "cart:set", payload, "cart_acks")
        if answer and answer.get("ok"):
            acked, change, quantity = time.monotonic(), 1 - 2 * quantity, 1 - quantity
            await _note_step(crew, stage, seat, before, change, sent, acked)
    await crew.ask(seat, "cart:clear")


async def _note_step(
    crew: Crew, stage: Stage, seat: Seat, before: Level, change: int, sent: float, acked: float
) -> None:
    """Wait until the probe itself has heard of its act; count it unless somebody else moved the product as well."""
    try:
        async with asyncio.timeout(PROBE_PATIENCE):
            while (after := seat.sight.levels[stage.probe_product]).version <= before.version:
                crew.probe_news.clear()
                await crew.probe_news.wait()
    except TimeoutError:
        crew.tally.probe_unheard += 1
        return
    if (after.version, after.stock, after.held) == (before.version + 1, before.stock, before.held + change):
        crew.tally.probe_steps += 1
        crew.probed.append(Probed(after.version, sent, acked))
    else:
        crew.tally.probe_disturbed += 1


async def staller(crew: Crew, seat: Seat) -> None:
    """Stop reading once the first snapshot is there."""
    while not (seat.client and seat.sight.levels):  # noqa: ASYNC110 - an event for each of many clients is more
        await asyncio.sleep(0.05)
    seat.sight = crew.sights.apart(seat.sight)
    seat.client.stall()


async def storms(crew: Crew) -> None:
    """Cut connections when the plan says so; called at the end of the ramp."""
    began = time.monotonic()
    for at in crew.plan.options.storms():
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        crew.cut(crew.plan.options.reconnects)


async def _turn(crew: Crew, stage: Stage) -> bool:
    """Wait for a client's next act, at random moments of the rate; return whether it is still to be done."""
    try:
        async with asyncio.timeout(crew.dice.expovariate(crew.plan.options.rate)):
            await stage.resting.wait()
    except TimeoutError:
        return True
    return False


async def _set(crew: Crew, seat: Seat, product: OnSale, quantity: int) -> dict[str, Any] | None:
    payload = {"product_id": product.id, "quantity": quantity}
    answer = await crew.ask(seat, "cart:set", payload, "cart_acks")
    return answer["cart"] if answer and answer.get("ok") else None


async def _order(crew: Crew, seat: Seat, cart: dict[str, Any]) -> None:
    """Order a cart; without an answer ask again, with the same key, as the protocol lets one."""
    payload = {
        "order_key": uuid4().hex,
        "address": ADDRESS,
        "payment": CARD,
        "expected_total": cart["total_amount"],
    }
    for _ in range(REPEATS):
        answer = await crew.ask(seat, "order:place", payload, "order_acks")
        if answer and answer.get("ok"):
            crew.tally.orders += 1
            crew.tally.units.update({each["product_id"]: each["quantity"] for each in answer["order"]["product_list"]})
            return
        if answer and answer.get("error", {}).get("code") not in {"pending", "storage_unavailable"}:
            return
        await asyncio.sleep(1)
    crew.tally.unknown["order:place: outcome not known"] += 1
    crew.tally.unknown_units.update({each["product_id"]: each["quantity"] for each in cart["lines"]})
