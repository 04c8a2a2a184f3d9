"""The built-in sandbox: a provider that moves no money, with test cards that behave as real ones may.

    4242424242424242   is accepted
    4000000000000002   is declined
    4000000000000119   is charged, but the answer never comes

An authorisation's id is derived from its key, so asking twice gives the same one, on any process and after a restart.
What was authorised under a key while an answer was missing, and what was let go, is remembered for as long as the
process lives, the last ten thousand of each: no money moves here, so forgetting costs nobody anything.
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import replace
from typing import Any, TypeVar

from ivorycart.payments.port import Authorisation, Declined, ProviderUnavailable

ACCEPTED = "4242424242424242"
DECLINED = "4000000000000002"
NO_ANSWER = "4000000000000119"
REMEMBERED = 10_000

T = TypeVar("T")


class Sandbox:
    """The provider named ``sandbox``. ``patience`` is how long, in seconds, the silent card keeps one waiting."""

    name = "sandbox"

    def __init__(self, *, patience: float = 2.0) -> None:
        self._patience = patience
        self._unanswered: OrderedDict[str, Authorisation] = OrderedDict()
        self._voided: OrderedDict[str, None] = OrderedDict()

    async def authorise(self, key: str, amount: int, currency: str, method: dict[str, Any]) -> Authorisation:
        """Accept, decline or fall silent, as the card says."""
        card = method.get("card")
        authorisation = self._current(Authorisation(self._id(key), amount, currency))
        if card == NO_ANSWER:
            _remember(self._unanswered, key, authorisation)
            await asyncio.sleep(self._patience)
            raise ProviderUnavailable("the sandbox did not answer")
        if card != ACCEPTED:
            raise Declined("the card was declined" if card == DECLINED else "the sandbox takes its test cards only")
        return authorisation

    async def find(self, key: str) -> Authorisation | None:
        """Return what the silent card was charged."""
        found = self._unanswered.get(key)
        return self._current(found) if found else None

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Do nothing: no money moves here."""

    async def void(self, authorisation_id: str) -> None:
        """Remember that it is not live any more: no money moves here."""
        _remember(self._voided, authorisation_id, None)

    def _current(self, authorisation: Authorisation) -> Authorisation:
        return replace(authorisation, live=False) if authorisation.id in self._voided else authorisation

    @staticmethod
    def _id(key: str) -> str:
        return "sandbox_" + hashlib.sha256(key.encode()).hexdigest()[:24]


def _remember(memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
