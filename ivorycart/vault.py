"""Texts that are kept sealed: encrypted and authenticated, so that whoever reads the database learns nothing.

Fernet: AES-128-CBC and HMAC-SHA256 under a key of 32 bytes, with a fresh initialisation vector for each text. A sealed
text is ``<key id>:<Fernet token>``; by the id old texts stay readable while keys change. Sealing takes some 25 µs.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

KEY_BYTES = 32
_KEY_ID = re.compile(r"[a-z0-9-]{1,16}")
HOW_TO_MAKE_KEYS = "make one: echo k1:$(openssl rand -base64 32 | tr +/ -_)"
_TOKEN = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_RULE = "must be id:key or id:key,id2:key2, each key 32 bytes in urlsafe base64"


class Unreadable(Exception):  # noqa: N818 - it says what is the matter
    """A sealed text cannot be opened: its key is not among the keys, or it is not what was sealed."""


class Vault:
    """Seals under the first of its keys, opens under any."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {key_id: Fernet(key) for key_id, key in keys.items()}
        self.key_id = next(iter(keys))

    def seal(self, text: str) -> str:
        """Return a text sealed under the first key; each time another one."""
        return f"{self.key_id}:{self._keys[self.key_id].encrypt(text.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Return what was sealed, or raise Unreadable."""
        key_id, _, token = sealed.partition(":")
        key = self._keys.get(key_id)
        if key is None:
            named = repr(key_id) if _KEY_ID.fullmatch(key_id) and token else "that the text does not name"
            raise Unreadable(f"ENCRYPTION_KEYS has no key {named}")
        broken = Unreadable(f"this was not sealed under the key {key_id!r} of ENCRYPTION_KEYS")
        if not _TOKEN.fullmatch(token):  # Fernet passes over signs that are not base64
            raise broken
        try:
            return key.decrypt(token).decode()
        except InvalidToken as error:
            raise broken from error

    def is_current(self, sealed: str) -> bool:
        """Whether a text is sealed under the first key."""
        return sealed.startswith(f"{self.key_id}:")


def keys_of(text: str) -> dict[str, str]:
    """Read the keys of ``id:key,id2:key2``, the first first; raise ValueError, which quotes none of them."""
    keys: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        key_id, _, key = (each.strip() for each in part.partition(":"))
        if not _KEY_ID.fullmatch(key_id):
            raise ValueError(f"{_RULE}; an id has up to 16 of a-z, 0-9 and hyphens")
        if key_id in keys:
            raise ValueError(f"{_RULE}; the id {key_id!r} stands there twice")
        if not _is_key(key):
            raise ValueError(f"{_RULE}; the key {key_id!r} is none")
        keys[key_id] = key
    if not keys:
        raise ValueError(_RULE)
    return keys


def fresh_keys() -> str:
    """Return a setting with one new key."""
    return f"k1:{base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False
