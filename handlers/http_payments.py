"""What payment providers send, over HTTP."""

from typing import Any

from handlers.errors import Malformed
from handlers.payloads.payment import WebhookAnswer
from handlers.routing import Call, Routes, read_body
from ivorycart.payments.webhooks import NotTheirs
from models.errors import NotFound
from models.roles import Permission

SIGNATURE = "Stripe-Signature"

payment_routes = Routes()


@payment_routes.add(
    "POST",
    "/api/payments/webhook",
    needs=Permission.TELL_OF_PAYMENTS,
    answer=WebhookAnswer,
    takes=("application/json",),
    refusals=("not_found", "storage_unavailable"),
    counted=False,
    own_door=True,
)
async def take_webhook(call: Call) -> Any:
    """Hear from the payment provider that a payment has moved; only what it signed itself, not long ago, is believed.

    Where the shop has no STRIPE_WEBHOOK_SECRET there is no such route. An event that was had before changes nothing.
    """
    webhooks = call.shop.webhooks
    if webhooks is None:
        raise NotFound("no webhooks are taken here")
    body = await read_body(call.request)
    try:
        await webhooks.take(body, call.request.headers.get(SIGNATURE))
    except NotTheirs as reason:
        raise Malformed(str(reason)) from None
    return {"received": True}
