"""What the gateway keeps: intents, their charges, refunds and events, and the rules by which they move.

The rules are those of Stripe's PaymentIntents as far as a shop needs them; what is refused is refused by the same type,
code and status. Nothing here waits, so each change is whole.
"""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

LEAST_AMOUNT = 50
ACCEPTED = {"pm_card_visa", "pm_card_mastercard"}
NEEDS_ACTION = {"pm_card_threeDSecure2Required", "pm_card_authenticationRequired"}
DECLINED = {
    "pm_card_chargeDeclined": ("generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclined": ("generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": ("insufficient_funds", "Your card has insufficient funds."),
}
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
CANCELLABLE = {*CONFIRMABLE, "requires_capture"}


class ApiError(Exception):
    """What is answered instead. ``saved``: whether the answer is kept under the idempotency key."""

    def __init__(self, status: int, kind: str, message: str, *, saved: bool = False, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **more}}
        self.saved = saved


@dataclass
class Intent:
    """A PaymentIntent, with its one charge that may succeed; ``captures`` counts how often money was taken."""

    id: str
    amount: int
    currency: str
    metadata: dict[str, str]
    created: int
    number: int
    status: str = "requires_payment_method"
    payment_method: str | None = None
    charge: str | None = None
    captured: int = 0
    captures: int = 0
    authorisations: int = 0
    refunds: list["Refund"] = field(default_factory=list)
    last_error: dict[str, Any] | None = None

    @property
    def refunded(self) -> int:
        """How much was given back."""
        return sum(each.amount for each in self.refunds)


@dataclass
class Refund:
    """Money given back."""

    id: str
    amount: int
    intent: str
    metadata: dict[str, str]
    created: int
    number: int
    status: str = "succeeded"


class Books:
    """All that happened, newest last."""

    def __init__(self) -> None:
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, Refund] = {}
        self.events: list[dict[str, Any]] = []
        self._numbers = 0

    def create(self, params: dict[str, Any]) -> Intent:
        """Make an intent that nothing has been paid with."""
        amount, currency = _whole(params, "amount"), params.get("currency", "")
        if amount < LEAST_AMOUNT:
            raise _invalid("Amount must be at least 50 units", code="amount_too_small", param="amount")
        if len(currency) != 3 or not currency.isalpha():
            raise _invalid(f"Invalid currency: {currency}", param="currency")
        if params.get("capture_method") != "manual":
            raise _invalid("this shop captures by hand: capture_method=manual", param="capture_method")
        now, number = int(time.time()), self._next()
        intent = Intent(_id("pi"), amount, currency.lower(), params.get("metadata", {}), now, number)
        self.intents[intent.id] = intent
        self._happened("payment_intent.created", intent)
        return intent

    def get(self, intent_id: str) -> Intent:
        """Return an intent."""
        if intent_id not in self.intents:
            message = f"No such payment_intent: '{intent_id}'"
            raise ApiError(404, "invalid_request_error", message, code="resource_missing", param="intent")
        return self.intents[intent_id]

    def confirm(self, intent: Intent, params: dict[str, Any]) -> Intent:
        """Set money aside, as the payment method's name says."""
        self._expect(intent, CONFIRMABLE, "confirm")
        method = params.get("payment_method") or ""
        if method not in ACCEPTED | NEEDS_ACTION | DECLINED.keys():
            message = f"No such PaymentMethod: '{method}'"
            raise _invalid(message, code="resource_missing", param="payment_method", saved=True)
        intent.payment_method = method
        if method in DECLINED:
            decline_code, message = DECLINED[method]
            raise self._declined(intent, decline_code, message)
        if method in NEEDS_ACTION:
            intent.status = "requires_action"
            self._happened("payment_intent.requires_action", intent)
            return intent
        self._authorised(intent)
        return intent

    def play_payer(self, intent: Intent, *, agrees: bool) -> Intent:
        """Do what the payer does at the provider."""
        if intent.status != "requires_action":
            return intent
        if agrees:
            self._authorised(intent)
        else:
            try:
                raise self._declined(intent, "authentication", "We are unable to authenticate your payment method.")
            except ApiError:
                return intent
        return intent

    def capture(self, intent: Intent, params: dict[str, Any]) -> Intent:
        """Take the money, once."""
        self._expect(intent, {"requires_capture"}, "capture")
        amount = _whole(params, "amount_to_capture") if "amount_to_capture" in params else intent.amount
        if amount > intent.amount:
            message = f"The maximum capturable amount is {intent.amount}"
            raise _invalid(message, code="amount_too_large", param="amount_to_capture")
        intent.status, intent.captured, intent.captures = "succeeded", amount, intent.captures + 1
        self._happened("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: Intent) -> Intent:
        """Let it go: nothing can be paid with it any more."""
        self._expect(intent, CANCELLABLE, "cancel")
        intent.status = "canceled"
        self._happened("payment_intent.canceled", intent)
        return intent

    def refund(self, params: dict[str, Any]) -> Refund:
        """Give back no more than what was taken."""
        intent = self.get(params.get("payment_intent", ""))
        amount = _whole(params, "amount")
        if intent.status != "succeeded":
            raise _invalid("This PaymentIntent does not have a successful charge to refund.", saved=True)
        left = intent.captured - intent.refunded
        if not left:
            message = f"Charge {intent.charge} has already been refunded."
            raise _invalid(message, code="charge_already_refunded", saved=True)
        if amount > left or amount < 1:
            raise _invalid(f"Refund amount ({amount}) is greater than unrefunded amount ({left})", saved=True)
        refund = Refund(_id("re"), amount, intent.id, params.get("metadata", {}), int(time.time()), number=self._next())
        intent.refunds.append(refund)
        self.refunds[refund.id] = refund
        self._happened("charge.refunded", intent)
        return refund

    def summary(self) -> list[dict[str, Any]]:
        """Return every intent, oldest first, for tests."""
        return [asdict(each) | {"refunded": each.refunded} for each in self.intents.values()]

    def _authorised(self, intent: Intent) -> None:
        intent.status, intent.charge, intent.last_error = "requires_capture", _id("ch"), None
        intent.authorisations += 1
        self._happened("payment_intent.amount_capturable_updated", intent)

    def _declined(self, intent: Intent, decline_code: str, message: str) -> ApiError:
        intent.status, intent.payment_method = "requires_payment_method", None
        error = ApiError(402, "card_error", message, code="card_declined", decline_code=decline_code, saved=True)
        intent.last_error = error.body["error"]
        self._happened("payment_intent.payment_failed", intent)
        return error

    def _expect(self, intent: Intent, statuses: set[str], doing: str) -> None:
        if intent.status not in statuses:
            message = f"This PaymentIntent could not be used to {doing} because it has a status of {intent.status}."
            raise _invalid(message, code="payment_intent_unexpected_state", saved=True)

    def _happened(self, kind: str, intent: Intent) -> None:
        self._next()
        event: dict[str, Any] = {"id": _id("evt"), "object": "event", "type": kind, "created": int(time.time())}
        about: dict[str, Any] = {"id": intent.id, "object": "payment_intent", "status": intent.status}
        if kind.startswith("charge."):
            about = {"id": intent.charge, "object": "charge", "payment_intent": intent.id}
        more = {"metadata": intent.metadata, "amount": intent.amount, "currency": intent.currency}
        self.events.append({**event, "livemode": False, "data": {"object": {**about, **more}}})

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def _whole(params: dict[str, Any], name: str) -> int:
    if name not in params:
        raise _invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    text = params[name]
    if not (isinstance(text, str) and text.isascii() and text.isdigit()):
        raise _invalid(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    return int(text)


def _invalid(message: str, *, saved: bool = False, **more: Any) -> ApiError:
    return ApiError(400, "invalid_request_error", message, saved=saved, **more)


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
