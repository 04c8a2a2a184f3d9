"""A shop that is paid by Stripe: from the page's payment method to the money, and back to a shop without it."""

import asyncio
import secrets
from typing import Any

from bench.shop.books import open_books
from bench.shop.order import order
from bench.shop.running import RunningShop
from ivorycart.payments.stripe_provider import StripePayments
from tests.gateway.running import KEY, RunningGateway
from tests.handlers.doors import Answer, bearer, send
from tests.patience import PATIENCE
from tests.system.conftest import OpenShop
from tests.visitor import sign_in

ORDERS = "/api/orders/"


async def buy(shop: RunningShop, token: str, payment_method: Any, key: str | None = None, **payment: Any) -> Answer:
    """Put something into the demo buyer's cart and order it."""
    listed = (await send(shop.url, "GET", "/api/cart/products")).body["items"]
    product = next(each for each in listed if each["available"] > 20)
    line = await send(shop.url, "PUT", f"/api/cart/items/{product['id']}", {"quantity": 1}, **bearer(token))
    asked = order(line.body["total_amount"], key or secrets.token_hex(8))
    asked["payment"] = {"method": "stripe", "payment_method": payment_method} | payment
    return await send(shop.url, "POST", ORDERS, asked, **bearer(token))


async def captured_once(gateway: RunningGateway) -> list[dict[str, Any]]:
    """Wait until the money was taken; return the charges."""
    async with asyncio.timeout(PATIENCE):
        while not (charges := await gateway.charges())[0]["captures"]:
            await asyncio.sleep(0.05)
    assert [each["captures"] for each in charges] == [1]
    return charges


async def test_an_order_is_paid_by_stripe_once(open_shop: OpenShop, gateway: RunningGateway):
    """Set aside as it is ordered and taken soon after; the log keeps what is secret to itself, at any level."""
    shop = await open_shop(DEMO="true", LOG_LEVEL="debug", **gateway.settings)
    token = await sign_in(shop.url)
    placed = await buy(shop, token, "pm_card_visa")
    assert placed.status == 201, placed.body
    total = placed.body["total_amount"]
    assert placed.body["payment"] == {"method": "stripe", "amount": total}
    charges = await captured_once(gateway)
    assert [each["captured"] for each in charges] == [total]
    declined = await buy(shop, token, "pm_card_chargeDeclined")
    assert declined.is_problem(402, "payment_declined")
    assert declined.body["detail"] == "Your card was declined."
    log = shop.log.read_text()
    assert "payment.unsettled" not in log
    assert KEY not in log
    assert "_secret_" not in log


async def test_a_payment_without_a_payment_method_of_stripes_is_not_taken(open_shop: OpenShop, gateway: RunningGateway):
    """No card data, nothing of another method, nothing that is no id; the answer names the field as it was sent."""
    shop = await open_shop(DEMO="true", **gateway.settings)
    token = await sign_in(shop.url)
    wrong: list[Any] = ["", "pm_", "tok_visa", "pm_" + "x" * 101, "pm_a/../b", "pm_é", None, 1, {"$ne": None}, ["pm_a"]]
    for payment_method in wrong:
        refused = await buy(shop, token, payment_method)
        assert refused.is_problem(422, "validation")
        assert refused.body["errors"][0]["pointer"] == "/payment/payment_method"
    for more in ({"card": "4242424242424242"}, {"amount": 1}, {"client_secret": "x"}):
        refused = await buy(shop, token, "pm_card_visa", **more)
        assert refused.is_problem(422, "validation")
        assert refused.body["errors"][0]["pointer"] == f"/payment/{next(iter(more))}"
    assert await gateway.calls() == []


async def test_a_shop_without_stripe_says_what_it_takes(open_shop: OpenShop):
    """The method is known, and not offered here."""
    shop = await open_shop(DEMO="true")
    refused = await buy(shop, await sign_in(shop.url), "pm_card_visa")
    assert refused.is_problem(422, "validation")
    assert refused.body["methods"] == ["sandbox"]


async def test_a_payment_that_its_payer_has_to_confirm_becomes_an_order_after_that(
    open_shop: OpenShop, gateway: RunningGateway
):
    """Until then it is pending, with what the page needs to ask the payer; asked again it is placed."""
    shop = await open_shop(DEMO="true", **gateway.settings)
    token = await sign_in(shop.url)
    key = secrets.token_hex(8)
    asked = await buy(shop, token, "pm_card_threeDSecure2Required", key)
    assert (asked.status, asked.body["code"]) == (202, "pending"), asked.body
    [charge] = await gateway.charges()
    assert asked.body["payment"]["payment_intent"] == charge["id"]
    assert asked.body["payment"]["client_secret"]
    assert await gateway.payer(charge["id"]) == "requires_capture"
    placed = await buy(shop, token, "pm_card_threeDSecure2Required", key)
    assert placed.status == 201, placed.body
    await captured_once(gateway)


async def test_a_payment_that_its_payer_does_not_confirm_is_let_go(open_shop: OpenShop, gateway: RunningGateway):
    """Refused at the bank, and asked again: nothing can be set aside for it any more."""
    shop = await open_shop(DEMO="true", **gateway.settings)
    token = await sign_in(shop.url)
    key = secrets.token_hex(8)
    await buy(shop, token, "pm_card_threeDSecure2Required", key)
    [charge] = await gateway.charges()
    await gateway.payer(charge["id"], agrees=False)
    refused = await buy(shop, token, "pm_card_threeDSecure2Required", key)
    assert refused.status in {202, 402}, refused.body
    async with asyncio.timeout(PATIENCE):
        while next(each for each in await gateway.charges() if each["id"] == charge["id"])["status"] != "canceled":
            await asyncio.sleep(0.05)


async def test_news_of_the_providers_reach_the_settler(open_shop: OpenShop, gateway: RunningGateway):
    """What was given back past the shop is flagged for a person to look at, once its webhook came."""
    secret = "whsec_" + "s" * 32
    shop = await open_shop(DEMO="true", **gateway.settings, STRIPE_WEBHOOK_SECRET=secret)
    placed = await buy(shop, await sign_in(shop.url), "pm_card_visa")
    await captured_once(gateway)
    [charge] = await gateway.charges()
    provider = StripePayments(KEY, api_base=gateway.url)
    await provider.refund(charge["id"], 100, "by hand")
    await provider.close()
    sent = await gateway.send_webhooks(f"{shop.url}/api/payments/webhook", secret, intent=charge["id"], shuffled=True)
    assert {status for _, status in sent} == {200}
    async with open_books(shop) as books, asyncio.timeout(PATIENCE):
        while not (row := await books["payments"].find_one({"provider_id": charge["id"]})).get("flagged"):
            await asyncio.sleep(0.05)
    assert "100 given back there" in row["error"]
    assert placed.status == 201
