"""Rows that tests show already: run from here, with what they measured taken from their report.

Some of these tests are short where all tests are run, and as large as their promise here: those say how large they were
(`ran`), and the row has it in its words from them alone.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.faults.row import Outcome
from bench.root import ROOT

WHOLE = "FAULTS_WHOLE"  # the environment variable by which tests know that they are to be whole, see tests/extent.py
RAN = "ran "  # how the names of what tests measure begin, where it is how many of something there were
RECOVERY = "seconds"  # the same, where it is how long something took to be well again
_LONGEST = 3600  # seconds of one test: whole ones take longer than all tests may
_WORDS = 300  # characters of what a test that did not pass has to say


async def by_tests(tests: Sequence[str], times: int, held: str, *, whole: bool = False) -> Outcome:
    """Run these tests so many times; each has to pass, and end with an audit of its own.

    ``held`` may name in braces what tests say they ran, such as ``{clients}``.
    """
    outcome, ran = Outcome(), dict[str, int]()
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="faults-tests-") as folder:
            report = Path(folder) / "report.xml"
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pytest", *tests, f"--basetemp={folder}/base"),
                # The later form of the report has no room for what they measured.
                *(f"--junitxml={report}", "-o", "junit_family=xunit1", "-o", f"timeout={_LONGEST}"),
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", WHOLE: "1" if whole else ""},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await process.communicate()
            told = report.read_text() if report.exists() else ""
        _take(outcome, ran, told, said.decode(errors="replace"))
    _say(outcome, held, ran)
    return outcome


def _say(outcome: Outcome, held: str, ran: Mapping[str, int]) -> None:
    """Put into words what held; where no test said how large it was, it did not."""
    try:
        outcome.held = held.format_map({name: f"{count:,}" for name, count in ran.items()})
    except KeyError as missing:
        outcome.failures.append(f"no test said how many {missing.args[0]} there were")


def _take(outcome: Outcome, ran: dict[str, int], report: str, said: str) -> None:
    """Add what a run of pytest reports; a test that did not run did not hold. Of several sizes the least counts."""
    if not report:
        outcome.failures.append(f"the tests could not be run: {said[-500:]}")
        return
    cases = ET.fromstring(report).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago
    for case in cases:
        bad = [
            f"{each.tag} {(each.get('message') or '')[:_WORDS]}".strip()
            for each in case
            if each.tag in {"failure", "error", "skipped"}
        ]
        if bad:
            outcome.failures.append(f"{case.get('name')}: {bad[0]}")
        else:
            outcome.times += 1
        for each in case.iter("property"):
            name, value = each.get("name") or "", float(each.get("value") or 0)
            if name.startswith(RECOVERY):
                outcome.recovery.append(value)
            elif name.startswith(RAN):
                what = name.removeprefix(RAN)
                ran[what] = min(int(value), ran.get(what, int(value)))
