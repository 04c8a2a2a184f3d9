"""What following tells Prometheus' node exporter: figures in a file, since nobody asks a command over HTTP."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

from models.backup import Followed, time_of


class BackupFigures:
    """How far the journal of a folder of backups is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known = 0
        self._through = Gauge(
            "ivorycart_backup_through_timestamp_seconds",
            "Up to when the journal of the backups has everything.",
            registry=self.registry,
        )
        self._changes = Counter(
            "ivorycart_backup_changes", "Changes written into the journal since it is followed.", registry=self.registry
        )

    def tell(self, followed: Followed, textfile: Path) -> None:
        """Write the figures into a file, which is whole at every moment."""
        self._through.set(time_of(followed.through))
        self._changes.inc(followed.changes - self._known)
        self._known = followed.changes
        write_to_textfile(str(textfile), self.registry)
