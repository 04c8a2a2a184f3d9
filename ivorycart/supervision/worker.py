"""A worker process as its parent sees it: started, heard, told to end."""

import asyncio
import signal
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ivorycart.supervision.channel import Channel, ChannelClosed

_FIGURES_WITHIN = 2.0  # seconds; a worker whose event loop stands still longer has none for now

OthersFigures = Callable[["Worker"], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """How workers are started: ``command`` and then the number of the descriptor of the worker's end of the channel.

    ``url`` is where the shop is open; ``settings`` is what the worker gets to hear of them, fit for JSON.
    """

    command: Sequence[str]
    url: str
    settings: Mapping[str, Any]

    async def launch(self, number: int, listener: socket.socket, others: OthersFigures) -> "Worker":
        """Start a worker on a listening socket; raise OSError where no process can be had."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *(*self.command, str(theirs.fileno())),
                    stdin=DEVNULL,
                    pass_fds=(theirs.fileno(), listener.fileno()),
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        post = {"number": number, "listener": listener.fileno(), "url": self.url, "settings": dict(self.settings)}
        return Worker(number, process, ours, post, others)


@dataclass(slots=True)
class Worker:
    """A worker process from its start to its end. ``reason`` is why it cannot start, in its own words."""

    number: int
    _process: Process
    _end: socket.socket
    _post: Mapping[str, Any]
    _others: OthersFigures
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str | None = None
    _channel: Channel = field(init=False)
    _asked_to_stop: bool = False

    def __post_init__(self) -> None:
        self._channel = Channel(self._end, self._answer)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def run(self) -> str:
        """Hear the worker until it has ended; return how it ended, or why it could not start."""
        await self._channel.run(await self._channel.open())
        await self._process.wait()
        return self.reason or _how(self._process.returncode or 0)

    @property
    def ended_well(self) -> bool:
        """Whether it ended with all accepted work done; one that was never ready had accepted none."""
        return self._process.returncode == 0 or not self.ready.is_set()

    async def figures(self) -> Any:
        """Return its figures; None where it gives none."""
        try:
            return await self._channel.ask("figures", within=_FIGURES_WITHIN) if self.ready.is_set() else None
        except (ChannelClosed, TimeoutError):
            return None

    async def retire(self) -> None:
        """Have it stop in good order, and leave its socket to the worker that takes its place."""
        with suppress(ChannelClosed, TimeoutError):
            await self._channel.ask("replaced", within=_FIGURES_WITHIN)
        self.ask_to_stop()

    def ask_to_stop(self) -> None:
        """Have it stop in good order. It is asked once, whoever asks: a second time would mean at once."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self._process.returncode is None:
            try:
                self._process.send_signal(number)
            except ProcessLookupError:
                return

    async def _answer(self, question: str, about: Any) -> Any:
        match question:
            case "post":
                return self._post
            case "ready":
                self.ready.set()
            case "failed":
                self.reason = str(about)
            case "figures":
                return await self._others(self)
        return None


def _how(status: int) -> str:
    return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
