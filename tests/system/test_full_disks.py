"""Full disks: nobody is told that an order is placed which is not, and all goes on once there is room."""

from pathlib import Path

import pytest

from bench.faults import disks
from bench.faults.disks import database_disk_full, log_disk_full

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not disks.possible(), reason="a disk of its own needs root"),
]


async def test_a_full_database_disk_is_503_and_loses_nothing(tmp_path: Path) -> None:
    """Under load: refused while it is full, well again by itself, and after a restart."""
    outcome = await database_disk_full(tmp_path, 1)
    assert outcome.ok, outcome.failures


async def test_a_full_log_disk_costs_no_order(tmp_path: Path) -> None:
    """The process lives and serves, and ends and starts well."""
    outcome = await log_disk_full(tmp_path, 1)
    assert outcome.ok, outcome.failures
