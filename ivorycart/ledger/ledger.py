"""The ledger: commands queue up, and all that wait go into one transaction (group commit).

Pattern: one consumer (``run``) takes what has gathered, reads what it touches in one snapshot, lets the pure
``decide`` answer command after command, writes the difference and commits. While a batch commits, the next gathers.
Where enough waits already, the next one is decided ahead, on what the one in flight will leave: so this process and
the database work at the same time. What was decided ahead is written only after that one is certain, guarded against
everybody else; where anything fails, it is forgotten and decided anew in the plain way.

Concurrency: ``submit`` may be called by any number of tasks of one event loop; exactly one task runs ``run``. Other
processes may run ledgers on the same database: a conflict costs the loser a retry of its batch, which then takes along
what has gathered meanwhile. One that is held up again and again says so (``on_held_up``); the others hear of it
(``leave_a_turn``) and pause after their next commits. Without that whoever commits once goes on committing, and the
others starve until their callers' deadlines: simulated in `bench/scale/contention.py`.

Shutdown: ``close`` refuses new commands; ``run`` returns when what was accepted is answered.

Invariants: a caller is answered only after its batch was committed with majority write concern, or refused on the
strength of such a batch. A refused or poisonous command changes nothing and costs the others nothing. After the
deadline a caller hears ``storage_unavailable`` if nothing can have happened, else ``pending``: never a wrong "failed".
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from ivorycart.ledger.batch import Committed, Decided, Entry, LedgerStore, LedgerTransaction, named
from ivorycart.ledger.metrics import LedgerMetrics
from ivorycart.ledger.patience import Patience
from models.commands import Command
from models.decide import Decision, reads
from models.errors import Internal, Pending, StorageUnavailable
from models.faults import CommitUnknown, Contended, Rejected, Stale, StorageFault, Transient
from models.policy import Policy
from models.state import Changes

O = TypeVar("O")  # noqa: E741 - the outcome, as in Command[O]

MAX_COMMANDS = 256
MAX_DOCUMENTS = 1000
DEADLINE = 10.0
MAX_BACKOFF = 0.1
# Seconds that a batch which others held up holds back the next one, at the most.
MAX_COURTESY = 1.0
# Conflicts in a row from which on a batch is held up; how long it is heeded that others are; and by how many times of
# what a batch took the field is left to them then.
HELD_UP_FROM = 3
HEEDED = 0.25
TURN = 2.0
# A fresh read settles a stale one; what is stale again and again is a document at odds with the ledger.
MAX_STALE = 5
# How many commands are decided before others of the event loop get their turn.
SLICE = 16
# Seconds without looking ahead after it was in vain.
PAUSE_AHEAD = 1.0

log = structlog.get_logger(__name__)


CommitListener = Callable[[Sequence[Committed]], None]


@dataclass(slots=True, eq=False)
class _Ahead:
    """A batch that is being decided while the one before it is being written."""

    batch: list[Entry]
    task: "asyncio.Task[Decided]"


class Ledger:
    """Accepts commands and commits them in groups."""

    def __init__(
        self,
        store: LedgerStore,
        policy: Policy,
        *,
        metrics: LedgerMetrics,
        on_commit: CommitListener = lambda _: None,
        on_held_up: Callable[[], None] = lambda: None,
        max_commands: int = MAX_COMMANDS,
        max_documents: int = MAX_DOCUMENTS,
        deadline: float = DEADLINE,
    ) -> None:
        self.policy = policy
        self.on_commit = on_commit
        self.on_held_up = on_held_up
        self._store = store
        self._metrics = metrics
        self._max_commands = max_commands
        self._max_documents = max_documents
        self._deadline = deadline
        self._queue: deque[Entry] = deque()
        self._patience = Patience()
        self._wake = asyncio.Event()
        self._closed = False
        self._accepted: tuple[Entry, ...] = ()
        self._in_flight: Changes | None = None
        self._ahead: _Ahead | None = None
        self._answering: asyncio.Task[None] | None = None
        self._no_look_before = 0.0
        self._field_is_left_until = 0.0
        self._turn_wanted_at = -HEEDED

    @property
    def waiting(self) -> int:
        """How many commands wait for the next batch."""
        return len(self._queue)

    @property
    def unfinished(self) -> int:
        """How many commands were accepted before ``close`` and given up after it, for want of a database."""
        return sum(each.given_up for each in self._accepted)

    async def submit(self, command: Command[O], *, origin: str | None = None) -> O:
        """Have a command decided and committed; return its outcome or raise its refusal.

        Cancelling the caller does not take back a command that was accepted.
        """
        if self._closed:
            raise StorageUnavailable("the server is stopping")
        loop = asyncio.get_running_loop()
        entry = Entry(command, origin, loop.create_future(), loop.time() + self._deadline)
        self._queue.append(entry)
        self._patience.add(entry, loop)
        self._wake.set()
        if len(self._queue) >= self._max_commands:
            self._look_ahead()
        outcome: O = await entry.future
        return outcome

    def leave_a_turn(self) -> None:
        """Note that another process's ledger is held up; to be told again while it is so."""
        self._turn_wanted_at = asyncio.get_running_loop().time()

    def close(self) -> None:
        """Accept nothing more; ``run`` ends when the queue is empty."""
        if not self._closed:
            self._closed, self._accepted = True, self._patience.waiting
        self._wake.set()

    async def run(self) -> None:
        """Commit batches until closed and drained. Cancelling it answers everyone who waits, and closes it."""
        batch: list[Entry] = []
        try:
            while not (self._closed and not self._queue):
                await self._wake.wait()
                self._wake.clear()
                await asyncio.sleep(0)  # lets everyone who is about to submit get into this batch
                while self._queue or self._ahead:
                    await self._leave_the_field()
                    foreseen = await self._foreseen()
                    if not foreseen:
                        # who hears an answer may come back in time for this batch: fewer, fuller ones cost less
                        await self._all_answered()
                    batch = foreseen.entries if foreseen else self._take()
                    await self._commit_isolated(batch, foreseen, filling=True)
        finally:
            self._closed = True
            await self._all_answered()
            await self._forget_ahead()
            self._leave_nobody_waiting(batch)

    def _leave_nobody_waiting(self, batch: list[Entry]) -> None:
        """Answer those whom a ledger that was torn down leaves behind; after an orderly end there is nobody."""
        self._patience.close()
        while self._queue:
            self._queue.popleft().refuse(StorageUnavailable("the server is stopping; nothing was done"))
        for entry in batch:
            entry.refuse(Pending("the outcome is not known: ask again with the same key"))

    def _take(self, beside: int = 0) -> list[Entry]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), max(0, self._max_commands - beside)))]

    async def _leave_the_field(self) -> None:
        """Pause where the batch before was held up, or others are now; who comes later does not wait for them."""
        left = self._field_is_left_until - asyncio.get_running_loop().time()
        if left > 0 and not self._closed:
            await self._forget_ahead()  # by then it would be out of date
            await asyncio.sleep(left)

    async def _commit_isolated(
        self, batch: list[Entry], foreseen: Decided | None = None, *, filling: bool = False
    ) -> None:
        """Commit a batch; where the store rejects it, find the poisonous command by halving."""
        try:
            if not (foreseen and await self._commit_foreseen(foreseen)):
                await self._commit(batch, filling=filling)
        except Rejected:
            if len(batch) == 1:
                log.exception("ledger.command_rejected", command=named(batch[0].command))
                batch[0].refuse(Internal("this cannot be stored"))
                return
            self._metrics.splits.inc()
            middle = len(batch) // 2
            await self._commit_isolated(batch[:middle])
            await self._commit_isolated(batch[middle:])
        except Exception:
            # A bug must not end the ledger. Nobody here knows whether a commit happened, so nobody is told "failed".
            log.exception("ledger.batch_failed", size=len(batch))
            for entry in batch:
                entry.refuse(Pending("the outcome is not known: ask again with the same key"))

    async def _commit(self, batch: list[Entry], *, filling: bool) -> None:
        """Try a batch until it is committed or its callers' deadlines have passed.

        ``filling``: what comes in between two attempts joins it.
        """
        loop = asyncio.get_running_loop()
        attempt = stale = 0
        began, conflicts = loop.time(), 0
        while self._drop_overdue(batch):
            if filling and attempt:
                batch += self._take(len(batch))
            tried = loop.time()
            transaction = self._store.transaction()
            try:
                with self._metrics.batch(len(batch)):
                    await self._attempt(transaction, batch)
            except Transient as fault:
                self._metrics.retried(fault)
                stale = stale + 1 if isinstance(fault, Stale) else 0
                if isinstance(fault, Contended | Stale):
                    conflicts += 1
                    self._no_look_before = loop.time() + PAUSE_AHEAD
                    if conflicts >= HELD_UP_FROM:
                        self.on_held_up()
                if stale == MAX_STALE:
                    raise Rejected(str(fault)) from fault
                log.debug("ledger.retry", attempt=attempt, reason=str(fault)[:200])
            else:
                self._owe(held_up=tried - began if conflicts else 0.0, took=loop.time() - tried)
                return
            finally:
                await transaction.abort()
            await asyncio.sleep(random.random() * min(MAX_BACKOFF, 0.002 * 2 ** min(attempt, 10)))  # noqa: S311 - jitter
            attempt += 1

    def _owe(self, *, held_up: float, took: float) -> None:
        """After a commit: owe others the time for which they held it up, and a turn where they want one."""
        now = asyncio.get_running_loop().time()
        if now - self._turn_wanted_at < HEEDED:
            held_up = max(held_up, TURN * took)
        if held_up:
            self._field_is_left_until = now + min(MAX_COURTESY, held_up) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter

    def _drop_overdue(self, batch: list[Entry]) -> bool:
        """Give up those whose deadline has passed; return whether anyone is left."""
        now = asyncio.get_running_loop().time()
        for entry in batch:
            if entry.deadline <= now:
                entry.give_up()
        batch[:] = [entry for entry in batch if entry.deadline > now]
        return bool(batch)

    async def _attempt(self, transaction: LedgerTransaction, batch: list[Entry]) -> None:
        """Read, decide, write and commit once.

        A batch that changes nothing is committed too: only then is what it read (the order of a repeated key, say)
        certain to be on a majority.
        """
        await self._settle(await self._decide(transaction, batch))

    async def _decide(self, transaction: LedgerTransaction, batch: list[Entry]) -> Decided:
        state = await transaction.load([entry.command for entry in batch], self.policy)
        decided = Decided(transaction, state)
        for index, entry in enumerate(batch):
            if not decided.take(entry, self._max_documents):
                self._put_back(batch, index)
                break
            if index % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        return decided

    async def _settle(self, decided: Decided) -> None:
        """Write and commit what was decided; meanwhile, once enough waits, what comes next is decided."""
        self._in_flight = decided.changes
        certain = False
        try:
            self._look_ahead()
            await decided.transaction.write(decided.changes)
            certain = await self._make_certain(decided.transaction, decided.entries)
        finally:
            self._in_flight = None
            if not certain:
                await self._forget_ahead()
        if certain:
            self._metrics.batch_commands.observe(len(decided.entries))
            await self._all_answered()
            self._answering = asyncio.create_task(self._answer(decided), name="ledger answers")

    def _put_back(self, batch: list[Entry], index: int) -> None:
        """Return what no longer fits to the head of the queue, in order."""
        self._queue.extendleft(reversed(batch[index:]))
        del batch[index:]

    def _look_ahead(self) -> None:
        """Begin to decide the next batch, where that is worth it and what it reads can be guarded by its writes."""
        after, enough = self._in_flight, self._max_commands // 2
        if after is None or after.changed_orders or self._ahead or not enough or len(self._queue) < enough:
            return
        if asyncio.get_running_loop().time() < self._no_look_before:
            return
        batch = self._take()
        if not all(reads(entry.command).guarded for entry in batch):
            self._put_back(batch, 0)
            return
        self._ahead = _Ahead(batch, asyncio.create_task(self._foresee(batch, after), name="ledger ahead"))

    async def _foresee(self, batch: list[Entry], after: Changes) -> Decided:
        transaction = self._store.transaction(after)
        try:
            decided = await self._decide(transaction, batch)
            await transaction.prepare(decided.changes)
        except BaseException:
            await transaction.abort()
            raise
        return decided

    async def _foreseen(self) -> Decided | None:
        """Return what was decided ahead; None where there is nothing, or it cannot be used."""
        ahead = self._ahead
        if ahead is None:
            return None
        try:
            decided = await ahead.task
        except StorageFault as fault:
            log.debug("ledger.not_foreseen", reason=str(fault)[:200])
        except Exception:
            log.exception("ledger.not_foreseen")
        else:
            if all(entry.deadline > asyncio.get_running_loop().time() for entry in decided.entries):
                self._ahead = None
                self._metrics.ahead.inc()
                return decided
        await self._forget_ahead()
        return None

    async def _forget_ahead(self) -> None:
        """Return the commands of a batch that was decided ahead to the queue; of it nothing was written."""
        ahead, self._ahead = self._ahead, None
        if not ahead:
            return
        ahead.task.cancel()
        await asyncio.wait([ahead.task])
        self._put_back(ahead.batch, 0)
        if not ahead.task.cancelled() and ahead.task.exception() is None:
            await ahead.task.result().transaction.abort()

    async def _commit_foreseen(self, foreseen: Decided) -> bool:
        """Commit what was decided ahead; False where something was not as foreseen, and nothing happened."""
        began = asyncio.get_running_loop().time()
        try:
            with self._metrics.batch(len(foreseen.entries)):
                await self._settle(foreseen)
            self._owe(held_up=0.0, took=asyncio.get_running_loop().time() - began)
        except StorageFault as fault:
            # two processes at the same products: to foresee what the other one does is in vain, for a while
            self._no_look_before = asyncio.get_running_loop().time() + PAUSE_AHEAD
            self._metrics.retried(fault)
            log.debug("ledger.foreseen_in_vain", reason=str(fault)[:200])
            return False
        finally:
            await foreseen.transaction.abort()
        return True

    async def _make_certain(self, transaction: LedgerTransaction, entries: list[Entry]) -> bool:
        """Commit; while the answer is missing, ask again. Callers hear ``pending`` at their deadline.

        Return False where it stayed unknown until nobody was waiting any more. Raise Transient where somebody heard
        already that nothing was done: so be it.
        """
        loop = asyncio.get_running_loop()
        if any(entry.deadline <= loop.time() for entry in entries):
            raise Transient("somebody's deadline passed before the commit")
        _mark(entries, committing=True)
        while True:
            try:
                await transaction.commit()
            except CommitUnknown as fault:
                self._metrics.unknown_commits.inc()
                log.warning("ledger.commit_unknown", reason=str(fault)[:200])
            except StorageFault:  # it did not happen
                _mark(entries, committing=False)
                raise
            else:
                return True
            if all(entry.deadline <= loop.time() for entry in entries):
                for entry in entries:
                    entry.give_up()
                return False
            await asyncio.sleep(random.random() * MAX_BACKOFF)  # noqa: S311 - jitter

    async def _answer(self, decided: Decided) -> None:
        """Answer the callers, a few at a time: neither the next batch nor anyone else of the event loop is held up."""
        answers = list(zip(decided.entries, decided.answers, strict=True))
        for start in range(0, len(answers), SLICE):
            some = answers[start : start + SLICE]
            self._tell([(entry, answer) for entry, answer in some if isinstance(answer, Decision)])
            for entry, answer in some:
                if isinstance(answer, Decision):
                    entry.answer(answer.outcome)
                else:
                    self._metrics.refused(answer)
                    entry.refuse(answer)
            await asyncio.sleep(0)

    def _tell(self, taken: list[tuple[Entry, Decision]]) -> None:
        committed = [Committed(entry.command, each.outcome, entry.origin, each.draft.carts) for entry, each in taken]
        try:
            self.on_commit(committed)
        except Exception:
            log.exception("ledger.listener_failed")

    async def _all_answered(self) -> None:
        """Wait until the batch before has its answers: they keep the order of the commits."""
        if self._answering:
            await asyncio.wait([self._answering])


def _mark(entries: Sequence[Entry], *, committing: bool) -> None:
    for entry in entries:
        entry.committing = committing
