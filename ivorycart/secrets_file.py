"""The secret that signs tokens, made once and kept in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def kept_secret(data_dir: Path, name: str = "jwt_secret") -> str:
    """Return the secret of this name, making it on first use. Two processes at once get the same one."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / name
    fresh = data_dir / f".{name}.{secrets.token_hex(8)}"
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)  # fails if it is there already, and is never seen half written
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()
