"""The settler: sees to it that every payment ends as it should, whatever happened to whoever began it.

    intent that became no order   given up after 35 seconds, and whatever was set aside for it let go
    authorised for an order       captured; let go, if the order was cancelled meanwhile
    captured                      given back as far as the order says, refund by refund

Pattern: a leased worker over the ``open`` rows of ``payments``; each step is idempotent at the provider and guarded in
the store, so it can be killed anywhere and two can run at once. An intent is first given up in the store, so that no
order can be made of it any more, and let go at the provider after that; an order is made of it in one transaction, or
not at all. So of the two one happens.

Whatever goes wrong with one payment puts off that payment alone, with a growing pause, up to ten seconds. After
``FLAGGED_AFTER`` tries it is flagged for a person to look at; it stays as it is, and is still tried: now and then where
the provider said no, as often as before where it is away.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from ivorycart.payments.port import Declined, PaymentProvider, ProviderUnavailable
from models.payment import Open, PaymentState, PutOff, RefundDone

BATCH = 200
# How many payments are seen to at once: a provider takes a third of a second for each.
AT_ONCE = 16
# Seconds. A step notes what it did well before its worker is taken for one that hangs.
LONGEST_CALL = 10.0
LONGEST_ROUND = 60.0
# Seconds. With a call, the time that an intent is left alone and a lease that has to run out it is less than a minute:
# within that a payment is settled, though its provider did not answer and its process died.
LONGEST_PAUSE = 10
FLAGGED_PAUSE = 600
FLAGGED_AFTER = 50  # tries: eight minutes

log = structlog.get_logger(__name__)


class Disagreement(Exception):  # noqa: N818 - it says what is the matter
    """The provider's books say otherwise than the shop's: a person has to look."""


class PaymentBook(Protocol):
    """Where payments are kept. Every change is guarded by the state that it begins from."""

    async def due(self, limit: int) -> Sequence[Open]:
        """Return payments to be seen to now, the longest due first."""

    async def abandon(self, payment_id: str, *, unheard: bool = False) -> bool | None:
        """Give an intent up; return whether its payer has not heard of it, None where it is no intent any more."""

    async def captured(self, payments: Sequence[Open]) -> None:
        """Note what was taken."""

    async def voided(self, payments: Sequence[Open]) -> None:
        """Note what was let go."""

    async def refunded(self, payment: Open, refund: RefundDone) -> None:
        """Note what was given back."""

    async def close(self, payment: Open) -> None:
        """Note that nothing is left to be done, unless more was asked since."""

    async def put_off(self, failed: Sequence[PutOff]) -> None:
        """Note what failed, and when to try again."""


class FailureBook(Protocol):
    """Where it is told that a payment came to nothing."""

    async def tell(self, payment: Open) -> None:
        """Tell whoever wanted to pay, once."""


@dataclass(slots=True)
class _Round:
    """What came of one batch."""

    ends_at: float
    captured: list[Open] = field(default_factory=list)
    voided: list[Open] = field(default_factory=list)
    failed: list[PutOff] = field(default_factory=list)


@dataclass(slots=True)
class Settler:
    """Finishes payments. ``longest_call`` and ``longest_round`` are in seconds."""

    book: PaymentBook
    providers: Mapping[str, PaymentProvider]
    failures: FailureBook
    longest_call: float = LONGEST_CALL
    longest_round: float = LONGEST_ROUND

    async def step(self) -> bool:
        """See to one batch, or as much of it as a round has time for; return whether there may be more."""
        due = await self.book.due(BATCH)
        done = _Round(asyncio.get_running_loop().time() + self.longest_round)
        waiting = list(reversed(due))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(AT_ONCE, len(due))):
                tasks.create_task(self._work_off(waiting, done))
        await self.book.captured(done.captured)
        await self.book.voided(done.voided)
        await self.book.put_off(done.failed)
        return len(due) == BATCH or bool(waiting)

    async def _work_off(self, waiting: list[Open], done: _Round) -> None:
        while waiting:
            await self._try(waiting.pop(), done)
            if asyncio.get_running_loop().time() >= done.ends_at:
                return

    async def _try(self, payment: Open, done: _Round) -> None:
        """See to one payment; whatever goes wrong with it is noted, and the others go on."""
        try:
            async with asyncio.timeout(self.longest_call):
                await self._settle(payment, done)
        except Exception as error:  # noqa: BLE001 - it is logged and noted; the other payments go on
            put_off = _put_off(payment, error)
            done.failed.append(put_off)
            expected = isinstance(error, Declined | ProviderUnavailable | Disagreement | TimeoutError)
            tell = log.error if put_off.flagged else log.warning
            tell(
                "payment.stuck" if put_off.flagged else "payment.unsettled",
                payment=payment.id,
                tries=payment.tries + 1,
                reason=put_off.reason,
                exc_info=not expected,
            )

    async def _settle(self, payment: Open, done: _Round) -> None:
        provider = self.providers.get(payment.provider)
        if provider is None:
            raise ProviderUnavailable(f"{payment.provider} is not set up any more")
        match payment.state:
            case PaymentState.INTENT | PaymentState.ABANDONED:
                await self._give_up(provider, payment, done)
            case PaymentState.AUTHORISED if not payment.stands:
                if await self._let_go(provider, payment):
                    done.voided.append(payment)
                else:
                    done.captured.append(payment)
            case PaymentState.AUTHORISED:
                await provider.capture(_named(payment), payment.amount)
                done.captured.append(payment)
            case PaymentState.VOIDED:
                await self._agree(provider, payment)
            case _:
                await self._give_back(provider, payment)

    async def _give_up(self, provider: PaymentProvider, payment: Open, done: _Round) -> None:
        unheard = await self.book.abandon(payment.id, unheard=True)
        if unheard is None:
            return  # an order was made of it meanwhile
        await provider.abandon(payment.id, payment.amount, payment.currency)
        if unheard:
            await self.failures.tell(payment)
        done.voided.append(payment)

    async def _let_go(self, provider: PaymentProvider, payment: Open) -> bool:
        """Let go of what was set aside; False where it was taken, and nobody here heard of that: it is given back."""
        try:
            await provider.void(_named(payment))
        except Declined:
            charge = await provider.look(_named(payment))
            if charge is None or not charge.captured:
                raise
            return False
        return True

    async def _give_back(self, provider: PaymentProvider, payment: Open) -> None:
        """Carry out the refunds that are due; one that is refused holds up no other."""
        failure: Exception | None = None
        for refund in payment.due:
            try:
                provider_id = await provider.refund(_named(payment), refund.amount, f"{payment.id}:{refund.id}")
            except Declined as error:
                failure = error
            else:
                await self.book.refunded(payment, RefundDone(refund.id, refund.amount, provider_id))
        if failure:
            raise failure
        if payment.due:
            await self.book.close(payment)
        else:
            await self._agree(provider, payment)

    async def _agree(self, provider: PaymentProvider, payment: Open) -> None:
        """Close a payment of which nothing is left to be done, if the provider says so, too."""
        charge = await provider.look(payment.provider_id) if payment.provider_id else None
        here = (payment.captured, payment.refunded)
        if charge and (charge.captured, charge.refunded) != here:
            there = f"{charge.captured} were taken and {charge.refunded} given back there"
            raise Disagreement(f"{there}, {here[0]} and {here[1]} here")
        await self.book.close(payment)


def _named(payment: Open) -> str:
    if payment.provider_id is None:
        raise Disagreement("it was taken for an order without a name at the provider")
    return payment.provider_id


def _put_off(payment: Open, error: Exception) -> PutOff:
    """Say when to try again: soon, where the provider is away; seldom, where it said no and a person has to look."""
    said_no = isinstance(error, Declined | Disagreement)
    flagged = isinstance(error, Disagreement) or payment.tries + 1 >= FLAGGED_AFTER
    seconds = FLAGGED_PAUSE if flagged and said_no else min(LONGEST_PAUSE, 2 ** min(payment.tries, 10))
    return PutOff(payment, f"{type(error).__name__}: {error}"[:300], timedelta(seconds=seconds), flagged)
