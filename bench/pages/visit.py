"""One visit to a page on a slow network, with nothing in the cache, and what it came to."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, CDPSession

# "Fast 3G" as the browsers' own tools define it: 90 % of 1.6 and 0.75 Mbit/s, and 3.75 times 150 ms for each request.
FAST_3G = {"offline": False, "latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
SETTLED_MS = 1_500  # nothing has come and no long task has run for so long
WITHIN = "[...document.scripts].filter(({src, type}) => !src && type === 'module').map(({text}) => text)"
WATCH = Path(__file__).with_name("watch.js").read_text()


@dataclass
class Traffic:
    """What came over the network."""

    requests: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    bytes_of: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    timings: list[tuple[str, float, float]] = field(default_factory=list)

    def listen(self, network: CDPSession) -> None:
        """Hear what the browser says of its network."""
        network.on("Network.requestWillBeSent", self._sent)
        network.on("Network.responseReceived", lambda event: self.kinds.update({event["requestId"]: event["type"]}))
        network.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.requests += 1
            self.names[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes_of[event["requestId"]] = event["encodedDataLength"]

    def kilobytes(self, kind: str = "") -> float:
        """Return how much came, compressed as it was and with its headers: of a kind, or all."""
        return sum(size for name, size in self.bytes_of.items() if kind in {"", self.kinds.get(name)}) / 1024


async def visit(context: BrowserContext, url: str, cpu: int = 1) -> dict[str, float]:
    """Visit a page; return its figures: times in milliseconds, bytes in kilobytes."""
    page = await context.new_page()
    await page.add_init_script(WATCH)
    network = await context.new_cdp_session(page)
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", FAST_3G)
    if cpu > 1:
        await network.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
    traffic = Traffic()
    traffic.listen(network)
    await page.goto(url, wait_until="commit")
    while not await page.evaluate("Boolean(__seen.ready && __seen.live)"):  # the page's policy lets nothing poll in it
        await page.wait_for_timeout(100)
    while True:
        before = traffic.requests, len(traffic.bytes_of)
        await page.wait_for_timeout(SETTLED_MS)
        if before == (traffic.requests, len(traffic.bytes_of)):
            break
    seen = await page.evaluate("__seen")
    within = await page.evaluate(
        "[...document.scripts].filter(({src, type}) => !src && type === 'module').map(({text}) => text)"
    )
    await page.close()
    return _figures(seen, traffic, sum(len(gzip.compress(text.encode())) for text in within) / 1024)


def _figures(seen: dict[str, Any], traffic: Traffic, within_kb: float) -> dict[str, float]:
    drawn = max(seen["ready"], seen["fcp"])
    ends = [start + duration for start, duration in seen["tasks"]]
    return {
        "requests": traffic.requests,
        "script_kb": traffic.kilobytes("Script") + within_kb,
        "all_kb": traffic.kilobytes(),
        "fcp_ms": seen["fcp"],
        "lcp_ms": seen["lcp"],
        "ready_ms": max([drawn, *ends]),
        "live_ms": seen["live"],
        "blocked_ms": sum(max(0, duration - 50) for _, duration in seen["tasks"]),
        "shift": seen["shift"],
    }
