"""The port to a payment provider: authorise, then capture or void; everything can be asked again by its key.

A provider must treat ``key`` as an idempotency key: the same key never sets money aside twice. So the key of money
that was let go gives that authorisation again, which is then not ``live`` any more: nothing can be paid with it.
"""

from dataclasses import dataclass
from typing import Any, Protocol


class ProviderUnavailable(Exception):  # noqa: N818 - it says what is the matter
    """The provider did not answer: what was asked may or may not have happened. Ask ``find``."""


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """The provider said no; the message is fit for the payer."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Money set aside: ``id`` names it at the provider, amount in minor units; it is ``live`` until it is let go."""

    id: str
    amount: int
    currency: str
    live: bool = True


class PaymentProvider(Protocol):
    """A payment provider."""

    @property
    def name(self) -> str:
        """The provider's name, as clients give it in ``method``."""

    async def authorise(self, key: str, amount: int, currency: str, method: dict[str, Any]) -> Authorisation:
        """Set money aside, or return what was before under this key; raise Declined or ProviderUnavailable."""

    async def find(self, key: str) -> Authorisation | None:
        """Return what was set aside under a key, live or let go, if anything was; raise ProviderUnavailable."""

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Take the money; doing it again changes nothing."""

    async def void(self, authorisation_id: str) -> None:
        """Let go of the money; doing it again changes nothing."""
