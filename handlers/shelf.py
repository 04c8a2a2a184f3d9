"""Files as browsers get them: kept in memory, hashed and compressed once per change on disk.

Nothing is served by pattern alone: a file needs a known suffix, no hidden part, and a real path inside its root.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from aiohttp import ETag, hdrs, web

CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".map": "application/json; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
STATIC_SUFFIXES = frozenset(CONTENT_TYPES) - {".html", ".map"}
COMPRESSED = frozenset({".js", ".mjs", ".css", ".map", ".html", ".svg"})
REVALIDATE = "no-cache"  # names carry no version, so a copy is used only after asking whether it still holds
A_WEEK = "public, max-age=604800"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes over the wire: in its gzip and its Brotli form as well, or None where there is none."""

    body: bytes
    gzip: bytes | None
    etag: str
    content_type: str
    cache_control: str
    brotli: bytes | None = None

    def form(self, accepted: str) -> tuple[str, bytes]:
        """Return the tightest form that a client accepts, and its name, empty for the file as it is."""
        if self.brotli is not None and "br" in accepted:
            return "br", self.brotli
        if self.gzip is not None and "gzip" in accepted:
            return "gzip", self.gzip
        return "", self.body


class Shelf:
    """The files below one folder that may be served, remembered until they change on disk.

    `allowed` decides on the path as asked for, before the disk is touched.
    """

    def __init__(self, root: Path, allowed: Callable[[PurePosixPath], bool]) -> None:
        self._root = root.resolve()
        self._allowed = allowed
        self._kept: dict[Path, tuple[tuple[int, int], Asset]] = {}

    async def asset(self, name: str) -> Asset:
        """Return the file called `name`; raises `web.HTTPNotFound` for all that is not served, without saying why."""
        found = await asyncio.to_thread(self._find, name)
        if found is None:
            raise web.HTTPNotFound
        return found

    def _find(self, name: str) -> Asset | None:
        asked = PurePosixPath(name)
        if asked.is_absolute() or any(part.startswith(".") for part in asked.parts) or not self._allowed(asked):
            return None
        try:
            path = (self._root / asked).resolve(strict=True)
            if not path.is_relative_to(self._root) or not path.is_file():
                return None
            return self._current(path)
        except (OSError, ValueError):  # no such file, a name too long, a NUL in it
            return None

    def _current(self, path: Path) -> Asset:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(path)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        asset = _load(path)
        self._kept[path] = (stamp, asset)
        return asset


def _load(path: Path) -> Asset:
    return made(path.read_bytes(), path.suffix, A_WEEK if path.suffix == ".woff2" else REVALIDATE)


def made(body: bytes, suffix: str, cache_control: str, brotli: bytes | None = None) -> Asset:
    """Return what goes over the wire for a file of a kind."""
    packed = gzip.compress(body, 9, mtime=0) if suffix in COMPRESSED else None
    return Asset(
        body=body,
        gzip=packed if packed is not None and len(packed) < len(body) else None,
        brotli=brotli if brotli is not None and len(brotli) < len(body) else None,
        etag=etag_of(body),
        content_type=CONTENT_TYPES[suffix],
        cache_control=cache_control,
    )


def etag_of(body: bytes) -> str:
    """Return the tag of some contents."""
    return hashlib.sha256(body).hexdigest()[:32]


def answer(request: web.Request, asset: Asset, status: int = HTTPStatus.OK) -> web.Response:
    """Return a file as the client asked for it: in a form that it reads, and not again if it has it."""
    coding, body = asset.form(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    tag = f"{asset.etag}-{coding}" if coding else asset.etag
    headers = {hdrs.CACHE_CONTROL: asset.cache_control, hdrs.ETAG: f'"{tag}"', hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if status == HTTPStatus.OK and _holds(request.if_none_match, tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers[hdrs.CONTENT_TYPE] = asset.content_type
    if coding:
        headers[hdrs.CONTENT_ENCODING] = coding
    return web.Response(status=status, body=body, headers=headers)


def _holds(wanted: tuple[ETag, ...] | None, tag: str) -> bool:
    return any(etag.value in {tag, "*"} for etag in wanted or ())
