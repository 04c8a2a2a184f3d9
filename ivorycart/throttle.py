"""A token bucket for one socket's events: a steady rate with a burst, and an end to those who do not stop."""

from dataclasses import dataclass, field

RATE = 20.0
BURST = 60.0
PATIENCE = 100


@dataclass(slots=True)
class Throttle:
    """Counts one socket's events. Times are monotonic seconds, given by the caller."""

    rate: float = RATE
    burst: float = BURST
    refused: int = 0
    _tokens: float = field(default=BURST)
    _at: float = 0.0

    def allows(self, now: float) -> bool:
        """Whether one more event is within the limits."""
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            self.refused += 1
            return False
        self._tokens -= 1
        if self._tokens > self.burst / 2:
            self.refused = 0
        return True

    @property
    def exhausted(self) -> bool:
        """Whether so many events were refused that the socket should go."""
        return self.refused >= PATIENCE
