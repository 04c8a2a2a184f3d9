"""What `mongod` said last, for a person who has to find out why it doesn't run."""

import json
from pathlib import Path

_LINES = 6
_WIDTH = 500
_TAIL_BYTES = 200_000


def last_words(log: Path, printed: Path) -> str:
    """Return the last errors of the log; where it has none, what was printed and the log's last lines. May be empty.

    The log ends with some thirty lines about an orderly shutdown, which say nothing about its cause. Printed is what
    comes before there is a log (wrong option, missing library), and the stack trace after an error.
    """
    entries = [(_entry(line), line) for line in _tail(log)]
    said = [_readable(*pair) for pair in entries if pair[0].get("s") in {"E", "F"}][-_LINES:]
    if not said:
        complaints = [line for line in _tail(printed) if not _entry(line)]
        said = [*complaints[-_LINES:], *(_readable(*pair) for pair in entries[-_LINES:])]
    return "\n".join(line[:_WIDTH] for line in said)


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()]


def _entry(line: str) -> dict[str, object]:
    """Return the fields of a log line: s(everity), c(omponent), msg, attr; none where it is plain text."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _readable(entry: dict[str, object], line: str) -> str:
    """Return a log line without its time and numbers, which would push the reason out of sight."""
    if "msg" not in entry:
        return line
    attributes = entry.get("attr", {})
    if isinstance(attributes, dict) and isinstance(inner := attributes.get("message"), dict):
        # the storage engine's own messages are one level deeper, with the system's reason beside them
        attributes = [inner[name] for name in ("msg", "error_str") if name in inner] or inner
    return f"{entry.get('s')} {entry.get('c')} {str(entry['msg']).strip()} {json.dumps(attributes)}"
