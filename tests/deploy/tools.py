"""Programs that are no part of the project, as `make deploy-tools` brings them."""

import shutil

import pytest

from bench.root import ROOT


def tool(name: str) -> str:
    """Return where a program is; the test is left out, and says so, on a machine that cannot have it."""
    found = shutil.which(name, path=str(ROOT / ".tools")) or shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: make deploy-tools")
    return found
