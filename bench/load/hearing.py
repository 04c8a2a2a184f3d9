"""What a crowd hears: when each numbered event reached each client, and what was lost, repeated or went back.

Clients hear the same bytes; they are read once. Each client's newest number is its `tag`.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from bench.figures import Figures, waits

Numbered = tuple[int, float]  # its number, and when it was sent (monotonic seconds; 0 where the event does not say)
NumberOf = Callable[[Any], Numbered | None]


class Hearer(Protocol):
    """A client."""

    tag: Any


@dataclass(slots=True)
class Heard:
    """One event: when it was sent, and when it came."""

    number: int
    sent: float
    at: "array[float]" = field(default_factory=lambda: array("d"))


def number_of_broadcast(payload: Any) -> Numbered | None:
    """Read the event of `bench.payload`; a shop's own has no number."""
    return (payload["number"], payload["sent"]) if "number" in payload else None


def number_of_product(product_id: str) -> NumberOf:
    """Return what reads a shop's `stock` event: the version of one product is its number."""

    def number(payload: Any) -> Numbered | None:
        versions = [item["version"] for item in payload["items"] if item["id"] == product_id]
        return (versions[0], 0.0) if versions else None

    return number


class Hearing:
    """Takes the events of all clients. `frame` is what a client calls for each."""

    def __init__(self, event: str, number_of: NumberOf) -> None:
        self._head = b'42["' + event.encode() + b'"'
        self.begin(number_of)

    def begin(self, number_of: NumberOf) -> None:
        """Forget what was heard; from now on events are numbered like this."""
        self._number_of = number_of
        self._texts: dict[bytes, Heard | None] = {}
        self._last: tuple[bytes, Heard | None] = (b"", None)
        self.events: dict[int, Heard] = {}
        self.repeated = 0
        self.regressed = 0

    def frame(self, client: Hearer, text: bytes, at: float) -> None:
        """Note that a client has heard something."""
        known, heard = self._last
        if text != known:
            heard = self._read(text)
            self._last = (text, heard)
        if heard is None:
            return
        newest = client.tag
        if newest is not None and heard.number <= newest:
            self.repeated += heard.number == newest
            self.regressed += heard.number < newest
            return
        client.tag = heard.number
        heard.at.append(at)

    def count(self, numbers: Iterable[int]) -> int:
        """Return how many times these events were heard, by whomever."""
        return sum(len(self.events[each].at) for each in numbers if each in self.events)

    def figures(self, numbers: Iterable[int], clients: int, sent: Mapping[int, float]) -> Figures:
        """Return latencies and faults; `sent` overrides when an event was sent, as its own payload says it."""
        wanted = list(numbers)
        events = [self.events[each] for each in wanted if each in self.events]
        latencies = [at - sent.get(event.number, event.sent) for event in events for at in event.at]
        return waits(latencies) | {
            "heard": float(len(latencies)),
            "lost": float(clients * len(wanted) - len(latencies)),
            "unheard": float(len(wanted) - len(events)),  # by anybody: a later level went out in their place, say
            "repeated": float(self.repeated),
            "regressed": float(self.regressed),
        }

    def _read(self, text: bytes) -> Heard | None:
        if text in self._texts:
            return self._texts[text]
        numbered = self._number_of(orjson.loads(text[2:])[1]) if text.startswith(self._head) else None
        heard = self.events.setdefault(numbered[0], Heard(*numbered)) if numbered else None
        self._texts[text] = heard
        return heard
