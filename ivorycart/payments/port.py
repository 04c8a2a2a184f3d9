"""The port to a payment provider: set money aside under a key, then take it or let it go; give it back.

A provider must treat every ``key`` as an idempotency key: the same key never moves money twice, and asking again with
it tells what came of the first time. Amounts are whole minor units.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

ChargeState = Literal["open", "authorised", "captured", "voided"]


class ProviderUnavailable(Exception):  # noqa: N818 - it says what is the matter
    """The provider did not answer: what was asked may or may not have happened. Ask again with the same key."""


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """The provider said no; the message is fit for the payer."""


class ActionNeeded(Exception):  # noqa: N818 - an answer, not an error
    """The payer has to confirm the payment first, at the provider; ``details`` say how, and are for the payer alone."""

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.details = details


@dataclass(frozen=True, slots=True)
class Charge:
    """Money at the provider: ``id`` names it there, ``key`` is what it was asked for with.

    ``open``: nothing is set aside yet. ``voided``: it was let go, and nothing can be paid with it any more.
    ``created_at`` is by the provider's clock, if it says.
    """

    id: str
    key: str
    amount: int
    currency: str
    state: ChargeState = "authorised"
    captured: int = 0
    refunded: int = 0
    created_at: datetime | None = None


class PaymentProvider(Protocol):
    """A payment provider. What is raised: Declined, ActionNeeded (by ``authorise`` alone) or ProviderUnavailable."""

    @property
    def name(self) -> str:
        """The provider's name, as clients give it in ``method``."""

    @property
    def keeps_list(self) -> bool:
        """Whether it can say what all its charges are."""

    async def authorise(self, key: str, amount: int, currency: str, method: Mapping[str, Any]) -> Charge:
        """Set money aside, or return what there is under this key already, in whatever state."""

    async def find(self, key: str, amount: int, currency: str) -> Charge | None:
        """Return what there is under a key, if anything was set aside."""

    async def abandon(self, key: str, amount: int, currency: str) -> None:
        """Let go of what is set aside under a key, and see to it that nothing ever is; again changes nothing."""

    async def capture(self, charge_id: str, amount: int) -> None:
        """Take the money; doing it again changes nothing."""

    async def void(self, charge_id: str) -> None:
        """Let go of the money; doing it again changes nothing."""

    async def refund(self, charge_id: str, amount: int, key: str) -> str:
        """Give money back; return the provider's id of that. The same key gives back once."""

    async def look(self, charge_id: str) -> Charge | None:
        """Return how a charge stands now."""

    def charges(self, since: datetime) -> AsyncIterator[Charge]:
        """Yield all charges made since a moment, as the provider's own list has them, in any order."""
