"""Backups as an operator sees them: full ones, the journal between them, and what was restored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from models.feed import Cursor

BackupName = NewType("BackupName", str)
BackupState = Literal["complete", "incomplete", "damaged"]


class BackupRefused(Exception):  # noqa: N818 - it says what is the matter
    """A backup cannot be taken, used or followed; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class FullBackup:
    """One full backup. ``at`` is the moment that it shows; the figures are None where it is incomplete or damaged."""

    name: BackupName
    state: BackupState
    at: Cursor | None = None
    documents: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    schema: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken stretch of the journal: all changes after one moment up to another."""

    after: Cursor
    through: Cursor
    changes: int


@dataclass(frozen=True, slots=True)
class Backups:
    """What is in a folder of backups, oldest first, and what is wrong with it."""

    full: Sequence[FullBackup]
    journal: Sequence[Stretch]
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore made: from which backup, up to which moment, with how many changes after it."""

    backup: BackupName
    at: Cursor
    documents: int
    changes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted: full backups, and how many files of the journal."""

    full: Sequence[BackupName]
    journal_files: int


def time_of(cursor: Cursor) -> int:
    """Return a moment's time: whole seconds since 1970."""
    return int(cursor[:8], 16)


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the journal has come: a moment, and how many changes were written since following began."""

    through: Cursor
    changes: int


Until = datetime | Cursor
"""Up to when: what was committed before the second of a time begins, or up to a moment and with it."""
