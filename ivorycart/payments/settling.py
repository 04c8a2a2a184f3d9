"""The settler: captures what was authorised for an order, or voids it if the order is cancelled.

Pattern: a leased worker over ``payments``; each step is idempotent at the provider and in the store, so it can be
killed anywhere and two can run at once.

Whatever goes wrong with one payment puts off that payment alone, with a growing pause. After ``FLAGGED_AFTER`` tries it
is flagged for a person to look at; it stays authorised and is still tried now and then, as the provider may come back.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from ivorycart.payments.port import Declined, PaymentProvider, ProviderUnavailable
from models.order import PutOff, Unsettled

BATCH = 200
# Seconds. A step notes what it did well before its worker is taken for one that hangs.
LONGEST_CALL = 10.0
LONGEST_ROUND = 60.0
# Seconds: when a provider is back, its payments are settled within half a minute.
LONGEST_PAUSE = 30
FLAGGED_PAUSE = 600
FLAGGED_AFTER = 20

log = structlog.get_logger(__name__)


class PaymentBook(Protocol):
    """Where payments are kept."""

    async def unsettled(self, limit: int) -> Sequence[Unsettled]:
        """Return authorised payments that are due: those not tried yet first, each group oldest first."""

    async def settled(self, captured: Sequence[Unsettled], voided: Sequence[Unsettled]) -> None:
        """Note what was captured and voided."""

    async def put_off(self, failed: Sequence[PutOff]) -> None:
        """Note what could not be settled, and when to try again."""


@dataclass(slots=True)
class Settler:
    """Finishes payments. ``longest_call`` and ``longest_round`` are in seconds."""

    book: PaymentBook
    providers: Mapping[str, PaymentProvider]
    longest_call: float = LONGEST_CALL
    longest_round: float = LONGEST_ROUND

    async def step(self) -> bool:
        """Settle one batch, or as much of it as a round has time for; return whether there may be more."""
        due = await self.book.unsettled(BATCH)
        done: list[Unsettled] = []
        failed: list[PutOff] = []
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self.longest_round
        for payment in due:
            put_off = await self._try(payment)
            if put_off:
                failed.append(put_off)
            else:
                done.append(payment)
            if clock() >= ends_at:
                break
        await self._note(done, failed)
        return len(due) == BATCH or len(done) + len(failed) < len(due)

    async def _note(self, done: Sequence[Unsettled], failed: Sequence[PutOff]) -> None:
        if done:
            captured = [payment for payment in done if not payment.cancelled]
            await self.book.settled(captured, [payment for payment in done if payment.cancelled])
        if failed:
            await self.book.put_off(failed)

    async def _try(self, payment: Unsettled) -> PutOff | None:
        """Settle one payment; return what is to be noted if that failed, whatever the reason."""
        try:
            async with asyncio.timeout(self.longest_call):
                await self._settle(payment)
        except Exception as error:  # noqa: BLE001 - it is logged and noted; the other payments go on
            put_off = _put_off(payment, f"{type(error).__name__}: {error}"[:300])
            expected = isinstance(error, Declined | ProviderUnavailable | TimeoutError)
            tell = log.error if put_off.flagged else log.warning
            tell(
                "payment.stuck" if put_off.flagged else "payment.unsettled",
                payment=payment.id,
                tries=payment.tries + 1,
                reason=put_off.reason,
                exc_info=not expected,
            )
            return put_off
        return None

    async def _settle(self, payment: Unsettled) -> None:
        provider = self.providers.get(payment.provider)
        if provider is None:
            raise ProviderUnavailable(f"{payment.provider} is not set up any more")
        if payment.cancelled:
            await provider.void(payment.provider_id)
        else:
            await provider.capture(payment.provider_id, payment.amount)


def _put_off(payment: Unsettled, reason: str) -> PutOff:
    flagged = payment.tries + 1 >= FLAGGED_AFTER
    seconds = FLAGGED_PAUSE if flagged else min(LONGEST_PAUSE, 2 ** min(payment.tries, 10))
    return PutOff(payment, reason, timedelta(seconds=seconds), flagged)
