"""The load storm on a real shop, as its users run it."""

import asyncio
import json
import sys
from pathlib import Path

from bench.root import ROOT
from tests.system.conftest import OpenShop

PATIENCE = 120
STORM = (
    *("--clients", "60", "--processes", "2", "--connects-per-second", "100", "--duration", "4", "--rate", "3"),
    *("--carts", "0.2", "--orders", "0.1", "--reconnects", "0.5", "--reconnects-at", "1.5", "--stalled", "2"),
    *("--settle", "30", "--seller", "admin@demo.com:demo123"),
)


async def test_a_storm_on_a_real_shop(open_shop: OpenShop, tmp_path: Path) -> None:
    """Carts, orders, cut connections and clients that do not read: all promises are kept, and the report tells it."""
    shop = await open_shop(DEMO="true")
    page = tmp_path / "report.html"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", "load", shop.url, *STORM, "--json", "--html", str(page)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode == 0, out.decode()[:3000] + err.decode()
    report = json.loads(out)
    assert report["verdict"] == {"ok": True, "failures": []}
    assert report["clients"]["equal_in_the_end"] + report["clients"]["stalled_and_cut_by_server"] == 60
    assert report["reconnects"]["cut"] >= 28
    assert report["reconnects"]["back"] == report["reconnects"]["resumed"] == report["reconnects"]["cut"]
    assert report["orders"]["placed"] > 0
    assert report["oversell"]["judged_by"] == "by ledger"
    assert report["oversell"]["units"] == 0
    assert all(sale["gone"] == sale["acknowledged"] for sale in report["oversell"]["products"])
    assert report["latency_ms"]["from_ack"]["count"] > 0
    assert [each["name"].split()[0] for each in report["server"]["processes"]] != []
    assert set(report) == {
        *("format", "url", "started_at", "verdict", "notes", "options", "seconds", "load_cpu_percent", "clients"),
        *("connects", "frames", "latency_ms", "checks", "reconnects", "carts", "orders", "oversell", "server"),
        "timeline",
    }
    text = page.read_text()
    assert text.count("<svg") == 4
    assert "Nothing lost" in text
    assert not [word for word in ("http://", "https://", "<script", "@import", "url(") if word in text]
