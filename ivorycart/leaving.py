"""Leaving: how a process takes leave of those who send it requests, so that none of theirs fails.

For some seconds after it was asked to stop, a process serves on and says that it is not ready, so that whoever spreads
requests turns to others; each answer ends its connection. Then no more connections are taken, idle ones are closed, and
what was begun is answered before anything behind it stops.
"""

import asyncio


class Leaving:
    """Whether this process takes leave, and which requests are still being answered. Plain, on one event loop."""

    def __init__(self) -> None:
        self.begun = False
        self._answering = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def came(self) -> None:
        """Note a request."""
        self._answering += 1
        self._quiet.clear()

    def answered(self) -> None:
        """Note that a request was answered, however."""
        self._answering -= 1
        if not self._answering:
            self._quiet.set()

    async def serve_on(self, seconds: float, hurried: asyncio.Event) -> None:
        """Take leave for so many seconds; less when somebody hurries."""
        self.begun = True
        if seconds > 0:
            hurry = asyncio.ensure_future(hurried.wait())
            await asyncio.wait({hurry}, timeout=seconds)
            hurry.cancel()

    async def quiet(self, within: float) -> bool:
        """Wait until nothing is being answered, so many seconds at the most; return whether that is so."""
        try:
            async with asyncio.timeout(within):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return True
