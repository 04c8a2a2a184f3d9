"""The built-in sandbox: a provider that moves no money, with test cards that behave as real ones may.

    4242424242424242   is accepted
    4000000000000002   is declined
    4000000000000119   is charged, but the answer never comes

A charge's id is derived from its key, so asking twice gives the same one, on any process and after a restart. What was
charged under a key while an answer was missing, and what was let go, is remembered for as long as the process lives,
the last ten thousand of each: no money moves here, so forgetting costs nobody anything. So it has no list of charges.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from ivorycart.payments.port import Charge, Declined, ProviderUnavailable

ACCEPTED = "4242424242424242"
DECLINED = "4000000000000002"
NO_ANSWER = "4000000000000119"
REMEMBERED = 10_000

T = TypeVar("T")


class Sandbox:
    """The provider named ``sandbox``. ``patience`` is how long, in seconds, the silent card keeps one waiting."""

    name = "sandbox"
    keeps_list = False

    def __init__(self, *, patience: float = 2.0) -> None:
        self._patience = patience
        self._unanswered: OrderedDict[str, Charge] = OrderedDict()
        self._voided: OrderedDict[str, None] = OrderedDict()

    async def authorise(self, key: str, amount: int, currency: str, method: Mapping[str, Any]) -> Charge:
        """Accept, decline or fall silent, as the card says."""
        card = method.get("card")
        charge = self._current(Charge(self._id(key), key, amount, currency))
        if card == NO_ANSWER:
            _remember(self._unanswered, key, charge)
            await asyncio.sleep(self._patience)
            raise ProviderUnavailable("the sandbox did not answer")
        if card != ACCEPTED:
            raise Declined("the card was declined" if card == DECLINED else "the sandbox takes its test cards only")
        return charge

    async def find(self, key: str, amount: int, currency: str) -> Charge | None:  # noqa: ARG002 - as the port has it
        """Return what the silent card was charged."""
        found = self._unanswered.get(key)
        return self._current(found) if found else None

    async def abandon(self, key: str, amount: int, currency: str) -> None:  # noqa: ARG002 - as the port has it
        """Remember that nothing under this key is live any more."""
        await self.void(self._id(key))

    async def capture(self, charge_id: str, amount: int) -> None:
        """Do nothing: no money moves here."""

    async def void(self, charge_id: str) -> None:
        """Remember that it is not live any more: no money moves here."""
        _remember(self._voided, charge_id, None)

    async def refund(self, charge_id: str, amount: int, key: str) -> str:  # noqa: ARG002 - as the port has it
        """Name the refund by its key: no money moves here."""
        return "refund_" + _digest(key)

    async def look(self, charge_id: str) -> Charge | None:  # noqa: ARG002 - as the port has it
        """Return nothing: what is known of a charge is what the shop's own books say."""
        return None

    async def charges(self, since: datetime) -> AsyncIterator[Charge]:  # noqa: ARG002 - as the port has it
        """Yield nothing, for the same reason."""
        nothing: tuple[Charge, ...] = ()
        for charge in nothing:
            yield charge

    def _current(self, charge: Charge) -> Charge:
        return replace(charge, state="voided") if charge.id in self._voided else charge

    @staticmethod
    def _id(key: str) -> str:
        return "sandbox_" + _digest(key)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _remember(memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
