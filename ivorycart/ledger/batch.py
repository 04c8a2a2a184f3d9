"""A batch of the ledger: who waits for what, what was decided, and what it changes together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from models.cart import Cart
from models.commands import Command
from models.decide import Decision, decide
from models.errors import Internal, Pending, Refused, StorageUnavailable
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, State

log = structlog.get_logger(__name__)


class LedgerTransaction(Protocol):
    """One attempt at a batch. Methods raise ``models.faults``; reads are of one snapshot, those ahead of a majority."""

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Begin, and read all that the commands touch; one that goes ahead reads only."""

    async def prepare(self, changes: Changes) -> None:
        """Build the messages of ``write`` in good time; not needed."""

    async def write(self, changes: Changes) -> None:
        """Write the changes, each guarded by the version or revision that was read; one that goes ahead begins here."""

    async def commit(self) -> None:
        """Commit with majority; after ``CommitUnknown`` it may be called again."""

    async def abort(self) -> None:
        """Give up the attempt; never raises."""


class LedgerStore(Protocol):
    """Where batches go."""

    def transaction(self, after: Changes | None = None) -> LedgerTransaction:
        """Return a new attempt; ``after`` makes one that goes ahead, on what a batch in flight changes."""


@dataclass(frozen=True, slots=True)
class Committed:
    """One command that took effect: its outcome and the carts it changed.

    ``origin`` is whatever its submitter gave, to know its own again.
    """

    command: Command[Any]
    outcome: Any
    origin: str | None
    carts: Mapping[OwnerId, Cart]


@dataclass(slots=True, eq=False)
class Entry:
    """A command, and the caller who waits for its answer until ``deadline`` (the event loop's time).

    While it is ``committing``, nobody knows whether it happens.
    """

    command: Command[Any]
    origin: str | None
    future: asyncio.Future[Any]
    deadline: float
    committing: bool = False

    @property
    def given_up(self) -> bool:
        """Whether the caller was told to ask again: the outcome is not known, or nothing was done in time."""
        told = self.future.exception() if self.future.done() and not self.future.cancelled() else None
        return isinstance(told, Pending | StorageUnavailable)

    def answer(self, outcome: Any) -> None:
        """Give the outcome, unless the caller has an answer or has gone."""
        if not self.future.done():
            self.future.set_result(outcome)

    def refuse(self, reason: Exception) -> None:
        """Raise the reason at the caller, unless it has an answer or has gone."""
        if not self.future.done():
            self.future.set_exception(reason)

    def give_up(self) -> None:
        """Say at the deadline what is known then. What is not committing by then must not begin to."""
        if self.committing:
            self.refuse(Pending("the outcome is not known yet: ask again with the same key"))
        else:
            self.refuse(StorageUnavailable("the database could not be reached in time; nothing was done"))


class Decided:
    """The answers of a batch, what they change together, and the transaction that it was read with."""

    def __init__(self, transaction: LedgerTransaction, state: State) -> None:
        self.transaction = transaction
        self.state = state
        self.changes = Changes()
        self.entries: list[Entry] = []
        self.answers: list[Decision | Exception] = []

    def take(self, entry: Entry, max_documents: int) -> bool:
        """Decide one command on what the ones before it left; False where it would be too much for one transaction.

        A command that alone is too much is taken all the same, as the only one.
        """
        try:
            decision = decide(entry.command, self.state)
        except Refused as refusal:
            self._answer(entry, refusal)
        except Exception:
            log.exception("ledger.poison", command=named(entry.command))
            self._answer(entry, Internal("this cannot be handled"))
        else:
            if self.entries and len(self.changes) + len(decision.draft) > max_documents:
                return False
            self._answer(entry, decision)
            self.state.apply(decision.draft)
            self.changes.add(decision.draft)
        return True

    def _answer(self, entry: Entry, answer: Decision | Exception) -> None:
        self.entries.append(entry)
        self.answers.append(answer)


def named(command: Command[Any]) -> str:
    """Name a command for the log: its kind and what it touches, not whose address or mail is in it."""
    touched = (getattr(command, name, None) for name in ("cart_id", "product_id", "order_id", "order_key"))
    return " ".join([type(command).__name__, *(each for each in touched if each)])
