"""How the gateway writes what it keeps, in Stripe's shapes."""

from collections.abc import Sequence
from typing import Any

from tests.gateway.books import Books, Intent, Refund


def intent_shape(intent: Intent, expand: Sequence[str] = ()) -> dict[str, Any]:
    """Write a PaymentIntent; with `latest_charge` in ``expand`` its charge whole."""
    waiting = intent.status == "requires_action"
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.amount if intent.status == "requires_capture" else 0,
        "amount_received": intent.captured,
        "capture_method": "manual",
        "client_secret": f"{intent.id}_secret_{intent.id[-8:]}",
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "last_payment_error": intent.last_error,
        "latest_charge": _charge(intent) if "latest_charge" in expand and intent.charge else intent.charge,
        "livemode": False,
        "metadata": intent.metadata,
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}} if waiting else None,
        "payment_method": intent.payment_method,
        "payment_method_types": ["card"],
        "status": intent.status,
    }


def _charge(intent: Intent) -> dict[str, Any]:
    return {
        "id": intent.charge,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": intent.captured,
        "amount_refunded": intent.refunded,
        "captured": bool(intent.captures),
        "currency": intent.currency,
        "metadata": intent.metadata,
        "payment_intent": intent.id,
        "refunded": bool(intent.captured) and intent.refunded == intent.captured,
        "status": "succeeded",
    }


def refund_shape(refund: Refund, books: Books) -> dict[str, Any]:
    """Write a refund."""
    intent = books.intents[refund.intent]
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": intent.charge,
        "created": refund.created,
        "currency": intent.currency,
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "status": refund.status,
    }


def list_shape(items: Sequence[dict[str, Any]], *, url: str, more: bool, kind: str = "list") -> dict[str, Any]:
    """Write a page."""
    return {"object": kind, "url": url, "has_more": more, "data": list(items)}
