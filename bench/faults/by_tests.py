"""Rows that tests show already: run from here, with what they measured taken from their report."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.faults.row import Outcome
from bench.root import ROOT

RECOVERY = "seconds"  # how the names of what tests measure begin, where it is how long something took to be well again


async def by_tests(tests: Sequence[str], times: int, held: str) -> Outcome:
    """Run these tests so many times; each has to pass, and end with an audit of its own."""
    outcome = Outcome(held=held)
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="faults-tests-") as folder:
            report = Path(folder) / "report.xml"
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pytest", *tests, f"--junitxml={report}", f"--basetemp={folder}/base"),
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await process.communicate()
            told = report.read_text() if report.exists() else ""
        _take(outcome, told, said.decode(errors="replace"))
    return outcome


def _take(outcome: Outcome, report: str, said: str) -> None:
    """Add what a run of pytest reports; a test that did not run did not hold."""
    if not report:
        outcome.failures.append(f"the tests could not be run: {said[-500:]}")
        return
    cases = ET.fromstring(report).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago
    for case in cases:
        bad = [each.tag for each in case if each.tag in {"failure", "error", "skipped"}]
        if bad:
            outcome.failures.append(f"{case.get('name')}: {bad[0]}")
        else:
            outcome.times += 1
        for each in case.iter("property"):
            if (each.get("name") or "").startswith(RECOVERY):
                outcome.recovery.append(float(each.get("value") or 0))
