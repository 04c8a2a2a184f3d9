"""Reaching the embedded server of another process, for an operator's commands beside a running shop."""

from pathlib import Path

from mongo.embedded.folder import MongoFolder
from mongo.embedded.lock import is_locked
from mongo.embedded.replica_set import uri


def running_uri(data_dir: Path) -> str | None:
    """Return the URI of the server that another process runs in this data folder; None where none does."""
    folder = MongoFolder(data_dir / "mongo")
    port = folder.remembered_port()
    if port is None or not is_locked(folder.lock):
        return None
    return uri(port, folder.credentials())
