"""Rules of paying: which try to pay a request goes on with, and what makes it an order's payment."""

from dataclasses import replace

from models.commands import BeginOrder, PlaceOrder
from models.errors import Conflict
from models.order import Payment
from models.payment import MAX_ATTEMPTS, Intent, PaymentState
from models.state import Draft, OrderKey


def begin_payment(command: BeginOrder, provider: str, total: int, currency: str, draft: Draft) -> Intent:
    """Return the payment that a request goes on with: its own that was begun before, or a new one.

    Another request under the same key, or one that is refused and comes again, pays with money of its own.
    """
    before = draft.payments_for(OrderKey(command.cart_id, command.order_key))
    wanted = (command.fingerprint, provider, total, currency)
    for intent in before.values():
        same = (intent.fingerprint, intent.provider, intent.amount, intent.currency) == wanted
        if same and intent.state is PaymentState.INTENT:
            return intent
    attempt = 1 + max((each.attempt for each in before.values()), default=-1)
    if attempt >= MAX_ATTEMPTS:
        message = "this order was refused too often under its key: order again with another key"
        raise Conflict(message, exhausted=True)
    intent = Intent(command.payment_id, command.cart_id, command.order_key, attempt, *wanted)
    draft.begun.append(intent)
    return intent


def take_payment(command: PlaceOrder, payment: Payment, draft: Draft) -> None:
    """Make what was set aside the order's; refuse where it is given up, or being let go, or another amount."""
    intent = draft.payments_for(OrderKey(command.cart_id, command.order_key)).get(payment.id)
    if intent is None or intent.state is not PaymentState.INTENT:
        raise Conflict("the payment was let go meanwhile: order again")
    if (intent.provider, intent.amount, intent.currency) != (payment.provider, payment.amount, payment.currency):
        raise Conflict("the payment is not of the amount that was asked for")
    taken = replace(intent, state=PaymentState.AUTHORISED, provider_id=payment.provider_id, order_id=command.order_id)
    draft.paid.append(taken)
