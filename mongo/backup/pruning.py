"""Old backups are deleted: full ones beyond the newest, and the journal that only those needed.

Concurrency: beside whoever takes backups or follows. Shutdown: kill it at any line: what is half deleted is incomplete,
and goes with the next run.
"""

import shutil
from pathlib import Path

from models.backup import BackupName, BackupRefused, Pruned
from models.feed import Cursor
from mongo.backup.blocks import Torn, read_blocks
from mongo.backup.folder import MANIFEST, BackupFolder, read_manifest


def prune(root: Path, keep: int) -> Pruned:
    """Delete all but the newest complete backups; return what went. BackupRefused where there are not as many.

    Whatever is older than the oldest kept goes, complete or not, and the files of the journal that end before it. What
    is newer stays: it may be on its way. So does the journal's last file: somebody may be writing it.
    """
    folder = BackupFolder(root)
    full = folder.full()
    complete = {each: at for each in full if (at := _moment(each))}
    if len(complete) < keep:
        raise BackupRefused(f"there are {len(complete)} complete backups, fewer than {keep}: nothing was deleted")
    kept = list(complete)[-keep:]
    oldest, begin = kept[0], min(complete[each] for each in kept)
    gone = [each for each in full if each.name < oldest.name]
    for each in gone:
        (each / MANIFEST).unlink(missing_ok=True)  # first: half of a backup must never look like one
        shutil.rmtree(each)
    files = folder.journal_files()
    written = {files[-1], max(files, key=lambda file: file.stat().st_mtime_ns)} if files else set()
    unneeded = [file for file in files if file not in written and _ends_by(file, begin)]
    for file in unneeded:
        file.unlink()
    return Pruned([BackupName(each.name) for each in gone], len(unneeded))


def _moment(full: Path) -> Cursor | None:
    """Return what moment a backup shows, None where it is not complete."""
    try:
        manifest = read_manifest(full)
    except BackupRefused:
        return None
    return Cursor(manifest["at"]) if manifest else None


def _ends_by(file: Path, moment: Cursor) -> bool:
    """Whether all that a file tells happened by a moment; of one that cannot be read nobody knows."""
    through = Cursor("")
    try:
        for block in read_blocks(file):
            through = max(through, Cursor(block.head["through"]))
    except Torn:  # whoever wrote it was killed: what is before it counts
        pass
    except BackupRefused:
        return False
    return through <= moment
