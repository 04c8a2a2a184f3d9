"""Stopping: who asks for it; and in steps, each of which is tried, whatever the earlier ones did, and bounded."""

import asyncio
import signal
from collections.abc import Awaitable

import structlog

GRACE = 1.0

log = structlog.get_logger(__name__)


class StopRequests:
    """Requests to stop: the first one is ``asked``; whoever asks again wants it ``hurried``."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def heed_signals(self) -> None:
        """Take SIGTERM and SIGINT as requests, on the running loop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.ask)

    def hurry(self) -> None:
        """Ask for a stop that takes no longer than it must."""
        self.asked.set()
        self.hurried.set()

    def ask(self) -> None:
        """Ask for a stop."""
        if self.asked.is_set():
            self.hurried.set()
        self.asked.set()


async def bounded(step: str, work: Awaitable[object], seconds: float) -> bool:
    """Do one step of a stop within so many seconds; return whether it was done.

    What hangs is cancelled, and left alone where that does not help; what fails is one line in the log.
    """
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
        log.warning("stop.step_took_too_long", step=step, seconds=seconds)
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of it later
        return False
    if task.cancelled() or task.exception() is not None:
        log.warning("stop.step_failed", step=step, reason="cancelled" if task.cancelled() else repr(task.exception()))
        return False
    return True
