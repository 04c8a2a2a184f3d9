"""What watches the shop speaks of figures that there are, and every alert says what to do."""

import asyncio
import json
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession
from prometheus_client import generate_latest

from bench.root import ROOT
from bench.shop.running import RunningShop
from handlers.errors import STATUS
from ivorycart.backup_figures import BackupFigures
from ivorycart.command_metrics import ARRIVALS, KINDS
from ivorycart.engine import Refusal
from ivorycart.figures import told
from models.errors import CODES
from tests.deploy.tools import tool
from tests.patience import PATIENCE
from tests.system.conftest import OpenShop, open_shop  # noqa: F401 - a fixture
from tests.visitor import Visitor, products

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
TESTS = ALERTS.with_name("alerts_test.yml")
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "ivorycart.json"
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
PROMETHEUS_OWN = {"up"}
_LABELS = re.compile(r"\{[^}]*\}|\b(?:by|without)\s*\([^)]*\)")
_NAMES = re.compile(r"\b(?:ivorycart_\w+|process_\w+|up)\b")
_SERIES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def rules() -> list[dict[str, Any]]:
    """Return the alerts."""
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def questions() -> Iterator[tuple[str, str]]:
    """Return who asks, and what."""
    yield from ((rule["alert"], rule["expr"]) for rule in rules())
    yield from panels_ask()


def panels_ask() -> Iterator[tuple[str, str]]:
    """Return which panel asks, and what."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))


def named_in(expression: str) -> set[str]:
    """Return the figures that an expression is about."""
    return set(_NAMES.findall(_LABELS.sub("", expression)))


def series_of(exposition: str) -> set[str]:
    """Return the names of all series that an exposition describes, those of which there are none yet included."""
    families = re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE)
    return {name + ending for name, kind in families for ending in _SERIES[kind]}


async def figures(shop: RunningShop) -> str:
    """Return what a shop tells, once what is told of all processes is there, too."""
    async with asyncio.timeout(PATIENCE), ClientSession() as http:
        while True:
            async with http.get(f"{shop.url}/metrics") as answer:
                text = await answer.text()
            if "ivorycart_payments_flagged " in text:
                return text
            await asyncio.sleep(0.2)


async def test_alerts_and_dashboard_ask_for_figures_that_a_running_shop_tells(shop: RunningShop) -> None:
    """A name that was changed would make an alert that never fires; each figure says what it is."""
    exposition = await figures(shop) + (told({}, {}) + generate_latest(BackupFigures().registry)).decode()
    known = series_of(exposition) | PROMETHEUS_OWN
    unknown = {who: named_in(asked) - known for who, asked in questions()}
    assert not {who: names for who, names in unknown.items() if names}
    assert all(named_in(asked) for _, asked in questions())
    helped = dict(re.findall(r"^# HELP (\S+) (.+)$", exposition, re.MULTILINE))
    assert helped.keys() == set(re.findall(r"^# TYPE (\S+) ", exposition, re.MULTILINE))


async def test_what_people_do_is_in_the_figures(shop: RunningShop, visitor: Callable[..., Awaitable[Visitor]]) -> None:
    """A request by its route, an event by its outcome, a broadcast by the sockets it went to."""
    ann = await visitor()
    product = next(each["id"] for each in await products(shop.url) if each["available"] > 5)
    assert (await ann.ask("cart:set", {"product_id": product, "quantity": 1}))["ok"]
    assert not (await ann.ask("cart:set", {"product_id": product, "quantity": -1}))["ok"]
    async with ClientSession() as http:
        for path in ("/api/products/", f"/api/products/{product}", "/no/such/page"):
            async with http.get(shop.url + path):
                pass
    async with asyncio.timeout(PATIENCE):
        while not value(text := await figures(shop), "ivorycart_fanout_frames_total"):
            await asyncio.sleep(0.05)
    assert value(text, "ivorycart_fanout_seconds_total")
    assert value(text, 'ivorycart_event_seconds_count{event="cart:set",outcome="ok"}')
    assert value(text, 'ivorycart_event_seconds_count{event="cart:set",outcome="refused"}')
    assert value(text, 'ivorycart_http_requests_total{method="GET",route="/api/products/{product_id}",status="200"}')
    assert value(text, 'ivorycart_http_request_seconds_count{kind="read"}')
    counted = [line for line in text.splitlines() if not line.startswith("ivorycart_top_")]  # ten products have a name
    assert not [line for line in counted if product in line or "/no/such/page" in line]
    assert value(text, 'ivorycart_arrivals_total{how="new"}')
    for worker in ("settling", "auditing"):
        assert value(text, f'ivorycart_lease_held{{worker="{worker}"}}') == 1


async def test_without_a_rhythm_nobody_audits_unasked(open_shop: OpenShop) -> None:  # noqa: F811 - the fixture
    """So nobody's lease of that is missed."""
    text = await figures(await open_shop(AUDIT_EVERY_HOURS="0"))
    assert value(text, 'ivorycart_lease_held{worker="settling"}') == 1
    assert 'worker="auditing"' not in text


async def test_what_has_few_labels_is_told_from_nought_on(shop: RunningShop) -> None:
    """Prometheus does not see the first of a series that begins at 1, and it may be the only one."""
    text = await figures(shop)
    few: dict[str, Iterable[str]] = {
        'ivorycart_refusals_total{code="%s"}': STATUS,
        'ivorycart_ledger_refusals_total{code="%s"}': CODES,
        'ivorycart_socket_refusals_total{reason="%s"}': Refusal,
        'ivorycart_arrivals_total{how="%s"}': ARRIVALS,
        'ivorycart_http_request_seconds_count{kind="%s"}': KINDS,
    }
    told_of = set(re.findall(r"^(ivorycart_\S+) ", text, re.MULTILINE))
    for series, labels in few.items():
        assert told_of >= {series % label for label in labels}
    assert {"internal", "pending", "insufficient_stock"} <= {*CODES} < {*STATUS}


def value(exposition: str, series: str) -> float:
    """Return the value of a series; 0 where it is not there."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", exposition, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_every_alert_has_its_section_in_the_runbook() -> None:
    """And the link leads there; it says how urgent it is, in words with what was measured."""
    sections = re.findall(r"^### (\w+)\n", RUNBOOK, re.MULTILINE)
    names = [rule["alert"] for rule in rules()]
    assert sorted(names) == sorted(sections)
    assert len(set(names)) == len(names)
    for rule in rules():
        assert re.fullmatch(r"\d+[ms]", rule["for"])
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
        text = RUNBOOK.partition(f"### {rule['alert']}\n")[2].partition("\n### ")[0]
        assert "**Look:**" in text
        assert "**Do:**" in text


def test_the_table_of_symptoms_names_figures_and_sections_that_there_are() -> None:
    """It is what somebody reads at night."""
    table = [line for line in RUNBOOK.splitlines() if line.startswith("| ") and "](#" in line]
    assert len(table) > 10
    known = {name for _, asked in questions() for name in named_in(asked)} | {"ivorycart_socket_refusals_total"}
    for line in table:
        for name in named_in(_LABELS.sub("", line)):
            assert name in known or any(each.startswith(name) for each in known), name
        for link in re.findall(r"\]\(#(\w+)\)", line):
            assert re.search(rf"^### {link}$", RUNBOOK, re.MULTILINE | re.IGNORECASE), link


def test_prometheus_itself_takes_the_rules() -> None:
    """By its own tool."""
    promtool("check", "rules", str(ALERTS))


def promtool(*arguments: str) -> None:
    """Let it judge."""
    judged = subprocess.run([tool("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_prometheus_takes_what_the_dashboard_asks(tmp_path: Path) -> None:
    """As rules that record it: the tool reads nothing else."""
    asked = [expr.replace("$__rate_interval", "1m") for _, expr in panels_ask()]
    recorded = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    promtool("check", "rules", str(tmp_path / "dashboard.yml"))


def test_every_alert_fires_on_its_fault_and_is_silent_at_rest() -> None:
    """By Prometheus' own tool, on series such as a shop tells them."""
    promtool("test", "rules", str(TESTS))


def test_every_alert_has_a_case_of_its_fault_and_one_at_rest() -> None:
    """At rest with all figures that it is about: without them it would be silent, too."""
    groups = yaml.safe_load(TESTS.read_text())["tests"]
    cases = [(group, case) for group in groups for case in group["alert_rule_test"]]
    firing = {case["alertname"] for _, case in cases if case.get("exp_alerts")}
    silent = {case["alertname"]: group for group, case in reversed(cases) if not case.get("exp_alerts")}
    assert firing == silent.keys() == {rule["alert"] for rule in rules()}
    for rule in rules():
        told_of = {each["series"].partition("{")[0] for each in silent[rule["alert"]]["input_series"]}
        assert named_in(rule["expr"]) <= told_of, rule["alert"]


@pytest.mark.parametrize("panel", json.loads(DASHBOARD.read_text())["panels"], ids=lambda panel: str(panel["title"]))
def test_a_panel_has_a_place_of_its_own_and_the_provisioned_source(panel: dict[str, Any]) -> None:
    """A dashboard as code is not seen before it runs."""
    place = panel["gridPos"]
    assert place["x"] + place["w"] <= 24
    others = [each for each in json.loads(DASHBOARD.read_text())["panels"] if each["id"] != panel["id"]]
    assert not any(each["gridPos"]["x"] == place["x"] and each["gridPos"]["y"] == place["y"] for each in others)
    sources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())
    if panel["type"] != "row":
        assert panel["datasource"]["uid"] == sources["datasources"][0]["uid"]
