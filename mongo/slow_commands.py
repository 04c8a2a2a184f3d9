"""Slow commands, as this process sees them: counted, the last ones kept, and never a value of theirs.

The driver tells of each command when it is sent and when its answer is there; what took long includes the network
and waiting for locks. Of one that was cancelled the driver may never tell the end, so of those under way only so many
are kept: the newest. Concurrency: the driver may call from threads of its own, so what is kept is behind a lock.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

SLOW_MICROSECONDS = 100_000
KEPT = 50
# Far more than a client has connections for: what is older was cancelled.
MOST_UNDER_WAY = 1000
SHAPE_LENGTH = 300
DEPTH = 8
BREADTH = 20
# What belongs to the session and the cluster, and not to what was asked.
_ENVELOPE = frozenset(
    ("lsid", "txnNumber", "startTransaction", "autocommit", "readConcern", "writeConcern", "maxTimeMS")
)
# A change stream waits at the server for news: that is no work. One of a whole database goes by this name; of one of a
# collection the next batch alone has an end to its wait, which other cursors may not.
_STREAM = "$cmd.aggregate"


class SlowCommand(NamedTuple):
    """A command that took long; ``shape`` is what was asked, a question mark in place of each value."""

    at: datetime
    collection: str
    command: str
    milliseconds: int
    shape: str


class SlowCommands(CommandListener):
    """Listens to one client."""

    def __init__(self, *, slow: int = SLOW_MICROSECONDS) -> None:
        self._slow = slow
        self._under_way: OrderedDict[tuple[Any, int], Mapping[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._latest: deque[SlowCommand] = deque(maxlen=KEPT)

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many there were, by collection and command."""
        with self._lock:
            return dict(self._counts)

    @property
    def latest(self) -> Sequence[SlowCommand]:
        """The last ones, the newest first."""
        with self._lock:
            return list(reversed(self._latest))

    def started(self, event: CommandStartedEvent) -> None:
        """Keep what was asked until it is answered."""
        with self._lock:
            self._under_way[event.connection_id, event.request_id] = event.command
            if len(self._under_way) > MOST_UNDER_WAY:
                self._under_way.popitem(last=False)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Look at how long it took."""
        self._ended(event)

    def failed(self, event: CommandFailedEvent) -> None:
        """Look at how long it took to fail."""
        self._ended(event)

    def _ended(self, event: CommandSucceededEvent | CommandFailedEvent) -> None:
        with self._lock:
            command = self._under_way.pop((event.connection_id, event.request_id), {})
        if event.duration_micros < self._slow:
            return
        name = event.command_name
        collection = collection_of(name, command)
        if name == "getMore" and (collection == _STREAM or "maxTimeMS" in command):
            return
        slow = SlowCommand(datetime.now(UTC), collection, name, event.duration_micros // 1000, shape_of(command))
        with self._lock:
            self._counts[collection, name] += 1
            self._latest.append(slow)


def collection_of(name: str, command: Mapping[str, Any]) -> str:
    """Return which collection a command is about; empty for one about the database or the server."""
    value = command.get("collection") if name == "getMore" else command.get(name)
    return value if isinstance(value, str) else ""


def shape_of(command: Mapping[str, Any]) -> str:
    """Return what a command asks, in JSON without any of its values, in at most some hundred characters."""
    asked = {
        key: (value if position == 0 and isinstance(value, str) else _shape(value, DEPTH))
        for position, (key, value) in enumerate(command.items())
        if key not in _ENVELOPE and not key.startswith("$")
    }
    text = orjson.dumps(asked).decode()
    return text if len(text) <= SHAPE_LENGTH else text[: SHAPE_LENGTH - 1] + "…"


def _shape(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        if not depth:
            return "{}"
        return {str(key): _shape(each, depth - 1) for key, each in list(value.items())[:BREADTH]}
    if isinstance(value, list | tuple):
        return _alike([_shape(each, depth - 1) for each in value[:BREADTH]]) if depth else "[]"
    return "?"


def _alike(shapes: list[Any]) -> list[Any]:
    """Drop what repeats the shape before it: a list of a thousand ids is one question mark."""
    return [each for position, each in enumerate(shapes) if position == 0 or each != shapes[position - 1]]
