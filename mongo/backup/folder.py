"""The folder of backups on disk: names, manifests, what is whole and what isn't."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bson import json_util

from models.backup import BackupName, BackupRefused, Backups, FullBackup, Stretch
from models.feed import Cursor
from mongo.backup.blocks import Block, Torn, damaged, read_blocks, sync_folder
from mongo.driver import Document

FORMAT = 1
MANIFEST = "manifest.json"
_PORTION = 1 << 20


class BackupFolder:
    """A folder that may hold backups; nothing is made before it is written to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = root / "journal"

    def full(self) -> list[Path]:
        """Return the folders of full backups, oldest first."""
        return sorted(self.root.glob("full-*")) if self.root.is_dir() else []

    def begin(self, name: str) -> Path:
        """Make the folder of a full backup; BackupRefused where this cannot be written."""
        target = self.root / name
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.mkdir(mode=0o700)
        except OSError as error:
            raise BackupRefused(f"{target}: {error.strerror}") from error
        return target

    @contextmanager
    def following(self) -> Iterator[None]:
        """Be the only one who writes the journal; BackupRefused where somebody does."""
        try:
            self.journal.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.journal / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BackupRefused(f"{self.journal}: {error.strerror}") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BackupRefused(f"{self.journal} is being written by another process") from error
            yield
        finally:
            os.close(descriptor)

    def journal_files(self) -> list[Path]:
        """Return the files of the journal, oldest first."""
        return sorted(self.journal.glob("*.changes")) if self.journal.is_dir() else []

    def listed(self, *, thorough: bool = False) -> Backups:
        """Return what there is; with ``thorough`` every file is read and compared with its checksums."""
        problems: list[str] = []
        journal = stretches(self.journal_files(), problems)
        return Backups([described(each, thorough=thorough) for each in self.full()], journal, problems)


def described(folder: Path, *, thorough: bool = False) -> FullBackup:
    """Return what a folder holds; with ``thorough`` its files are read and compared with their checksums."""
    name = BackupName(folder.name)
    try:
        manifest = read_manifest(folder)
        if manifest is None:
            return FullBackup(name, "incomplete", problem="it was not finished")
        if thorough:
            verify(folder, manifest)
    except BackupRefused as error:
        return FullBackup(name, "damaged", problem=str(error))
    files = [*manifest["collections"].values(), *([manifest["changes"]] if manifest["changes"] else [])]
    return FullBackup(
        name,
        "complete",
        Cursor(manifest["at"]),
        sum(each["documents"] for each in manifest["collections"].values()),
        sum(each["bytes"] for each in files),
        manifest["seconds"],
        manifest["schema"],
    )


def write_manifest(folder: Path, manifest: Document) -> None:
    """Write what a backup consists of, which makes it complete; all its files are on disk by then."""
    text = json_util.dumps({**manifest, "checksum": _checksum(manifest)}, indent=1)
    draft = folder / (MANIFEST + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 - a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MANIFEST)
    for each in (folder, folder.parent):
        sync_folder(each)


def read_manifest(folder: Path) -> Document | None:
    """Return what a backup consists of; None where it is incomplete, BackupRefused where that was damaged."""
    try:
        manifest: Any = json_util.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise damaged(folder / MANIFEST) from error
    if not isinstance(manifest, dict) or manifest.pop("checksum", "") != _checksum(manifest):
        raise damaged(folder / MANIFEST)
    if manifest["format"] != FORMAT:
        raise BackupRefused(f"{folder.name} is of format {manifest['format']}, this program reads {FORMAT}")
    return manifest


def _checksum(manifest: Document) -> str:
    return hashlib.sha256(json_util.dumps(manifest, sort_keys=True).encode()).hexdigest()


def verify(folder: Path, manifest: Document) -> None:
    """Compare every file of a full backup with its checksum and every block with its own; raise BackupRefused."""
    files = [*manifest["collections"].values(), *([manifest["changes"]] if manifest["changes"] else [])]
    for each in files:
        file = folder / each["file"]
        try:
            if _sum_of(file) != each["sha256"]:
                raise damaged(file)
            counted = sum(block.head["documents"] for block in read_blocks(file))
        except (FileNotFoundError, Torn) as error:
            raise damaged(file) from error
        if counted != each["documents"]:
            raise damaged(file)


def _sum_of(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as source:
        while portion := source.read(_PORTION):
            found.update(portion)
    return found.hexdigest()


def stretches(files: Sequence[Path], problems: list[str]) -> list[Stretch]:
    """Return the journal's unbroken stretches, by history; add what is damaged to the problems."""
    found: dict[str, list[Stretch]] = {}
    for file in files:
        history = ""
        try:
            for block in read_blocks(file):
                history = block.head["history"]
                _extend(found.setdefault(history, []), block)
        except Torn as torn:
            problems.append(f"{torn}: whoever wrote it was killed; what is before it counts")
        except BackupRefused as error:
            problems.append(str(error))
    return [stretch for stretches in found.values() for stretch in stretches]


def _extend(mine: list[Stretch], block: Block) -> None:
    head = block.head
    after, through, changes = Cursor(head["after"]), Cursor(head["through"]), head["documents"]
    if mine and mine[-1].through == after:
        last = mine.pop()
        after, changes = last.after, last.changes + changes
    mine.append(Stretch(after, through, changes))
