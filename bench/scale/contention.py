"""Several ledgers at one hot product, simulated: what their conflicts cost, for more of them than one machine runs.

The rules are those of `ivorycart/ledger/ledger.py` and of the database: a batch takes what waits, reads at one moment,
and may write unless somebody else has written the product since or is doing so now; then it backs off with growing
jitter and reads anew. Buyers come back as soon as they are answered, each to the ledger of its own process. Where
enough commands wait, the next batch is decided ahead: what passes before it writes is then the fixed part of reading
alone, until that was in vain. A batch that others held up takes along what has gathered meanwhile, and its ledger
leaves the field to them for as long afterwards. One that is held up again and again says so; whoever has heard of that
pauses after its next commit.

Time is that of the batches alone: every ledger has a core, and the database has enough of them. Pure; seconds.
"""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from bench.figures import percentile
from ivorycart.ledger.ledger import HEEDED, HELD_UP_FROM, MAX_BACKOFF, MAX_COMMANDS, MAX_COURTESY, PAUSE_AHEAD, TURN
from ivorycart.turn_taking import PAUSE

BACKOFF = 0.002  # the first, doubled with each further one
VARIED = 0.3  # assumed
HEARD_AFTER = 0.01  # seconds until others have heard what one says; assumed
LEAST_MS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCost:
    """Seconds of a batch: so many for itself, and so many for each command in it."""

    fixed: float
    each: float
    read_share: float = 0.4  # assumed: of that, what passes between the reading and the first write
    pause: float = 0.005  # on average, of a buyer between an answer and its next command

    def reading(self, commands: int) -> float:
        """Return the seconds until it writes."""
        return (self.fixed + self.each * commands) * self.read_share

    def writing(self, commands: int) -> float:
        """Return the seconds from its first write until it is committed."""
        return (self.fixed + self.each * commands) * (1 - self.read_share)


@dataclass(frozen=True, slots=True)
class Contended:
    """What came of it."""

    orders_per_s: float
    conflicts: float  # batches decided anew for each that was committed
    batch: float  # commands
    p99_ms: float


@dataclass(slots=True)
class _Ledger:
    waiting: deque[float] = field(default_factory=deque)  # when each came
    batch: list[float] = field(default_factory=list)
    attempt: int = 0
    read_version: int = -1
    no_look_before: float = 0.0
    busy: bool = False


class Contention:
    """One run."""

    def __init__(self, ledgers: int, buyers: int, cost: BatchCost, seed: int = 1) -> None:
        self._cost, self._dice = cost, random.Random(seed)
        self._ledgers = [_Ledger() for _ in range(ledgers)]
        self._events: list[tuple[float, int, Iterator[float] | None, int]] = []
        self._order = 0
        self._version, self._writer = 0, -1
        self._retries, self._batches = 0, 0
        self._waits: list[float] = []
        self._said: dict[int, float] = {}  # when which ledger last said that it is held up
        for buyer in range(buyers):
            self._at(self._dice.random() * cost.pause, None, buyer % ledgers)

    def run(self, orders: int) -> Contended:
        """Go on until so many orders are committed."""
        now = 0.0
        while len(self._waits) < orders:
            now, _, work, number = heapq.heappop(self._events)
            ledger = self._ledgers[number]
            if work is None:  # a command comes in
                ledger.waiting.append(now)
                if not ledger.busy:
                    ledger.busy = True
                    self._at(now, self._work(number), number)
                continue
            self._now = now
            pause = next(work, inf)
            if pause < inf:
                self._at(now + pause, work, number)
        return Contended(
            orders_per_s=len(self._waits) / now,
            conflicts=self._retries / max(1, self._batches),
            batch=len(self._waits) / max(1, self._batches),
            p99_ms=percentile(sorted((*self._waits, *self._still_waiting(now))), 0.99) * 1000,
        )

    def _still_waiting(self, now: float) -> Iterator[float]:
        """Yield how long those wait already who were not answered by the end: or who starves would not be seen."""
        for ledger in self._ledgers:
            yield from (now - came for came in (*ledger.waiting, *(ledger.batch if ledger.busy else ())))

    def _work(self, number: int) -> Iterator[float]:
        """One ledger's life while commands wait; yields the seconds until it goes on."""
        ledger, ahead = self._ledgers[number], False
        while ledger.waiting:
            ledger.batch, ledger.attempt, began = [], 0, self._now
            while True:
                if not ahead or not ledger.batch:
                    room = MAX_COMMANDS - len(ledger.batch)
                    ledger.batch += [ledger.waiting.popleft() for _ in range(min(room, len(ledger.waiting)))]
                ledger.read_version, tried = self._version, self._now
                yield self._varied(self._cost.reading(0 if ahead else len(ledger.batch)))
                if self._writer < 0 and ledger.read_version == self._version:
                    break
                self._lost(number)
                if ahead:  # it is decided anew at once, in the plain way
                    ahead = False
                    continue
                ledger.attempt += 1
                yield self._dice.random() * min(MAX_BACKOFF, BACKOFF * 2 ** min(ledger.attempt - 1, 10))
            self._writer = number
            looks = len(ledger.waiting) >= MAX_COMMANDS // 2 and self._now >= ledger.no_look_before
            yield self._varied(self._cost.writing(len(ledger.batch)))
            self._writer = -1
            self._version += 1
            owed = tried - began if ledger.attempt else 0.0
            if self._has_heard(number):
                owed = max(owed, TURN * (self._now - tried))
            ahead = looks and not owed
            self._answer(number)
            if owed:
                yield min(MAX_COURTESY, owed) * self._dice.uniform(0.5, 1.5)
        ledger.busy = False

    def _lost(self, number: int) -> None:
        """Note that a batch has to be decided anew; say that it is held up, from the third time on."""
        ledger = self._ledgers[number]
        self._retries += 1
        ledger.no_look_before = self._now + PAUSE_AHEAD
        if ledger.attempt + 1 >= HELD_UP_FROM and self._now - self._said.get(number, -inf) >= PAUSE:
            self._said[number] = self._now

    def _has_heard(self, number: int) -> bool:
        """Whether another ledger has said a moment ago that it is held up."""
        return any(
            HEARD_AFTER <= self._now - said < HEARD_AFTER + HEEDED
            for other, said in self._said.items()
            if other != number
        )

    def _varied(self, seconds: float) -> float:
        """No two batches take the same time: in lockstep some would never fit in between the others."""
        return seconds * self._dice.uniform(1 - VARIED, 1 + VARIED)

    def _answer(self, number: int) -> None:
        self._batches += 1
        batch, self._ledgers[number].batch = self._ledgers[number].batch, []
        for came in batch:
            self._waits.append(self._now - came)
            self._at(self._now + self._dice.expovariate(1 / self._cost.pause), None, number)

    def _at(self, when: float, work: Iterator[float] | None, number: int) -> None:
        self._order += 1
        heapq.heappush(self._events, (when, self._order, work, number))


def contended(ledgers: int, buyers: int, orders: int, cost: BatchCost) -> Contended:
    """Simulate so many orders of one product by buyers that are spread over ledgers."""
    return Contention(ledgers, buyers, cost).run(orders)


def cost_of(single_ms: float, batch_ms: float, batch: float, pause_ms: float) -> BatchCost:
    """Return the line through a batch of one and one of `batch` commands, as measured (milliseconds)."""
    each = max(0.0, (batch_ms - single_ms) / (batch - 1)) if batch > 1 else 0.0
    fixed = max(LEAST_MS, single_ms - each)
    return BatchCost(fixed=fixed / 1000, each=each / 1000, pause=max(LEAST_MS, pause_ms) / 1000)
