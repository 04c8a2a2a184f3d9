"""A shop that is paid by Stripe: from the page's payment method to the money, and back to a shop without it."""

import asyncio
import secrets
from typing import Any

from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.gateway.running import KEY, RunningGateway
from tests.handlers.doors import Answer, bearer, send
from tests.system.conftest import OpenShop
from tests.visitor import sign_in

ORDERS = "/api/orders/"


async def buy(shop: RunningShop, token: str, payment_method: Any, **payment: Any) -> Answer:
    """Put something into the demo buyer's cart and order it."""
    listed = (await send(shop.url, "GET", "/api/cart/products")).body["items"]
    product = next(each for each in listed if each["available"] > 20)
    line = await send(shop.url, "PUT", f"/api/cart/items/{product['id']}", {"quantity": 1}, **bearer(token))
    asked = order(line.body["total_amount"], secrets.token_hex(8))
    asked["payment"] = {"method": "stripe", "payment_method": payment_method} | payment
    return await send(shop.url, "POST", ORDERS, asked, **bearer(token))


async def test_an_order_is_paid_by_stripe_once(open_shop: OpenShop, gateway: RunningGateway):
    """Set aside as it is ordered and taken soon after; the log keeps what is secret to itself, at any level."""
    shop = await open_shop(DEMO="true", LOG_LEVEL="debug", **gateway.settings)
    token = await sign_in(shop.url)
    placed = await buy(shop, token, "pm_card_visa")
    assert placed.status == 201, placed.body
    total = placed.body["total_amount"]
    assert placed.body["payment"] == {"method": "stripe", "amount": total}
    async with asyncio.timeout(30):
        while not (charges := await gateway.charges())[0]["captures"]:
            await asyncio.sleep(0.05)
    assert [(each["captures"], each["captured"]) for each in charges] == [(1, total)]
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
