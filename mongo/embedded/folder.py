"""The embedded server's data folder: what is in it, and how its small files are written."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from mongo.embedded.errors import EmbeddedMongoError


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one account of the embedded server."""

    user: str
    password: str = field(repr=False)


class MongoFolder:
    """Paths and small files under `DATA_DIR/mongo`. Absolute, so that a later change of directory is harmless."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.lock = self.root / "server.lock"
        self.db = self.root / "db"
        self.key = self.root / "key"
        self.log = self.root / "mongod.log"
        self.printed = self.root / "mongod.out"
        self._credentials = self.root / "credentials.json"
        self._port = self.root / "port"

    def prepare(self) -> None:
        """Make the folders, closed to other users of the machine."""
        self.db.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    def key_file(self) -> Path:
        """Return the file with the key that members of the set would share; made at the first call."""
        if not self.key.exists():
            _write_durably(self.key, secrets.token_hex(64))
        self.key.chmod(0o600)  # a copied folder may have lost it, and mongod refuses a key that others can read
        return self.key

    def credentials(self) -> Credentials:
        """Return user and password, generated and on disk before anyone uses them."""
        if not self._credentials.exists():
            made = {"user": "ivorycart", "password": secrets.token_urlsafe(32)}
            _write_durably(self._credentials, json.dumps(made))
        self._credentials.chmod(0o600)
        try:
            stored = json.loads(self._credentials.read_text())
            return Credentials(user=str(stored["user"]), password=str(stored["password"]))
        except (ValueError, KeyError, TypeError) as error:
            raise EmbeddedMongoError(f"{self._credentials} is not readable as user and password: {error!r}") from error

    def remembered_port(self) -> int | None:
        """Return the port of the last run, or None where there was none or the file makes no sense."""
        try:
            port = int(self._port.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return port if 1024 <= port <= 65535 else None  # noqa: PLR2004 - what an ordinary user may bind

    def remember_port(self, port: int) -> None:
        """Keep the port for the next run: the replica set's configuration names it."""
        if self.remembered_port() != port:
            _write_durably(self._port, f"{port}\n")

    def start_new_log(self) -> None:
        """Put the last run's log aside, over the one before it: two runs are kept, however often it starts."""
        if self.log.exists():
            self.log.replace(self.root / "mongod.log.1")


def _write_durably(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all, even after a power cut, and readable by its owner alone."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
