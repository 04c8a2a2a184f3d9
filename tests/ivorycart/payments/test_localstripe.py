"""Stripe as the port has it, against a stand-in that nobody here wrote: the ways that go well."""

import secrets
from collections.abc import AsyncIterator

import pytest

from ivorycart.payments.port import ActionNeeded, Declined
from ivorycart.payments.stripe_provider import StripePayments
from tests.gateway.localstripe import RunningLocalstripe
from tests.gateway.running import KEY

GOOD = "4242424242424242"
DECLINED = "4000000000000341"
SECURE = "4000002760003184"
MONEY = (1250, "EUR")


@pytest.fixture(scope="module")
async def localstripe() -> AsyncIterator[RunningLocalstripe]:
    """Run it."""
    running = await RunningLocalstripe().start()
    yield running
    await running.stop()


@pytest.fixture
async def stripe(localstripe: RunningLocalstripe) -> AsyncIterator[StripePayments]:
    """Be a shop that is paid there."""
    provider = StripePayments(KEY, api_base=localstripe.url, patience=60)
    yield provider
    await provider.close()


async def test_money_is_set_aside_taken_and_given_back(stripe: StripePayments, localstripe: RunningLocalstripe):
    """The whole life of a charge, each step seen."""
    key = secrets.token_hex(12)
    charge = await stripe.authorise(key, *MONEY, {"payment_method": await localstripe.card(GOOD)})
    assert (charge.key, charge.amount, charge.currency, charge.state) == (key, *MONEY, "authorised")
    await stripe.capture(charge.id, charge.amount)
    taken = await stripe.look(charge.id)
    assert taken
    assert (taken.state, taken.captured, taken.refunded) == ("captured", 1250, 0)
    refund = await stripe.refund(charge.id, 250, "r1")
    assert await stripe.refund(charge.id, 250, "r1") == refund
    given = await stripe.look(charge.id)
    assert given
    assert (given.captured, given.refunded) == (1250, 250)


async def test_money_is_let_go(stripe: StripePayments, localstripe: RunningLocalstripe):
    """And cannot be taken after that."""
    charge = await stripe.authorise("k", *MONEY, {"payment_method": await localstripe.card(GOOD)})
    await stripe.void(charge.id)
    gone = await stripe.look(charge.id)
    assert gone
    assert gone.state == "voided"


async def test_a_card_is_declined_in_the_providers_words(stripe: StripePayments, localstripe: RunningLocalstripe):
    """They are meant for payers."""
    with pytest.raises(Declined, match="declined"):
        await stripe.authorise("k", *MONEY, {"payment_method": await localstripe.card(DECLINED)})
    with pytest.raises(Declined, match="cannot be used"):
        await stripe.authorise("k", *MONEY, {"payment_method": "pm_nobodys"})


async def test_a_payer_has_to_confirm(stripe: StripePayments, localstripe: RunningLocalstripe):
    """By what the page is told; then the money is set aside."""
    with pytest.raises(ActionNeeded) as caught:
        await stripe.authorise("k", *MONEY, {"payment_method": await localstripe.card(SECURE)})
    details = caught.value.details
    await localstripe.confirms(details["payment_intent"], details["client_secret"], agrees=True)
    charge = await stripe.look(details["payment_intent"])
    assert charge
    assert charge.state == "authorised"
