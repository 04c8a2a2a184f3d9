"""Engine.IO's heartbeat of one connection: one timer at a time, no task.

A later engine may drive many of these from one timer wheel: only `_arm` would change.
"""

import asyncio
from collections.abc import Callable


class Pulse:
    """Calls `beat` every `interval` seconds and `lost` when no pong came within `timeout` seconds of it."""

    def __init__(self, *, interval: float, timeout: float, beat: Callable[[], None], lost: Callable[[], None]) -> None:
        self._interval = interval
        self._timeout = timeout
        self._beat = beat
        self._lost = lost
        self._awaits_pong = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin with a whole interval of quiet."""
        self._awaits_pong = False
        self._arm(self._interval, self._ping)

    def answered(self) -> None:
        """Take a pong; one that nobody asked for changes nothing."""
        if self._awaits_pong:
            self.start()

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ping(self) -> None:
        self._awaits_pong = True
        self._arm(self._timeout, self._lost)
        self._beat()

    def _arm(self, delay: float, action: Callable[[], None]) -> None:
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(delay, action)
