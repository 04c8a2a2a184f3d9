"""Paying: what is known of each try to pay for an order, from the intent on, and what is owed of it.

    intent ──► authorised ──► captured ──► refunded
      │             └───────► voided
      └──► abandoned ──► voided

An intent is written before the provider is asked, so that whatever happens there has somebody who looks after it: it
becomes ``authorised`` together with its order, in one transaction, or else it is abandoned, and what was set aside for
it is let go. A payment's id is the key that the provider gets, so asking again never sets money aside twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.identity import OwnerId

# How many tries one order key has: each may set money aside at the provider, if only for a moment.
MAX_ATTEMPTS = 10


class PaymentState(StrEnum):
    """How far a payment is."""

    INTENT = "intent"
    ABANDONED = "abandoned"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Intent:
    """One try to pay for what is ordered under a key, as the ledger sees it; ``attempt`` counts them from 0."""

    id: str
    owner: OwnerId
    order_key: str
    attempt: int
    fingerprint: str
    provider: str
    amount: int
    currency: str
    state: PaymentState = PaymentState.INTENT
    provider_id: str | None = None
    order_id: str | None = None


class RefundDue(NamedTuple):
    """Money to be given back, in minor units: ``id`` is the key that the provider gets."""

    id: str
    amount: int


class RefundDone(NamedTuple):
    """Money that was given back, and what the provider calls that."""

    id: str
    amount: int
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A payment of which something is to be done, with what its order says.

    ``stands``: there is an order, and it was not cancelled. ``asked`` counts what was asked of it later. ``tries`` is
    how often it failed.
    """

    id: str
    owner: OwnerId
    order_key: str
    provider: str
    provider_id: str | None
    amount: int
    currency: str
    state: PaymentState
    captured: int
    refunded: int
    done: tuple[RefundDone, ...]
    wanted: tuple[RefundDue, ...]
    stands: bool
    asked: int
    tries: int = 0

    @property
    def due(self) -> list[RefundDue]:
        """What is still to be given back."""
        had = {each.id for each in self.done}
        return [each for each in self.wanted if each.amount and each.id not in had]


class Booked(NamedTuple):
    """What the shop says of a payment, for whoever compares it with the provider's list; amounts in minor units.

    While it is ``open``, something is still to be done.
    """

    id: str
    provider_id: str | None
    state: PaymentState
    captured: int
    refunded: int
    open: bool
    begun_at: datetime


class PutOff(NamedTuple):
    """A payment of which something failed now: why, when to try again, and whether a person must look."""

    payment: Open
    reason: str
    pause: timedelta
    flagged: bool
