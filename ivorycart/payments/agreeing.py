"""Whether the payment provider's own list says what the shop's payments say: nothing held, taken or given back in vain.

What is just moving is not judged: charges of the last minutes, and payments that are being seen to. Whatever differs is
looked at once more on both sides before it is told, as the two are not read at the same moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ivorycart.payments.port import Charge, Declined, PaymentProvider, ProviderUnavailable
from models.audit import AuditResult, CheckResult, Finding
from models.payment import Booked

CHECK = "provider"
# How far back the provider's list is read.
BACK = timedelta(days=30)
# A charge may be made, and its payment noted, within this.
MOVING = timedelta(minutes=3)
PORTION = 500
LISTED = 100


class PaymentBook(Protocol):
    """Where payments are kept."""

    async def booked(self, ids: Iterable[str]) -> Mapping[str, Booked]:
        """Return what is known of payments, by their id."""

    async def taken_since(self, provider: str, since: datetime) -> Sequence[Booked]:
        """Return the payments of a provider that were taken since a moment, in any order."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Compares the lists of all providers that have one."""

    providers: Mapping[str, PaymentProvider]
    book: PaymentBook

    async def added_to(self, result: AuditResult) -> AuditResult:
        """Return the result of an audit with this check in it."""
        return AuditResult(result.at, (*result.checks, await self.check(result.at)))

    async def check(self, now: datetime) -> CheckResult:
        """Compare what the providers say with what the payments say."""
        findings: list[Finding] = []
        examined: dict[str, int] = {}
        for name, provider in self.providers.items():
            if not provider.keeps_list:
                continue
            try:
                seen, found = await self._compare(provider, now)
            except (Declined, ProviderUnavailable) as reason:
                found = [Finding(CHECK, name, f"could not be asked: {reason}")]
            else:
                examined[f"charges at {name}"] = seen
            findings += found
        return CheckResult(CHECK, examined, tuple(findings[:LISTED]), len(findings))

    async def _compare(self, provider: PaymentProvider, now: datetime) -> tuple[int, list[Finding]]:
        since = now - BACK
        seen: dict[str, None] = {}
        findings: list[Finding] = []
        portion: list[Charge] = []
        async for charge in provider.charges(since):
            seen[charge.id] = None
            if charge.created_at is None or charge.created_at < now - MOVING:
                portion.append(charge)
            if len(portion) >= PORTION:
                findings += await self._judge(provider, portion)
                portion = []
        findings += await self._judge(provider, portion)
        findings += await self._missing(provider, seen, since, now)
        return len(seen), findings

    async def _judge(self, provider: PaymentProvider, charges: Sequence[Charge]) -> list[Finding]:
        booked = await self.book.booked(charge.key for charge in charges)
        findings = []
        for charge in charges:
            if _contradiction(charge, booked.get(charge.key)):
                again = await provider.look(charge.id) or charge
                now_booked = (await self.book.booked([charge.key])).get(charge.key)
                message = _contradiction(again, now_booked)
                if message:
                    findings.append(Finding(CHECK, f"{provider.name}/{charge.id}", message))
        return findings

    async def _missing(
        self, provider: PaymentProvider, seen: Mapping[str, None], since: datetime, now: datetime
    ) -> list[Finding]:
        taken = await self.book.taken_since(provider.name, since + MOVING)
        lost = [each for each in taken if each.provider_id not in seen and each.begun_at < now - MOVING]
        return [
            Finding(CHECK, f"payments/{each.id}", f"is {each.state.value}, but {provider.name} lists no such charge")
            for each in lost
            if not await provider.look(each.provider_id or "")
        ]


def _contradiction(charge: Charge, booked: Booked | None) -> str | None:
    """Say how a charge and its payment contradict each other, if they do."""
    if booked is None:
        idle = charge.state in {"voided", "open"}
        return None if idle else f"holds or took {charge.amount} for no payment of the shop"
    if booked.open:
        return None
    there = (charge.captured, charge.refunded)
    here = (booked.captured, booked.refunded)
    if there != here:
        return f"took {there[0]} and gave back {there[1]}; payments/{booked.id} says {here[0]} and {here[1]}"
    if charge.state == "authorised":
        return f"still holds {charge.amount}; payments/{booked.id} is {booked.state.value}"
    return None
