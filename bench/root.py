"""Where the repository is: processes are started from there."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
