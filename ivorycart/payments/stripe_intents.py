"""What is read of Stripe's PaymentIntents and refunds, and nothing else of them.

Stripe writes currencies in lower case; its minor units are those of ISO 4217 for the currencies with none and with two
digits, so amounts go through as they are. For those with three it takes multiples of ten alone, and refuses the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ivorycart.payments.port import Charge, ChargeState

KEY = "ivorycart_key"
"""The metadata field that says what an intent, or a refund, was asked for with."""

_STATES: Mapping[str, ChargeState] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "voided",
}
# The header that Stripe gives to an answer which it kept under an idempotency key, and gives again.
_REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent. ``replayed``: it is how it stood when it was first asked for, not how it stands now."""

    id: str
    key: str
    amount: int
    currency: str
    status: str
    captured: int
    refunded: int
    created_at: datetime
    client_secret: str
    payment_method: str | None
    refusal: str | None
    replayed: bool

    @property
    def state(self) -> ChargeState:
        """How it stands, in the port's words."""
        return _STATES.get(self.status, "open")

    @property
    def charge(self) -> Charge:
        """The same for the shop."""
        money = (self.id, self.key, self.amount, self.currency)
        return Charge(*money, self.state, self.captured, self.refunded, self.created_at)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back, or on its way."""

    id: str
    key: str
    amount: int
    status: str


def read_intent(answered: Any) -> Intent:
    """Read an answer of the library's; ValueError, TypeError or KeyError where it is none of that shape."""
    found = _fields(answered, "payment_intent")
    charge, refusal = found.get("latest_charge"), found.get("last_payment_error")
    whole = charge if isinstance(charge, dict) else {}
    response = answered.last_response
    return Intent(
        id=str(found["id"]),
        key=_key(found),
        amount=int(found["amount"]),
        currency=str(found["currency"]).upper(),
        status=str(found["status"]),
        captured=int(found.get("amount_received") or 0),
        refunded=int(whole.get("amount_refunded") or 0),
        created_at=datetime.fromtimestamp(found["created"], UTC),
        client_secret=str(found.get("client_secret") or ""),
        payment_method=found.get("payment_method"),
        refusal=refusal.get("message") if isinstance(refusal, dict) else None,
        replayed=response is not None and response.headers.get(_REPLAYED) == "true",
    )


def read_refund(answered: Any) -> Refund:
    """Read an answer of the library's; ValueError, TypeError or KeyError where it is none of that shape."""
    found = _fields(answered, "refund")
    return Refund(str(found["id"]), _key(found), int(found["amount"]), str(found.get("status")))


def _fields(answered: Any, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = answered.to_dict()
    if found.get("object") != kind:
        raise ValueError(f"that is no {kind}")
    return found


def _key(found: Mapping[str, Any]) -> str:
    return str((found.get("metadata") or {}).get(KEY, ""))
