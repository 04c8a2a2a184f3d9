"""The browser's side: the page, its scripts and styles.

Files are small and read-mostly, so they are kept in memory, hashed and compressed once per change on disk.
Nothing is served by pattern alone: a file needs a known suffix, no hidden part, and a real path inside its root;
of the installed packages only what the page's import map names (and its fonts) can be asked for.
"""

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import ETag, hdrs, web

INDEX = "index.html"
# The page finds out itself which of its rooms is meant; it has the same list (static/pages/places.js).
PAGES = (
    "/",
    "/login",
    "/register",
    "/activate",
    "/forgot-password",
    "/reset-password",
    "/confirm-email",
    "/order",
    "/account/sessions",
    "/account/notifications",
)
PACKAGES_URL = "/npm/"
FONTS = (("@fontsource-variable/", ".woff2"),)
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
IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes over the wire: `packed` is its gzip form, or None where that saves nothing."""

    body: bytes
    packed: bytes | None
    etag: str
    content_type: str
    cache_control: str


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
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSED else None
    return Asset(
        body=body,
        packed=packed if packed is not None and len(packed) < len(body) else None,
        etag=hashlib.sha256(body).hexdigest()[:32],
        content_type=CONTENT_TYPES[path.suffix],
        cache_control=A_WEEK if path.suffix == ".woff2" else REVALIDATE,
    )


def _answer(request: web.Request, asset: Asset) -> web.Response:
    pack = asset.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    tag = f"{asset.etag}-gz" if pack else asset.etag
    headers = {hdrs.CACHE_CONTROL: asset.cache_control, hdrs.ETAG: f'"{tag}"', hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if _holds(request.if_none_match, tag):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = asset.content_type
    if pack:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(body=asset.packed if pack else asset.body, headers=headers)


def _holds(wanted: tuple[ETag, ...] | None, tag: str) -> bool:
    return any(etag.value in {tag, "*"} for etag in wanted or ())


def page_routes(static_dir: Path, packages_dir: Path) -> list[web.RouteDef]:
    """Return the routes of the pages (`PAGES`), of `/static/{path}` and of `/npm/{path}`.

    `static_dir` holds the page, `packages_dir` the installed packages (`node_modules`).
    """
    page = Shelf(static_dir, lambda asked: asked == PurePosixPath(INDEX))
    own = Shelf(static_dir, lambda asked: asked.suffix in STATIC_SUFFIXES)
    packages = Shelf(packages_dir, _package_rule(import_map(static_dir)))

    async def index(request: web.Request) -> web.Response:
        return _answer(request, await page.asset(INDEX))

    async def static(request: web.Request) -> web.Response:
        return _answer(request, await own.asset(request.match_info["path"]))

    async def package(request: web.Request) -> web.Response:
        return _answer(request, await packages.asset(request.match_info["path"]))

    return [
        *(web.get(path, index) for path in PAGES),
        web.get("/static/{path:.+}", static),
        web.get(PACKAGES_URL + "{path:.+}", package),
    ]


def import_map(static_dir: Path) -> str:
    """Return the exact text of the page's import map; raises ValueError when the page has none."""
    match = IMPORT_MAP.search((static_dir / INDEX).read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{INDEX} has no import map")
    return match.group(1)


def _package_rule(import_map_text: str) -> Callable[[PurePosixPath], bool]:
    urls: list[str] = list(json.loads(import_map_text)["imports"].values())
    named = {url.removeprefix(PACKAGES_URL) for url in urls}
    exact = named | {f"{name}.map" for name in named}  # developer tools ask for the source maps

    def allowed(asked: PurePosixPath) -> bool:
        name = str(asked)
        return name in exact or any(name.startswith(start) and name.endswith(end) for start, end in FONTS)

    return allowed
