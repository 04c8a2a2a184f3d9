"""Webhooks over HTTP: what the provider signed is taken, once; all else is refused and changes nothing."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from ivorycart.payments.stripe_provider import StripePayments
from tests.gateway.running import RunningGateway
from tests.gateway.sending import signature
from tests.handlers.doors import Answer, send

SECRET = f"whsec_{'w' * 32}"
PATH = "/api/payments/webhook"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def paid_shop(
    gateway_process: RunningGateway, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningShop]:
    """Run a shop that takes webhooks."""
    settings = {**gateway_process.settings, "STRIPE_WEBHOOK_SECRET": SECRET, "DEMO": "true"}
    running = await RunningShop(tmp_path_factory.mktemp("paid") / "data", settings).start()
    yield running
    assert await running.stop() == 0, running.log.read_text()[-3000:]


@pytest.fixture
async def payments(paid_shop: RunningShop) -> AsyncIterator[Any]:
    """Open the shop's payments."""
    async with open_books(paid_shop) as books:
        yield books["payments"]


async def add_payment(payments: Any, provider_id: str | None = None) -> str:
    """Store a payment that was settled long ago; return the provider's id of it."""
    provider_id = provider_id or f"pi_{secrets.token_hex(12)}"
    row = {"_id": ObjectId(), "provider": "stripe", "provider_id": provider_id, "amount": 1, "state": "voided"}
    await payments.insert_one({**row, "open": False, "due": LONG_AGO})
    return provider_id


async def is_due(payments: Any, provider_id: str) -> bool:
    """Whether a payment was made due."""
    row = await payments.find_one({"provider_id": provider_id})
    assert (row["due"] > LONG_AGO) == row["open"]
    return bool(row["open"])


def event(about: Any, **fields: Any) -> dict[str, Any]:
    """Return an event about an intent, or about something else."""
    if isinstance(about, str):
        about = {"id": about, "object": "payment_intent", "status": "succeeded"}
    kind = {"object": "event", "type": "payment_intent.succeeded", "livemode": False}
    return {"id": f"evt_{secrets.token_hex(12)}", **kind, "data": {"object": about}, **fields}


async def deliver(shop: RunningShop, what: Any, *, secret: str = SECRET, age: int = 0, **headers: str) -> Answer:
    """Send an event, or a body, as the provider would."""
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    headers = {"Stripe_Signature": signature(body, secret, int(time.time()) - age)} | headers
    return await send(shop.url, "POST", PATH, body, **({"Content_Type": "application/json"} | headers))


async def test_a_signed_event_makes_its_payment_due(paid_shop: RunningShop, payments: Any):
    """Whatever it says: how the payment stands is asked of the provider."""
    provider_id = await add_payment(payments)
    answer = await deliver(paid_shop, event(provider_id))
    assert (answer.status, answer.body) == (200, {"received": True})
    assert await is_due(payments, provider_id)


@pytest.mark.parametrize("kind", ["charge", "refund", "dispute", "whole"])
async def test_events_about_what_belongs_to_an_intent_find_it(paid_shop: RunningShop, payments: Any, kind: str):
    """Charges, refunds and disputes name it, by its id or as a whole."""
    provider_id = await add_payment(payments)
    named: Any = {"id": provider_id, "object": "payment_intent"} if kind == "whole" else provider_id
    about = {"id": "x_1", "object": kind, "payment_intent": named}
    assert (await deliver(paid_shop, event(about, type="charge.refunded"))).status == 200
    assert await is_due(payments, provider_id)


@pytest.mark.parametrize(
    "about",
    [
        {"id": "cus_1", "object": "customer"},
        {"id": "ch_1", "object": "charge", "payment_intent": None},
        {"id": "pi_nobodys", "object": "payment_intent"},
    ],
)
async def test_events_about_anything_else_are_taken_and_change_nothing(
    paid_shop: RunningShop, payments: Any, about: Any
):
    """A provider that is refused would send them again for days."""
    provider_id = await add_payment(payments)
    assert (await deliver(paid_shop, event(about))).status == 200
    assert not await is_due(payments, provider_id)


async def test_a_repeat_has_no_second_effect(paid_shop: RunningShop, payments: Any):
    """Five times, and answered as the first one."""
    provider_id = await add_payment(payments)
    again = event(provider_id)
    assert (await deliver(paid_shop, again)).status == 200
    await payments.update_one({"provider_id": provider_id}, {"$set": {"open": False, "due": LONG_AGO}})
    for _ in range(4):
        assert (await deliver(paid_shop, again)).status == 200
    assert not await is_due(payments, provider_id)


async def test_repeats_that_come_at_once_are_all_taken_well(paid_shop: RunningShop, payments: Any):
    """And noted as one."""
    provider_id = await add_payment(payments)
    again = event(provider_id)
    answers = await asyncio.gather(*(deliver(paid_shop, again) for _ in range(20)))
    assert {each.status for each in answers} == {200}
    assert await is_due(payments, provider_id)
    async with open_books(paid_shop) as books:
        assert await books["webhook_events"].count_documents({"_id": again["id"]}) == 1


NOT_BELIEVED = {
    "signed with another secret": {"secret": "whsec_of_somebody_else_entirely"},
    "signed five minutes ago": {"age": 301},
    "signed an hour ago": {"age": 3600},
    "without a time": {"Stripe_Signature": "v1=" + "0" * 64},
    "without a signature": {"Stripe_Signature": f"t={int(time.time())}"},
    "of another scheme": {"Stripe_Signature": f"t={int(time.time())},v0=" + "0" * 64},
    "of no form": {"Stripe_Signature": "hello"},
    "empty": {"Stripe_Signature": ""},
    "a time that is none": {"Stripe_Signature": "t=soon,v1=" + "0" * 64},
    "a time that is too long": {"Stripe_Signature": "t=" + "9" * 5000 + ",v1=" + "0" * 64},
    "not in ASCII": {"Stripe_Signature": f"t={int(time.time())},v1=\u00e9\u00e9"},
    "very many": {"Stripe_Signature": f"t={int(time.time())}," + ",".join(["v1=0"] * 1000)},
}


@pytest.mark.parametrize("how", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
async def test_what_the_provider_did_not_sign_just_now_is_refused(paid_shop: RunningShop, payments: Any, how: Any):
    """As malformed, whatever is wrong with it, and the payment stays as it was."""
    provider_id = await add_payment(payments)
    answer = await deliver(paid_shop, event(provider_id), **how)
    assert (answer.status, answer.body["code"]) == (400, "malformed")
    assert SECRET not in str(answer.body)
    assert not await is_due(payments, provider_id)


async def test_a_body_without_a_signature_or_with_anothers_is_refused(paid_shop: RunningShop, payments: Any):
    """A signature is of one body, to the last byte."""
    provider_id = await add_payment(payments)
    body = json.dumps(event(provider_id)).encode()
    signed = signature(body, SECRET, int(time.time()))
    other = json.dumps(event(provider_id)).encode()
    headers = {"Content_Type": "application/json"}
    for wrong in (
        await send(paid_shop.url, "POST", PATH, body, **headers),
        await send(paid_shop.url, "POST", PATH, body + b" ", **headers, Stripe_Signature=signed),
        await send(paid_shop.url, "POST", PATH, other, **headers, Stripe_Signature=signed),
        await send(paid_shop.url, "POST", PATH, b"", **headers, Stripe_Signature=signed),
    ):
        assert (wrong.status, wrong.body["code"]) == (400, "malformed")
    assert not await is_due(payments, provider_id)


NO_EVENTS = [
    *(b"", b"{", b"\xff\xfe", b"[]", b"1", b"null", b"{}", b'{"id": "evt_1"}', b"[" * 5000),
    *(event(wrong) for wrong in (None, 1, [], {}, {"object": "payment_intent"}, {"object": 1, "payment_intent": 1})),
    *(event("pi_1", id=wrong) for wrong in ({"$ne": None}, "", "e" * 256, "\ud800", "a b", None, 1)),
    *(event("pi_1", type=None), event("pi_1", data=[]), event("p" * 256)),
    *(event({"object": "charge", "payment_intent": wrong}) for wrong in ({"id": {"$ne": None}}, {}, ["pi_1"])),
]


@pytest.mark.parametrize("number", range(len(NO_EVENTS)))
async def test_what_is_signed_and_yet_no_event_is_refused(paid_shop: RunningShop, number: int):
    """Nothing of it reaches the database."""
    answer = await deliver(paid_shop, NO_EVENTS[number])
    assert (answer.status, answer.body["code"]) == (400, "malformed")


async def test_the_limits_of_every_body_hold_here(paid_shop: RunningShop):
    """64 KiB, and JSON by its own account."""
    long = await deliver(paid_shop, event("pi_1", padding="x" * 70_000))
    assert (long.status, long.body["code"]) == (413, "too_large")
    other = await deliver(paid_shop, event("pi_1"), Content_Type="text/plain")
    assert (other.status, other.body["code"]) == (415, "unsupported_type")
    assert (await send(paid_shop.url, "GET", PATH)).status == 405


async def test_a_shop_that_knows_no_secret_has_no_such_route(shop: RunningShop):
    """Whoever signs with whatever."""
    answer = await deliver(shop, event("pi_1"))
    assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_what_a_provider_really_sends_is_taken_in_any_order(
    paid_shop: RunningShop, payments: Any, gateway: RunningGateway
):
    """Every event of a payment's life, five times each, shuffled and all at once; only old ones are refused."""
    provider = StripePayments(gateway.settings["STRIPE_API_KEY"], api_base=gateway.url)
    charge = await provider.authorise("k", 500, "EUR", {"payment_method": "pm_card_visa"})
    await provider.capture(charge.id, 500)
    await provider.refund(charge.id, 100, "r")
    await provider.close()
    await add_payment(payments, charge.id)
    url = paid_shop.url + PATH
    assert {status for _, status in await gateway.send_webhooks(url, SECRET, times=2, age=600)} == {400}
    assert not await is_due(payments, charge.id)
    sent = await gateway.send_webhooks(url, SECRET, intent=charge.id, times=5, shuffled=True, together=True)
    assert {status for _, status in sent} == {200}
    assert len({event_id for event_id, _ in sent}) == 4
    assert await is_due(payments, charge.id)
    async with open_books(paid_shop) as books:
        ids = [event_id for event_id, _ in sent]
        assert await books["webhook_events"].count_documents({"_id": {"$in": ids}}) == 4
