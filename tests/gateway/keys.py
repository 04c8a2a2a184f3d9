"""Idempotency keys, kept strictly: the same key with anything else is refused, with the same it is answered the same.

As at Stripe, an answer is kept once the work has begun: refusals for how a request was written are not, a card's no
and a failure in the middle (500) are.
"""

from dataclasses import dataclass
from typing import Any

from tests.gateway.books import ApiError

LONGEST = 255


@dataclass
class Answer:
    """What was answered."""

    status: int
    body: Any


@dataclass
class _Kept:
    fingerprint: str
    answer: Answer | None = None


class Keys:
    """The keys that were used."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def begin(self, key: str, fingerprint: str) -> Answer | None:
        """Return what was answered under a key before, or None and keep the key for whoever asks."""
        if len(key) > LONGEST:
            raise ApiError(400, "idempotency_error", f"Idempotency keys have at most {LONGEST} characters.")
        kept = self._kept.get(key)
        if kept is None:
            self._kept[key] = _Kept(fingerprint)
            return None
        if kept.fingerprint != fingerprint:
            message = f"Keys for idempotent requests can only be used with the same parameters ({key})."
            raise ApiError(400, "idempotency_error", message)
        if kept.answer is None:
            message = f"There is currently another in-progress request using this key ({key})."
            raise ApiError(409, "idempotency_error", message, code="idempotency_key_in_use")
        return kept.answer

    def end(self, key: str, answer: Answer | None) -> None:
        """Keep the answer; without one, the key is free again."""
        if answer is None:
            self._kept.pop(key, None)
        else:
            self._kept[key].answer = answer

    def forget(self) -> None:
        """Forget all, as Stripe does after a day."""
        self._kept.clear()
