"""A worker's side of the channel to its parent."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from prometheus_client import CollectorRegistry

from ivorycart.figures import taken, told
from ivorycart.listening import withdraw
from ivorycart.settings import Settings, handed_over
from ivorycart.supervision.channel import Channel, ChannelClosed

_PATIENCE = 60.0  # seconds; the parent has nothing else to do, but the machine may
_FIGURES_WITHIN = 4.0  # seconds; the parent waits for the others half as long


class Link:
    """What a worker knows from its parent, and what it tells it."""

    def __init__(self, end: socket.socket) -> None:
        self._channel = Channel(end, self._answer)
        self._registry: CollectorRegistry | None = None
        self._post: dict[str, Any] = {}
        self._listener: socket.socket | None = None
        self.replaced = False
        """Whether another worker accepts from this one's socket: this one is to stop, and to leave the socket alone."""

    @classmethod
    @asynccontextmanager
    async def open(cls, descriptor: int, *, on_parent_gone: Callable[[], None]) -> AsyncIterator["Link"]:
        """Take up the link and ask for what to do; raise ChannelClosed where there is no parent any more."""
        end = socket.socket(fileno=descriptor)
        end.set_inheritable(False)
        link = cls(end)
        reader = await link._channel.open()
        run = asyncio.create_task(link._channel.run(reader), name="link to the parent")
        try:
            link._post = await link._channel.ask("post", within=_PATIENCE)
            run.add_done_callback(lambda _: on_parent_gone())
            yield link
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
            if link._listener is not None:
                link._listener.close()

    @property
    def number(self) -> int:
        """Which of the workers this is, from 1."""
        return int(self._post["number"])

    @property
    def url(self) -> str:
        """Where the shop is open."""
        return str(self._post["url"])

    @property
    def settings(self) -> Settings:
        """The settings that the parent read."""
        return handed_over(self._post["settings"])

    def listener(self) -> socket.socket:
        """Return the socket to listen on, once this worker is ready to take what comes; to be called once."""
        listener = self._listener = socket.socket(fileno=self._post["listener"])
        listener.set_inheritable(False)
        return listener.dup()

    def withdraw(self) -> None:
        """Have new connections go to the other workers, after the listener was closed: nobody shall wait in vain."""
        if self._listener is not None and not self.replaced:
            withdraw(self._listener)

    async def ready(self, registry: CollectorRegistry) -> None:
        """Say that this worker serves; from now on it gives the figures of the registry."""
        self._registry = registry
        with suppress(ChannelClosed):  # without a parent it is about to stop, and has been told so
            await self._channel.ask("ready", within=_PATIENCE)

    async def failed(self, reason: str) -> None:
        """Say in a line why this worker cannot start."""
        with suppress(ChannelClosed):  # nobody is left who would hear it
            await self._channel.ask("failed", reason, within=_PATIENCE)

    async def figures(self) -> bytes:
        """Return all workers' figures for Prometheus; raise ChannelClosed or TimeoutError where they cannot be had."""
        others = await self._channel.ask("figures", within=_FIGURES_WITHIN)
        processes = {**others["figures"], str(self.number): self._taken()}
        return told({number: processes[number] for number in sorted(processes, key=int)}, others["restarts"])

    def _taken(self) -> Any:
        return taken(self._registry) if self._registry else None

    async def _answer(self, question: str, _about: Any) -> Any:
        match question:
            case "figures":
                return self._taken()
            case "replaced":
                self.replaced = True
        return None
