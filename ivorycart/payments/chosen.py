"""Which payment providers the settings name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ivorycart.payments.port import PaymentProvider
from ivorycart.payments.sandbox import Sandbox
from ivorycart.payments.webhooks import EventBook, Webhooks
from ivorycart.settings import Settings


@dataclass(frozen=True, slots=True)
class Chosen:
    """The providers of a shop: ``offered`` to payers, and ``known``, so that what was begun with them is settled."""

    offered: Mapping[str, PaymentProvider]
    known: Mapping[str, PaymentProvider]
    close: Callable[[], Awaitable[None]]
    """Closes their connections, after the last call."""


def providers_of(settings: Settings) -> Chosen:
    """Return the providers of the settings; the sandbox takes anybody's word, so it is no company for real money."""
    sandbox = Sandbox(patience=settings.sandbox_patience)
    if settings.stripe_api_key is None:
        return Chosen({sandbox.name: sandbox}, {sandbox.name: sandbox}, _nothing)
    # Here and not above: half a second and 40 MB that most processes, operators' commands above all, can do without.
    from ivorycart.payments.stripe_provider import StripePayments

    stripe = StripePayments(settings.stripe_api_key, api_base=settings.stripe_api_base)
    known: Mapping[str, PaymentProvider] = {stripe.name: stripe, sandbox.name: sandbox}
    return Chosen(known if settings.demo else {stripe.name: stripe}, known, stripe.close)


def webhooks_of(settings: Settings, book: EventBook) -> Webhooks | None:
    """Return what takes the webhooks of the providers, where one signs them."""
    if settings.stripe_webhook_secret is None:
        return None
    from ivorycart.payments.stripe_signature import signed_with

    return Webhooks(signed_with(settings.stripe_webhook_secret), book)


async def _nothing() -> None:
    """Close nothing: the sandbox has no connections."""
