"""Secrets that are made once and kept in the data folder, readable by its owner alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from ivorycart.settings import SettingsError


def signing_secret() -> str:
    """Return a new secret that signs tokens."""
    return secrets.token_urlsafe(48)


def kept_secret(data_dir: Path, name: str = "jwt_secret", make: Callable[[], str] = signing_secret) -> str:
    """Return the secret of this name, making it on first use. Two processes at once get the same one.

    Raise SettingsError where the file is there and has nothing in it.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / name
    fresh = data_dir / f".{name}.{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())  # or a power cut may leave the name without the content
        os.link(fresh, path)  # fails if it is there already, and is never seen half written
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    secret = path.read_text().strip()
    if not secret:
        raise SettingsError(f"{path} is empty: remove it, and a fresh secret is made")
    return secret
