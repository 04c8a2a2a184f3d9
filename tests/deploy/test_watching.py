"""What watches the shop is set up as its own tools take it; whoever keeps backups hears when they are kept no more."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.root import ROOT
from tests.deploy.tools import tool

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
FIGURE = 'ivorycart_backup_through_timestamp_seconds{job="backup", instance="backup"}'
UP = 'up{job="backup", instance="backup"}'
MINUTES = 20
"""How long each case goes on."""
FAULT = 10
"""Minutes until something ends, where something does."""


def series(name: str, values: str) -> dict[str, str]:
    """Return a series of one value a minute, as promtool wants to have it."""
    return {"series": name, "values": values}


def fires(folder: Path, given: list[dict[str, str]], minute: int) -> bool:
    """Whether the alert fires, by Prometheus' own judgement, which says what it has found where that is not so."""
    summary = "nobody writes the journal of the backups on backup"
    expected = {
        "exp_labels": {"severity": "critical", "job": "backup", "instance": "backup"},
        "exp_annotations": {"summary": summary, "runbook_url": "docs/operations.md#backupbehind"},
    }
    found = {wanted: _judged(folder, given, minute, [expected] if wanted else []) for wanted in (True, False)}
    assert found[True].returncode != found[False].returncode, found
    return found[True].returncode == 0


def _judged(
    folder: Path, given: list[dict[str, str]], minute: int, expected: list[dict[str, Any]]
) -> subprocess.CompletedProcess[str]:
    asked = {"eval_time": f"{minute}m", "alertname": "BackupBehind", "exp_alerts": expected}
    case = {"interval": "1m", "input_series": given, "alert_rule_test": [asked]}
    file = folder / "case.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [case]}))
    return subprocess.run([tool("promtool"), "test", "rules", file], capture_output=True, text=True, check=False)


ALWAYS = f"1x{MINUTES}"
GOING_ON = f"0+60x{MINUTES}"
ENDED = f"0+60x{FAULT} {FAULT * 60}x{MINUTES - FAULT}"
GONE = f"0+60x{FAULT} stale"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="nobody keeps backups"),
        pytest.param([series(UP, ALWAYS), series(FIGURE, GOING_ON)], id="it is followed"),
        pytest.param([series(FIGURE, GOING_ON)], id="without a job of this name"),
    ],
)
def test_nothing_is_said_while_all_is_well(given: list[dict[str, str]], tmp_path: Path) -> None:
    """Nor where nobody asked for backups."""
    assert not fires(tmp_path, given, MINUTES)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([series(UP, ALWAYS), series(FIGURE, ENDED)], id="what follows has ended"),
        pytest.param([series(UP, ALWAYS), series(FIGURE, GONE)], id="its file is gone"),
        pytest.param([series(UP, f"1x{FAULT} 0x{MINUTES - FAULT}"), series(FIGURE, GONE)], id="its container is away"),
        pytest.param([series(UP, f"1x{FAULT} stale"), series(FIGURE, GONE)], id="and its name, too"),
        pytest.param([series(UP, ALWAYS)], id="it never wrote anything"),
    ],
)
def test_whoever_keeps_backups_hears_that_they_have_ended(given: list[dict[str, str]], tmp_path: Path) -> None:
    """Within a few minutes, and it does not end by itself."""
    assert fires(tmp_path, given, FAULT + 4)
    assert fires(tmp_path, given, MINUTES)


def test_prometheus_itself_takes_its_file(tmp_path: Path) -> None:
    """By its own tool, with what it names where the container has that."""
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "metrics_token").write_text("token")
    file = tmp_path / "prometheus.yml"
    file.write_text(text.replace("/etc/prometheus/alerts.yml", str(ALERTS)).replace("/run/secrets", str(tmp_path)))
    checked = subprocess.run([tool("promtool"), "check", "config", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alerts_go_to_receivers_that_there_are() -> None:
    """Each severity has one, and what has none is not lost."""
    config = yaml.safe_load((ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text())
    receivers = {each["name"] for each in config["receivers"]}
    routes = config["route"]["routes"]
    assert {config["route"]["receiver"], *(each["receiver"] for each in routes)} == receivers
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    named = {matcher for each in routes for matcher in each["matchers"]}
    assert named <= {f'severity="{rule["labels"]["severity"]}"' for rule in rules}
    sources = {matcher for each in config["inhibit_rules"] for matcher in each["source_matchers"]}
    assert sources <= {f'alertname="{rule["alert"]}"' for rule in rules}
