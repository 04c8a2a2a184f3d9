"""What operators do with backups, on one database."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from models.audit import AuditResult
from models.backup import Backups, Followed, FullBackup, Restored, Until, time_of
from models.feed import Cursor
from mongo.audit import audit
from mongo.backup.copying import Copying
from mongo.backup.folder import BackupFolder
from mongo.backup.journal import Following
from mongo.backup.restoring import Restoring
from mongo.driver import Database, Driver


class BackupOperations:
    """Backups of a database, in folders, and back."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database

    async def create(self, root: Path) -> FullBackup:
        """Take a full backup."""
        return await Copying(self._driver, self._database, BackupFolder(root)).run()

    async def follow(self, root: Path, told: Callable[[Followed], None], *, once: bool) -> None:
        """Write down what changes, until cancelled or, with ``once``, until now."""
        await Following(self._driver, self._database, BackupFolder(root)).run(told, once=once)

    async def restore(
        self, root: Path, *, until: Until | None, backup: str | None, replace: bool, told: Callable[[str], None]
    ) -> Restored:
        """Restore the database."""
        restoring = Restoring(self._database, BackupFolder(root))
        return await restoring.run(until=until, backup=backup, replace=replace, told=told)

    async def audited(self, at: Cursor) -> AuditResult:
        """Check a database that is of a moment and that nobody has worked on since."""
        moment = datetime.fromtimestamp(time_of(at), UTC)
        return await audit(self._driver, self._database, as_of=moment)


def listed(root: Path, *, thorough: bool = False) -> Backups:
    """Return what is in a folder; with ``thorough`` every file is read and compared with its checksums."""
    return BackupFolder(root).listed(thorough=thorough)
