"""How the processes of a measurement are told what to do: one JSON object a line, each answered by one.

A command is `{"do": name, …arguments}`; the answer is what the function of that name returned, or `{"error": …}`.
A process ends with its input, so none outlives whoever started it.
"""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

MAX_LINE = 64 * 1024 * 1024

Command = Callable[..., Awaitable[Mapping[str, Any]]]


def say(answer: Mapping[str, Any]) -> None:
    """Write one line."""
    sys.stdout.buffer.write(orjson.dumps(dict(answer)) + b"\n")
    sys.stdout.buffer.flush()


async def obey(commands: Mapping[str, Command]) -> None:
    """Carry out one command after the other until the input ends."""
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        arguments = orjson.loads(line)
        try:
            say(await commands[arguments.pop("do")](**arguments))
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of it
            traceback.print_exc(file=sys.stderr)
            say({"error": f"{type(error).__name__}: {error}"})
