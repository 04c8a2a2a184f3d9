"""Stripe as the port has it, against the strict gateway: a key moves money once, whatever goes wrong on the way."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivorycart.payments.port import ActionNeeded, Charge, Declined, ProviderUnavailable
from ivorycart.payments.stripe_provider import PAGE, StripePayments
from tests.gateway.running import KEY, RunningGateway
from tests.patience import PATIENCE

VISA = {"method": "stripe", "payment_method": "pm_card_visa"}
DECLINED = {"method": "stripe", "payment_method": "pm_card_chargeDeclined"}
POOR = {"method": "stripe", "payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
SECURE = {"method": "stripe", "payment_method": "pm_card_threeDSecure2Required"}
MONEY = (1250, "EUR")
# Each switch, and how often: once, so that what is asked again is answered.
LOST_BEFORE = ("error_before", "drop_before", "rate_limit", "hang_before")
LOST_AFTER = ("error_after", "drop_after", "garbage", "odd", "hang_after")


@pytest.fixture
async def stripe(gateway: RunningGateway) -> AsyncIterator[StripePayments]:
    """Be a shop that is paid at the gateway, with all the time in the world."""
    provider = StripePayments(KEY, api_base=gateway.url, patience=60)
    yield provider
    await provider.close()


@pytest.fixture
async def hasty(gateway: RunningGateway) -> AsyncIterator[StripePayments]:
    """Be one that soon loses patience, for calls that are to fail."""
    provider = StripePayments(KEY, api_base=gateway.url, patience=0.3)
    yield provider
    await provider.close()


@pytest.fixture
def key() -> str:
    """Give a key that nothing was paid with."""
    return secrets.token_hex(12)


async def only(gateway: RunningGateway) -> dict[str, Any]:
    """Return the one intent there is."""
    [charge] = await gateway.charges()
    return charge


async def paid(stripe: StripePayments, key: str) -> str:
    """Set money aside and take it; return the charge's id."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await stripe.capture(charge.id, charge.amount)
    return charge.id


async def test_money_is_set_aside_taken_and_given_back(stripe: StripePayments, gateway: RunningGateway, key: str):
    """As the shop asks for it, once each; each step can be seen."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    assert (charge.key, charge.amount, charge.currency, charge.state) == (key, *MONEY, "authorised")
    assert charge.created_at
    assert abs(charge.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert await stripe.look(charge.id) == charge
    await stripe.capture(charge.id, charge.amount)
    refund = await stripe.refund(charge.id, 250, "some back")
    assert refund.startswith("re_")
    seen = await stripe.look(charge.id)
    assert seen
    assert (seen.state, seen.captured, seen.refunded) == ("captured", 1250, 250)
    kept = await only(gateway)
    assert (kept["authorisations"], kept["captures"], kept["refunded"]) == (1, 1, 250)


async def test_the_same_key_sets_money_aside_once(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Asked again it tells what came of it, also when the money was taken meanwhile."""
    first = await stripe.authorise(key, *MONEY, VISA)
    assert await stripe.authorise(key, *MONEY, VISA) == first
    await stripe.capture(first.id, first.amount)
    again = await stripe.authorise(key, *MONEY, VISA)
    assert (again.id, again.state, again.captured) == (first.id, "captured", 1250)
    assert (await only(gateway))["authorisations"] == 1


async def test_many_at_once_with_one_key_set_money_aside_once(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """Whoever comes while another one is being answered is told to ask again."""
    answers = await asyncio.gather(*(stripe.authorise(key, *MONEY, VISA) for _ in range(20)), return_exceptions=True)
    charges = {each.id for each in answers if isinstance(each, Charge)}
    assert all(isinstance(each, Charge | ProviderUnavailable) for each in answers)
    kept = await only(gateway)
    assert charges == {kept["id"]}
    assert kept["authorisations"] == 1


async def test_a_declined_method_may_be_followed_by_another(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Under the same key; the payer is told in the provider's words, and the first one stays declined until then."""
    for _ in range(2):
        with pytest.raises(Declined, match="Your card was declined"):
            await stripe.authorise(key, *MONEY, DECLINED)
    with pytest.raises(Declined, match="insufficient funds"):
        await stripe.authorise(key, *MONEY, POOR)
    assert (await stripe.authorise(key, *MONEY, VISA)).state == "authorised"
    assert (await stripe.authorise(key, *MONEY, DECLINED)).state == "authorised"
    assert (await only(gateway))["authorisations"] == 1


@pytest.mark.parametrize("method", [{}, {"payment_method": "pm_nobodys"}, {"payment_method": None}])
async def test_a_method_that_does_not_exist_is_declined(stripe: StripePayments, key: str, method: dict[str, Any]):
    """In words fit for the payer."""
    with pytest.raises(Declined, match="cannot be used"):
        await stripe.authorise(key, *MONEY, method)


async def test_a_payer_who_has_to_confirm_is_told_how(stripe: StripePayments, gateway: RunningGateway, key: str):
    """With what the page needs and no other secret; after that the same key finds the money set aside."""
    for _ in range(2):
        with pytest.raises(ActionNeeded) as caught:
            await stripe.authorise(key, *MONEY, SECURE)
        assert set(caught.value.details) == {"client_secret", "payment_intent"}
        assert caught.value.details["client_secret"].startswith(caught.value.details["payment_intent"])
    assert len(await gateway.calls("confirm")) == 1  # a page that asks again and again disturbs nobody
    assert await stripe.find(key, *MONEY) is None
    await gateway.payer(caught.value.details["payment_intent"], agrees=True)
    charge = await stripe.authorise(key, *MONEY, SECURE)
    assert (charge.id, charge.state) == (caught.value.details["payment_intent"], "authorised")


async def test_a_payer_who_does_not_confirm_is_declined(stripe: StripePayments, gateway: RunningGateway, key: str):
    """And may go on with another method, or instead of confirming."""
    with pytest.raises(ActionNeeded) as caught:
        await stripe.authorise(key, *MONEY, SECURE)
    await gateway.payer(caught.value.details["payment_intent"], agrees=False)
    with pytest.raises(Declined, match="unable to authenticate"):
        await stripe.authorise(key, *MONEY, SECURE)
    with pytest.raises(ActionNeeded):
        await stripe.authorise("another", *MONEY, SECURE)
    assert (await stripe.authorise("another", *MONEY, VISA)).state == "authorised"


@pytest.mark.parametrize("operation", ["create", "confirm", "get"])
@pytest.mark.parametrize("fault", [*LOST_BEFORE, *LOST_AFTER])
async def test_an_answer_that_is_lost_while_money_is_set_aside_charges_nobody_twice(
    stripe: StripePayments, hasty: StripePayments, gateway: RunningGateway, key: str, operation: str, fault: Any
):
    """Whoever asks again finds out what came of it."""
    if operation == "get":  # how a known intent stands is read only when it was there before
        with pytest.raises(Declined):
            await stripe.authorise(key, *MONEY, DECLINED)
    await gateway.fail(operation, fault, times=3)  # a lost connection is tried again by the client for what only reads
    with pytest.raises(ProviderUnavailable):
        await hasty.authorise(key, *MONEY, VISA)
    await gateway.heal()
    charge = await stripe.authorise(key, *MONEY, VISA)
    assert charge.state == "authorised"
    assert await stripe.find(key, *MONEY) == charge
    assert (await only(gateway))["authorisations"] == 1


@pytest.mark.parametrize("fault", [*LOST_BEFORE, *LOST_AFTER])
async def test_an_answer_that_is_lost_while_money_is_taken_takes_it_once(
    stripe: StripePayments, hasty: StripePayments, gateway: RunningGateway, key: str, fault: Any
):
    """The repeat sees that it is taken."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await gateway.fail("capture", fault)
    with pytest.raises(ProviderUnavailable):
        await hasty.capture(charge.id, charge.amount)
    await gateway.heal()
    await stripe.capture(charge.id, charge.amount)
    kept = await only(gateway)
    assert (kept["captures"], kept["captured"]) == (1, 1250)


@pytest.mark.parametrize("operation", ["refund", "refunds"])
@pytest.mark.parametrize("fault", [*LOST_BEFORE, *LOST_AFTER])
async def test_an_answer_that_is_lost_while_money_is_given_back_gives_it_back_once(
    stripe: StripePayments, hasty: StripePayments, gateway: RunningGateway, key: str, operation: str, fault: Any
):
    """Also when the provider has forgotten the key by the time of the repeat."""
    charge_id = await paid(stripe, key)
    await gateway.fail(operation, fault, times=3)
    with pytest.raises(ProviderUnavailable):
        await hasty.refund(charge_id, 400, "r1")
    await gateway.heal()
    await gateway.forget_keys()
    first = await stripe.refund(charge_id, 400, "r1")
    await gateway.forget_keys()
    assert await stripe.refund(charge_id, 400, "r1") == first
    assert [each["amount"] for each in (await only(gateway))["refunds"]] == [400]


@pytest.mark.parametrize("fault", [*LOST_BEFORE, *LOST_AFTER])
async def test_an_answer_that_is_lost_while_money_is_let_go_matters_not(
    stripe: StripePayments, hasty: StripePayments, gateway: RunningGateway, key: str, fault: Any
):
    """The repeat sees that it is gone."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await gateway.fail("cancel", fault)
    with pytest.raises(ProviderUnavailable):
        await hasty.void(charge.id)
    await gateway.heal()
    await stripe.void(charge.id)
    assert (await only(gateway))["status"] == "canceled"


async def test_a_failure_that_the_provider_repeats_for_a_day_does_not_hide_what_happened(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """It keeps even its 500 under the key: so how the intent stands is read, not what was answered."""
    await gateway.fail("confirm", "error_after", saved=True)
    with pytest.raises(ProviderUnavailable):
        await stripe.authorise(key, *MONEY, VISA)
    assert (await stripe.authorise(key, *MONEY, VISA)).state == "authorised"
    charge_id = (await only(gateway))["id"]
    await stripe.capture(charge_id, 1250)
    await gateway.fail("refund", "error_after", saved=True)
    with pytest.raises(ProviderUnavailable):
        await stripe.refund(charge_id, 100, "r1")
    assert await stripe.refund(charge_id, 100, "r1")
    kept = await only(gateway)
    assert (kept["authorisations"], kept["refunded"]) == (1, 100)


async def test_a_closed_door_is_told_as_such(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Every call: nothing is known, ask again."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await gateway.shut()
    calls = [
        stripe.authorise(key, *MONEY, VISA),
        stripe.find(key, *MONEY),
        stripe.abandon(key, *MONEY),
        stripe.capture(charge.id, 1250),
        stripe.void(charge.id),
        stripe.refund(charge.id, 1, "r"),
        stripe.look(charge.id),
        anext(stripe.charges(datetime.now(UTC) - timedelta(days=1))),
    ]
    for call in calls:
        with pytest.raises(ProviderUnavailable):
            await call
    await gateway.reopen()
    assert await stripe.look(charge.id) == charge


async def test_a_call_has_its_time_and_no_more(gateway: RunningGateway, key: str):
    """All its steps together."""
    slow = StripePayments(KEY, api_base=gateway.url, patience=1.0)
    for operation in ("create", "confirm"):
        await gateway.fail(operation, "delay", seconds=0.7)
    with pytest.raises(ProviderUnavailable):
        await slow.authorise(key, *MONEY, VISA)
    await slow.close()


async def test_an_answer_that_comes_slowly_is_read_to_its_end(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """Its head long before its body."""
    await gateway.fail("any", "slow_body", times=2)
    assert (await stripe.authorise(key, *MONEY, VISA)).state == "authorised"


async def test_what_is_abandoned_can_never_be_paid_with(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Whether it was set aside, only begun, or never heard of; abandoning again changes nothing."""
    await stripe.authorise(key, *MONEY, VISA)
    with pytest.raises(Declined):
        await stripe.authorise("begun", *MONEY, DECLINED)
    for each in (key, "begun", "unheard"):
        for _ in range(2):
            await stripe.abandon(each, *MONEY)
        assert await stripe.find(each, *MONEY) is None
        assert (await stripe.authorise(each, *MONEY, VISA)).state == "voided"
    assert [each["status"] for each in await gateway.charges()] == ["canceled"] * 3


async def test_a_confirmation_that_comes_late_finds_its_key_abandoned(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """It was on its way while the key was given up: nothing is set aside, and it is told so."""
    await gateway.fail("confirm", "delay", seconds=0.5)
    late = asyncio.create_task(stripe.authorise(key, *MONEY, VISA))
    async with asyncio.timeout(PATIENCE):
        while not await gateway.calls("confirm"):
            await asyncio.sleep(0.01)
    await stripe.abandon(key, *MONEY)
    assert (await late).state == "voided"
    kept = await only(gateway)
    assert (kept["status"], kept["authorisations"]) == ("canceled", 0)


async def test_what_was_set_aside_a_day_ago_is_found_and_let_go(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """The provider has forgotten the key by then, and would make a second intent under it."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await gateway.forget_keys()
    found = await stripe.find(key, *MONEY)
    assert found
    assert found.id == charge.id
    await gateway.forget_keys()
    await stripe.abandon(key, *MONEY)
    assert {each["status"] for each in await gateway.charges()} <= {"canceled", "requires_payment_method"}
    assert await stripe.find(key, *MONEY) is None


async def test_what_was_taken_cannot_be_let_go(stripe: StripePayments, gateway: RunningGateway, key: str):
    """That is told, and stays as it is: it can only be given back."""
    charge_id = await paid(stripe, key)
    for call in (stripe.void(charge_id), stripe.abandon(key, *MONEY)):
        with pytest.raises(Declined, match="taken already"):
            await call
    assert (await only(gateway))["status"] == "succeeded"


async def test_what_was_let_go_cannot_be_taken(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Letting go again changes nothing."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    await stripe.void(charge.id)
    await stripe.void(charge.id)
    with pytest.raises(Declined, match="canceled"):
        await stripe.capture(charge.id, charge.amount)
    assert (await only(gateway))["captures"] == 0


async def test_money_is_taken_once_and_by_the_amount_that_was_asked(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """Less than what is set aside may be taken, more may not; another amount later is refused."""
    charge = await stripe.authorise(key, *MONEY, VISA)
    with pytest.raises(Declined):
        await stripe.capture(charge.id, charge.amount + 1)
    answers = await asyncio.gather(*(stripe.capture(charge.id, 1000) for _ in range(10)), return_exceptions=True)
    assert set(map(type, answers)) == {type(None)}
    with pytest.raises(Declined, match="1000 was taken before"):
        await stripe.capture(charge.id, 1250)
    kept = await only(gateway)
    assert (kept["captures"], kept["captured"]) == (1, 1000)


@pytest.mark.parametrize("money", [(1251, "EUR"), (1250, "USD")])
async def test_another_amount_under_the_same_key_is_refused(
    stripe: StripePayments, gateway: RunningGateway, key: str, money: tuple[int, str]
):
    """By every call that names it; nothing is confirmed."""
    with pytest.raises(Declined):
        await stripe.authorise(key, *MONEY, DECLINED)
    for call in (stripe.authorise(key, *money, VISA), stripe.find(key, *money), stripe.abandon(key, *money)):
        with pytest.raises(Declined):
            await call
    assert (await only(gateway))["authorisations"] == 0


@pytest.mark.parametrize("odd", [{"amount": 1}, {"currency": "usd"}, {"metadata": {"ivorycart_key": "another's"}}])
async def test_an_intent_that_is_not_what_was_asked_for_is_never_confirmed(
    stripe: StripePayments, gateway: RunningGateway, key: str, odd: dict[str, Any]
):
    """Whoever changed it."""
    with pytest.raises(Declined):
        await stripe.authorise(key, *MONEY, DECLINED)
    await gateway.change((await only(gateway))["id"], **odd)
    with capture_logs() as logs, pytest.raises(Declined, match="another key"):
        await stripe.authorise(key, *MONEY, VISA)
    assert (await only(gateway))["authorisations"] == 0
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["payment.misfit"]


async def test_no_more_is_given_back_than_was_taken(stripe: StripePayments, gateway: RunningGateway, key: str):
    """Parts may be, each under a key of its own; the same key with another amount is refused."""
    charge_id = await paid(stripe, key)
    await stripe.refund(charge_id, 1000, "r1")
    for amount, other in ((251, "r2"), (999, "r1")):
        with pytest.raises(Declined):
            await stripe.refund(charge_id, amount, other)
    await stripe.refund(charge_id, 250, "r3")
    with pytest.raises(Declined):
        await stripe.refund(charge_id, 1, "r4")
    assert (await only(gateway))["refunded"] == 1250


async def test_the_same_refund_asked_for_at_once_is_given_once(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """By two settlers, say."""
    charge_id = await paid(stripe, key)
    await gateway.fail("refund", "delay", times=10)  # so that all have looked before anything is given back
    answers = await asyncio.gather(*(stripe.refund(charge_id, 100, "r1") for _ in range(10)), return_exceptions=True)
    assert len({each for each in answers if isinstance(each, str)}) == 1
    assert all(isinstance(each, str | ProviderUnavailable) for each in answers)
    assert (await only(gateway))["refunded"] == 100


async def test_a_refund_among_very_many_is_found_again(stripe: StripePayments, gateway: RunningGateway, key: str):
    """On whichever page it is."""
    charge_id = await paid(stripe, key)
    first = await stripe.refund(charge_id, 1, "r0")
    await asyncio.gather(*(stripe.refund(charge_id, 1, f"r{number}") for number in range(1, PAGE + 1)))
    await gateway.forget_keys()
    assert await stripe.refund(charge_id, 1, "r0") == first
    assert (await only(gateway))["refunded"] == PAGE + 1


async def test_nothing_can_be_done_with_what_is_not_there(stripe: StripePayments):
    """Looking finds nothing; the rest is declined."""
    assert await stripe.look("pi_nobodys") is None
    for call in (stripe.capture("pi_nobodys", 1), stripe.void("pi_nobodys"), stripe.refund("pi_nobodys", 1, "r")):
        with pytest.raises(Declined):
            await call


async def test_an_amount_that_the_provider_does_not_take_is_declined(stripe: StripePayments, key: str):
    """It has a least amount; asking again would not help."""
    with pytest.raises(Declined):
        await stripe.authorise(key, 1, "EUR", VISA)


async def test_all_charges_of_shops_are_listed_over_pages(stripe: StripePayments, gateway: RunningGateway):
    """Whatever their state; those that somebody else made are left out."""
    before = datetime.now(UTC) - timedelta(minutes=1)
    await asyncio.gather(*(stripe.abandon(f"k{number}", *MONEY) for number in range(PAGE + 5)))
    charge_id = await paid(stripe, "paid")
    await stripe.refund(charge_id, 50, "r1")
    await stripe.abandon("foreign", *MONEY)
    foreign = (await gateway.charges())[-1]["id"]
    await gateway.change(foreign, metadata={"somebody": "else"})
    found = {each.key: each async for each in stripe.charges(before)}
    assert set(found) == {"paid", *(f"k{number}" for number in range(PAGE + 5))}
    assert {each.state for each in found.values()} == {"voided", "captured"}
    assert (found["paid"].captured, found["paid"].refunded) == (1250, 50)
    assert [each async for each in stripe.charges(datetime.now(UTC) + timedelta(minutes=5))] == []
    assert await stripe.look(foreign) is None


async def test_a_wrong_api_key_is_told_loudly_and_kept_to_oneself(gateway: RunningGateway, key: str):
    """In the log, for whoever runs the shop; the payer hears that it is unavailable."""
    stranger = StripePayments("sk_test_wrong_one_1234", api_base=gateway.url)
    with capture_logs() as logs, pytest.raises(ProviderUnavailable) as caught:
        await stranger.authorise(key, *MONEY, VISA)
    await stranger.close()
    assert [(line["event"], line["log_level"]) for line in logs] == [("payment.api_key_refused", "error")]
    assert "sk_" not in f"{logs} {caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


async def test_what_is_lost_by_stopping_in_the_middle_is_found_again(
    stripe: StripePayments, gateway: RunningGateway, key: str
):
    """Whoever waited was cut off, as a client's deadline or the shop's stop does."""
    await gateway.fail("confirm", "hang_after")
    cut_off = asyncio.create_task(stripe.authorise(key, *MONEY, VISA))
    async with asyncio.timeout(PATIENCE):
        while not (await gateway.charges() and (await only(gateway))["authorisations"]):
            await asyncio.sleep(0.01)
    cut_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut_off
    found = await stripe.find(key, *MONEY)
    assert found
    assert found.state == "authorised"
