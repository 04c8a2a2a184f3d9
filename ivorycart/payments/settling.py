"""The settler: captures what was authorised for an order, or voids it if the order is cancelled.

Pattern: a leased worker over ``payments``; each step is idempotent at the provider and in the store, so it can be
killed anywhere and two can run at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivorycart.payments.port import PaymentProvider, ProviderUnavailable
from models.order import Unsettled

BATCH = 200

log = structlog.get_logger(__name__)


class PaymentBook(Protocol):
    """Where payments are kept."""

    async def unsettled(self, limit: int) -> Sequence[Unsettled]:
        """Return authorised payments, oldest first."""

    async def settled(self, captured: Sequence[Unsettled], voided: Sequence[Unsettled]) -> None:
        """Note what was captured and voided."""


@dataclass(slots=True)
class Settler:
    """Finishes payments."""

    book: PaymentBook
    providers: Mapping[str, PaymentProvider]

    async def step(self) -> bool:
        """Settle one batch; return whether there may be more."""
        due = await self.book.unsettled(BATCH)
        captured: list[Unsettled] = []
        voided: list[Unsettled] = []
        for payment in due:
            try:
                await self._settle(payment)
            except ProviderUnavailable as reason:
                log.warning("payment.unsettled", payment=payment.id, reason=str(reason))
                continue
            (voided if payment.cancelled else captured).append(payment)
        if captured or voided:
            await self.book.settled(captured, voided)
        return len(due) == BATCH and bool(captured or voided)

    async def _settle(self, payment: Unsettled) -> None:
        provider = self.providers.get(payment.provider)
        if provider is None:
            raise ProviderUnavailable(f"{payment.provider} is not set up any more")
        if payment.cancelled:
            await provider.void(payment.provider_id)
        else:
            await provider.capture(payment.provider_id, payment.amount)
