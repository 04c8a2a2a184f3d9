"""Questions and answers between a worker and its parent: lines of JSON over a socket pair, both ways at once."""

import asyncio
import itertools
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

Answer = Callable[[str, Any], Awaitable[Any]]

_LONGEST_LINE = 32 * 1024 * 1024  # the figures of 64 workers are a tenth of it

log = structlog.get_logger(__name__)


class ChannelClosed(ConnectionError):  # noqa: N818 - it says what happened
    """The other side is gone."""


class Channel:
    """One end. ``answer(question, about)`` answers the other side's questions, each in a task of this object.

    `run` must be running for anything to be heard; it returns when the other side is gone, or is cancelled. Either
    way questions that still wait then raise ChannelClosed.
    """

    def __init__(self, end: socket.socket, answer: Answer) -> None:
        self._end = end
        self._answer = answer
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self) -> asyncio.StreamReader:
        """Take hold of the socket."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._end, limit=_LONGEST_LINE)
        return reader

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Listen until the other side is gone."""
        try:
            while (line := await _line(reader)) is not None:
                self._take(json.loads(line))
        finally:
            await self._close()

    async def ask(self, question: str, about: Any = None, *, within: float) -> Any:
        """Return the answer; raise ChannelClosed where nobody is there, TimeoutError after so many seconds."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send({"number": number, "question": question, "about": about})
            async with asyncio.timeout(within):
                return await answer
        finally:
            self._waiting.pop(number, None)

    def _take(self, message: dict[str, Any]) -> None:
        if "question" in message:
            task = asyncio.create_task(self._reply(message), name=f"answer {message['question']}")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        waiting = self._waiting.get(message["number"])
        if waiting is not None and not waiting.done():
            waiting.set_result(message["answer"])

    async def _reply(self, message: dict[str, Any]) -> None:
        try:
            answer = await self._answer(message["question"], message["about"])
            self._send({"number": message["number"], "answer": answer})
        except ChannelClosed:  # nobody waits for it any more
            return
        except Exception:
            log.exception("channel.no_answer", question=message["question"])

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is None or self._writer.is_closing():
            raise ChannelClosed("the other side is gone")
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ChannelClosed("the other side is gone"))
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next whole line; None at the end, however it came."""
    try:
        line = await reader.readline()
    except ConnectionError:
        return None
    return line if line.endswith(b"\n") else None
