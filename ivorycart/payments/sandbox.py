"""The built-in sandbox: a provider that moves no money, with test cards that behave as real ones may.

    4242424242424242   is accepted
    4000000000000002   is declined
    4000000000000119   is charged, but the answer never comes

An authorisation's id is derived from its key, so asking twice gives the same one, on any process and after a restart.
What was authorised under a key while an answer was missing is remembered for as long as the process lives.
"""

import asyncio
import hashlib
from collections import OrderedDict
from typing import Any

from ivorycart.payments.port import Authorisation, Declined, ProviderUnavailable

ACCEPTED = "4242424242424242"
DECLINED = "4000000000000002"
NO_ANSWER = "4000000000000119"
REMEMBERED = 10_000


class Sandbox:
    """The provider named ``sandbox``. ``patience`` is how long, in seconds, the silent card keeps one waiting."""

    name = "sandbox"

    def __init__(self, *, patience: float = 2.0) -> None:
        self._patience = patience
        self._unanswered: OrderedDict[str, Authorisation] = OrderedDict()

    async def authorise(self, key: str, amount: int, currency: str, method: dict[str, Any]) -> Authorisation:
        """Accept, decline or fall silent, as the card says."""
        card = method.get("card")
        authorisation = Authorisation(self._id(key), amount, currency)
        if card == NO_ANSWER:
            self._remember(key, authorisation)
            await asyncio.sleep(self._patience)
            raise ProviderUnavailable("the sandbox did not answer")
        if card != ACCEPTED:
            raise Declined("the card was declined" if card == DECLINED else "the sandbox takes its test cards only")
        return authorisation

    async def find(self, key: str) -> Authorisation | None:
        """Return what the silent card was charged."""
        return self._unanswered.get(key)

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Do nothing: no money moves here."""

    async def void(self, authorisation_id: str) -> None:
        """Do nothing: no money moves here."""

    def _remember(self, key: str, authorisation: Authorisation) -> None:
        self._unanswered[key] = authorisation
        if len(self._unanswered) > REMEMBERED:
            self._unanswered.popitem(last=False)

    @staticmethod
    def _id(key: str) -> str:
        return "sandbox_" + hashlib.sha256(key.encode()).hexdigest()[:24]
