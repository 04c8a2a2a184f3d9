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
ALWAYS = f"1x{MINUTES}"
GOING_ON = f"0+60x{MINUTES}"
ENDED = f"0+60x{FAULT} {FAULT * 60}x{MINUTES - FAULT}"
GONE = f"0+60x{FAULT} stale"
# One value a minute, as promtool has it.
WELL = {
    "nobody keeps backups": {},
    "it is followed": {UP: ALWAYS, FIGURE: GOING_ON},
    "it is followed, and told by a job of another name": {FIGURE: GOING_ON},
}
ILL = {
    "what follows has ended": {UP: ALWAYS, FIGURE: ENDED},
    "its file is gone": {UP: ALWAYS, FIGURE: GONE},
    "its container is away": {UP: f"1x{FAULT} 0x{MINUTES - FAULT}", FIGURE: GONE},
    "its container is away, and its name, too": {UP: f"1x{FAULT} stale", FIGURE: GONE},
    "it never wrote anything": {UP: ALWAYS},
}
FIRES = {
    "exp_labels": {"severity": "critical", "job": "backup", "instance": "backup"},
    "exp_annotations": {
        "summary": "nobody writes the journal of the backups on backup",
        "runbook_url": "docs/operations.md#backupbehind",
    },
}


@pytest.mark.parametrize(("cases", "expected"), [(WELL, []), (ILL, [FIRES])], ids=["well", "ill"])
def test_whoever_keeps_backups_hears_when_they_have_ended(
    cases: dict[str, dict[str, str]], expected: list[Any], tmp_path: Path
) -> None:
    """Within a few minutes, and it does not end by itself; nobody else hears of it. Prometheus' own tool judges."""
    at = [
        {"eval_time": f"{minute}m", "alertname": "BackupBehind", "exp_alerts": expected}
        for minute in (FAULT + 4, MINUTES)
    ]
    tests = [
        {
            "name": name,
            "interval": "1m",
            "input_series": [{"series": each, "values": values} for each, values in given.items()],
            "alert_rule_test": at,
        }
        for name, given in cases.items()
    ]
    file = tmp_path / "cases.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))
    judged = subprocess.run([tool("promtool"), "test", "rules", file], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


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
