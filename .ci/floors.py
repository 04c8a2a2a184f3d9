"""Hold the version floors: no pinned package may be older than the first version without a known hole.

Where the advisory service can be reached, pip-audit looks for newer holes as well; what was done is said.
"""

import re
import subprocess
import sys
from pathlib import Path

FLOORS = {
    "aiohttp": "3.14.2",
    "python-socketio": "5.16.2",
    "python-engineio": "4.13.2",
    "pyjwt": "2.15.1",
    "pymongo": "4.18.2",
    "aiosmtplib": "5.1.3",
}
CEILINGS = {"pymongo": "5"}  # Motor's own bound
LOCKS = ("requirements.txt", "requirements-dev.txt")


def key(version: str) -> tuple[int, ...]:
    """Order versions by their numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def broken(lock: Path) -> list[str]:
    """Name the pins of a lock that are below a floor or beyond a ceiling."""
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock.read_text(), re.MULTILINE))
    found = [
        f"{lock}: {name} {pins.get(name, 'missing')} < {floor}"
        for name, floor in FLOORS.items()
        if key(pins.get(name, "0")) < key(floor)
    ]
    return found + [
        f"{lock}: {name} {pins[name]} >= {ceiling}"
        for name, ceiling in CEILINGS.items()
        if name in pins and key(pins[name]) >= key(ceiling)
    ]


def main() -> int:
    """Check the locks, then ask the advisory service if it answers."""
    problems = [problem for lock in LOCKS for problem in broken(Path(lock))]
    print("\n".join(problems) if problems else f"version floors hold in {', '.join(LOCKS)}")
    if problems:
        return 1
    audit = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--timeout", "5", "-r", LOCKS[0]],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Found" in audit.stdout + audit.stderr and "known vulnerabilit" in audit.stdout + audit.stderr:
        print(audit.stdout, audit.stderr, sep="\n")
        return 0 if "No known" in audit.stdout + audit.stderr else 1
    reached = audit.returncode == 0
    print("pip-audit: no known holes" if reached else "pip-audit: the advisory service was not reached; floors only")
    return 0


if __name__ == "__main__":
    sys.exit(main())
