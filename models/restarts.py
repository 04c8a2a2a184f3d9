"""How soon to start again what has died (a database, a worker process), and when to say that it is hopeless."""

from collections import deque

_WINDOW_SECONDS = 60.0
_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 5.0
_TOO_MANY = 5


class RestartPace:
    """Counts deaths within the last minute. Pure: the caller brings the time, in seconds of any steady clock."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=64)
        self._unreported = 0

    def died(self, now: float) -> float:
        """Note a death and return the seconds to wait: 0.1, 0.2, 0.4 … at most 5; back to 0.1 after a quiet minute."""
        while self._deaths and now - self._deaths[0] > _WINDOW_SECONDS:
            self._deaths.popleft()
        self._unreported = self._unreported + 1 if self._deaths else 1
        self._deaths.append(now)
        # the exponent is bounded as well: 2.0 ** 1024 would be an error
        return min(_FIRST_DELAY_SECONDS * 2.0 ** (len(self._deaths) - 1), _LONGEST_DELAY_SECONDS)

    def is_hopeless(self) -> bool:
        """Tell, once for every five deaths in quick succession, that somebody should have a look."""
        if min(self._unreported, len(self._deaths)) < _TOO_MANY:
            return False
        self._unreported = 0
        return True
