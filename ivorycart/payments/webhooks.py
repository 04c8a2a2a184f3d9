"""What a payment provider sends by itself: that something became of a payment.

It is taken as a hint and nothing more. Events come late, twice, and in any order, so what one says of a payment may be
over by now; therefore it only makes our payment due, and the settler asks the provider how it stands.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog

PROVIDER = "stripe"
WORD = re.compile(r"[A-Za-z0-9_.-]{1,255}")  # ids, and kinds such as payment_intent.succeeded

log = structlog.get_logger(__name__)

Verify = Callable[[bytes, str | None], None]
"""Takes a body and its signature; raises NotTheirs where that is not the provider's, or too old."""


class NotTheirs(Exception):  # noqa: N818 - it says what is the matter
    """This is no event of the provider's, or none that is to be believed any more."""


class EventBook(Protocol):
    """Where it is noted which events were had."""

    async def take(self, event_id: str, provider: str, provider_id: str | None) -> bool:
        """Make a payment due, unless that event was had before; only then note that it was. Whether it was new."""


class _Event(NamedTuple):
    id: str
    kind: str
    payment: str | None


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Takes events. Concurrency: the same event may come several times at once, to any process."""

    verify: Verify
    book: EventBook

    async def take(self, body: bytes, signature: str | None) -> None:
        """Believe an event that the provider signed; raise NotTheirs for anything else. A repeat changes nothing."""
        self.verify(body, signature)
        event = _read(body)
        new = await self.book.take(event.id, PROVIDER, event.payment)
        log.info("payment.webhook", event_id=event.id, kind=event.kind, payment=event.payment, new=new)


def _read(body: bytes) -> _Event:
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        found = _Event(event["id"], event["type"], _payment_of(about))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotTheirs("that is no event") from None
    named = found if found.payment is not None else found[:-1]
    if not all(isinstance(each, str) and WORD.fullmatch(each) for each in named):
        raise NotTheirs("that is no event")
    return found


def _payment_of(about: dict[str, Any]) -> Any:
    """Return the intent's id: the event's own object is one, or names it, as charges, refunds and disputes do."""
    if about["object"] == "payment_intent":
        return about["id"]
    named = about.get("payment_intent")
    return named["id"] if isinstance(named, dict) else named
