"""The browser's side in its production form: what `npm run build` made in `.web/`, as long as it is of what is there.

The page is served in this form while every file that it was made of is as it was then: the first comparison is by
contents, later ones by size and time, each time that somebody asks for a page. Whoever edits a script gets the plain
modules at the next load, and the new form after the next build. Built files themselves are served in any case: windows
that were opened before a change still fetch rooms of the form that they began with.

A browser that has nothing of a form gets its first room's script and sheets within the page: on a slow network the
round trip for them would be the longest part of the visit. It fetches them as files afterwards, and from then on says
by a cookie that it has them (static/live/keeping.js).
"""

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from handlers.packed import Beginning
from handlers.security_headers import content_security_policy
from handlers.shelf import CONTENT_TYPES, REVALIDATE, Asset, etag_of, made

log = structlog.get_logger(__name__)

BUILT_URL = "/built/"
MANIFEST = "manifest.json"
FOR_EVER = "public, max-age=31536000, immutable"  # the folder is named after its contents
ROOM = "<!-- room -->"
SOCKET = "socket.js"
KEPT_COOKIE = "ivorycart.form"  # its value: the version of the form that the browser has in its cache
VERSION = re.compile(r"[0-9a-f]{16}")
NAME = re.compile(r"(?:rooms/)?[a-z]+\.(?:js|css)(?:\.map)?")
MAP_OF_SHEET = re.compile(r"/\*# sourceMappingURL=.*?\*/\n?")
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Whole:
    """The page for who has nothing yet: a room, with all that it needs within the page."""

    beginning: Beginning
    end: str
    policy: str

    def page(self, given: Iterable[str]) -> Asset:
        """Return the page with what it is given."""
        end = ("\n".join(given) + self.end).encode()
        body = self.beginning.body + end
        return Asset(
            body=body,
            gzip=self.beginning.gzip(end),
            etag=etag_of(body),
            content_type=CONTENT_TYPES[".html"],
            cache_control=REVALIDATE,
        )


@dataclass(frozen=True, slots=True)
class Form:
    """One build that is of the files that are there."""

    version: str
    html: str
    policy: str
    rooms: Mapping[str, tuple[str, tuple[str, ...]]]
    """A page's path → its room and what its first screen reads."""
    scripts: Mapping[str, tuple[str, ...]]
    """A room → its scripts, beside the one that every page has."""
    wholes: Mapping[str, Whole]
    """A room → the page for a first visit to it."""

    def reads(self, path: str) -> tuple[str, ...]:
        """Return what a page's first screen reads: addresses as `first_reads` takes them."""
        return self.rooms[path][1] if path in self.rooms else ()

    def page(self, path: str | None, given: Iterable[str], kept: str | None) -> tuple[Asset, str]:
        """Return the page for a path (None: of no page) and its policy.

        ``given``: elements to put into it. ``kept``: the version of the form that the browser has already, if any.
        """
        room, _ = self.rooms.get(path or "", (None, ()))
        if room and kept != self.version:
            whole = self.wholes[room]
            return whole.page(given), whole.policy
        html = self.html.replace(ROOM, "\n  ".join((*self._head(room), *given)))
        return made(html.encode(), ".html", REVALIDATE), self.policy

    def _head(self, room: str | None) -> Iterator[str]:
        base = f"{BUILT_URL}{self.version}/"
        files = files_of(self.scripts, room)
        yield from (f'<link rel="stylesheet" href="{base}{name}">' for name in files if name.endswith(".css"))
        yield from (f'<link rel="modulepreload" href="{base}{name}">' for name in files if name.endswith(".js"))
        yield f'<link rel="modulepreload" href="{base}{SOCKET}" fetchpriority="low">'  # the first screen does without
        yield f'<script type="module" src="{base}app.js"></script>'


def files_of(scripts: Mapping[str, tuple[str, ...]], room: str | None) -> tuple[str, ...]:
    """Return the files that a page of a room needs, and one of no room."""
    return ("app.css", "app.js", *((f"rooms/{room}.css", *scripts[room]) if room else ()))


class Built:
    """The folder of builds, and which of them may be served now."""

    def __init__(self, folder: Path | None, *, static_dir: Path, packages_dir: Path, with_stripe: bool = False) -> None:
        self._folder = folder or Path(os.devnull)  # nothing is below it
        self._roots = {"static": static_dir, "node_modules": packages_dir}
        self._with_stripe = with_stripe
        self._form: Form | None = None
        self._stamps: Mapping[Path, Stamp | None] = {}
        self._said: str | None = None
        self._files: dict[str, Asset] = {}

    async def form(self) -> Form | None:
        """Return the build that is of what is there now; None where the plain modules are to be served."""
        return await asyncio.to_thread(self._look)

    async def file(self, version: str, name: str) -> Asset | None:
        """Return a built file."""
        if not VERSION.fullmatch(version) or not NAME.fullmatch(name):
            return None
        key = f"{version}/{name}"
        if key not in self._files:
            found = await asyncio.to_thread(_read, self._folder / key)
            if found is None:
                return None
            self._files[key] = found
        return self._files[key]

    def _look(self) -> Form | None:
        if self._stamps and all(_stamp(path) == known for path, known in self._stamps.items()):
            return self._form
        self._form, stamps, words = self._read(self._folder / MANIFEST)
        self._stamps = stamps
        if words != self._said:
            log.info(words)
            self._said = words
        return self._form

    def _read(self, path: Path) -> tuple[Form | None, Mapping[Path, Stamp | None], str]:
        """Return the form if it holds, what that hangs on, and a line for the log."""
        stamp = _stamp(path)  # before it is read: what changes meanwhile is seen the next time
        try:
            manifest = json.loads(path.read_bytes())
            inputs: dict[Path, str] = {self._input(name): digest for name, digest in manifest["inputs"].items()}
            stamps = {path: stamp} | {each: _stamp(each) for each in (*inputs, *self._folders())}
            if set(self._own()) - set(inputs) or any(_digest(each) != digest for each, digest in inputs.items()):
                return None, stamps, "the web app was changed after it was built: its modules are served one by one"
            form = self._form_of(manifest)
        except (OSError, ValueError, KeyError, TypeError):
            return None, {path: stamp}, "the web app is not built (npm run build): its modules are served one by one"
        return form, stamps, "the web app is served in its production form"

    def _form_of(self, manifest: Mapping[str, Any]) -> Form:
        version: str = manifest["version"]
        html = self._text(version, "index.html")
        scripts = {room: tuple(names) for room, names in manifest["rooms"].items()}
        return Form(
            version=version,
            html=html,
            policy=content_security_policy(with_stripe=self._with_stripe),
            rooms={each["path"]: (each["room"], tuple(each["reads"])) for each in manifest["pages"]},
            scripts=scripts,
            wholes={room: self._whole(version, html, room, files_of(scripts, room)) for room in scripts},
        )

    def _whole(self, version: str, html: str, room: str, files: Iterable[str]) -> Whole:
        core, own = (MAP_OF_SHEET.sub("", self._text(version, name)) for name in ("app.css", f"rooms/{room}.css"))
        script = self._text(version, f"first/{room}.js")
        base = f"{BUILT_URL}{version}/"
        start, end = html.split(ROOM)
        parts = (
            f'<meta name="ivorycart-files" content="{" ".join(base + name for name in files)}">',
            f"<style>{core}</style>",
            f'<style data-room="{room}">{own}</style>',
            f'<link rel="modulepreload" href="{base}{SOCKET}">',
            f'<script type="module">{script}</script>\n',
        )
        return Whole(
            beginning=Beginning.of((start + "\n  ".join(parts)).encode()),
            end=end,
            policy=content_security_policy([script], [core, own], with_stripe=self._with_stripe),
        )

    def _text(self, version: str, name: str) -> str:
        return (self._folder / version / name).read_text(encoding="utf-8")

    def _input(self, name: str) -> Path:
        root, _, rest = name.partition("/")
        return self._roots[root] / rest

    def _own(self) -> Iterator[Path]:
        for path in self._roots["static"].rglob("*"):
            if path.suffix in {".js", ".css", ".html"}:
                yield path

    def _folders(self) -> Iterator[Path]:
        """Yield the folders of sources: their times tell of files that came or went."""
        yield self._roots["static"]
        yield from (path for path in self._roots["static"].rglob("*") if path.is_dir())


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _read(path: Path) -> Asset | None:
    suffix = path.suffix
    try:
        body = path.read_bytes()
    except OSError:
        return None
    beside = path.with_name(f"{path.name}.br")
    brotli = beside.read_bytes() if suffix in CONTENT_TYPES and beside.is_file() else None
    return made(body, suffix, FOR_EVER, brotli)
