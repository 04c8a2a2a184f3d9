"""Traces: off unless wanted; then requests, events, batches and their commands, and nothing that people wrote."""

import asyncio
import sys
from contextlib import closing

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from ivorycart.ledger import Ledger
from ivorycart.ledger.metrics import LedgerMetrics
from ivorycart.settings import Settings, SettingsError
from ivorycart.telemetry import Telemetry
from ivorycart.tracing import NO_TRACES, traces_of
from models.commands import SetLine
from models.policy import Policy
from mongo.driver import Driver, DriverName
from mongo.traced_commands import trace_commands
from mongo.transaction import LedgerTransactions
from tests.databases import Databases
from tests.mongo.shop import ANNA, add_product
from tests.system.conftest import Meet, OpenShop

ASKED_BY = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_batch_is_a_span_with_its_commands_within(mongo_uri: str, databases: Databases) -> None:
    """By both drivers; what nobody began a span for, such as reading by itself, is none."""
    exporter = InMemorySpanExporter()
    with closing(Telemetry(exporter, trace_commands)) as telemetry:
        product, *_ = [await one_batch(telemetry, mongo_uri, databases, name) for name in ("motor", "pymongo")]
    spans = exporter.get_finished_spans()
    batches = [span for span in spans if span.name == "ledger.batch"]
    assert len(batches) == 2
    for batch in batches:
        assert dict(batch.attributes or {}) == {"commands": 1}
        within = [span for span in spans if span.parent and batch.context and span.parent == batch.context]
        names = {span.name.rpartition(".")[2] for span in within}
        assert names >= {"find", "update", "commitTransaction"}
    assert all(span.parent for span in spans if span not in batches)
    assert not any(product in str(span.attributes) or ANNA in str(span.attributes) for span in spans)


async def one_batch(telemetry: Telemetry, mongo_uri: str, databases: Databases, name: DriverName) -> str:
    """Put something into a cart; return what."""
    driver = Driver(mongo_uri, name)
    database = await databases.take(driver)
    tea = await add_product(database, 10)
    metrics = LedgerMetrics(CollectorRegistry(), traces=telemetry)
    ledger = Ledger(LedgerTransactions(driver, database, "p1"), Policy(), metrics=metrics)
    run = asyncio.create_task(ledger.run())
    await ledger.submit(SetLine(ANNA, tea, 2))
    ledger.close()
    await run
    await databases.give_back(database)
    await driver.close()
    return tea


async def test_a_shop_sends_its_spans_to_the_collector(open_shop: OpenShop, meet: Meet) -> None:
    """A request goes on with the trace that it came with; what stands in an address is not sent."""
    received: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        received.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    async with TestServer(app) as collector:
        plain = {"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
        shop = await open_shop(OTEL_EXPORTER_OTLP_ENDPOINT=str(collector.make_url("")), **plain)
        headers = {"traceparent": f"00-{ASKED_BY}-00f067aa0ba902b7-01"}
        async with (
            ClientSession() as http,
            http.get(f"{shop.url}/api/products/?q=secretive", headers=headers) as answer,
        ):
            assert answer.status == 200
        visitor = await meet(shop)
        assert (await visitor.ask("cart:get", {}))["ok"]
        await visitor.leave()
        assert await shop.stop() == 0
    sent = b"".join(received)
    assert b"http GET /api/products/" in sent
    assert b"event cart:get" in sent
    assert b"service.name" in sent
    assert bytes.fromhex(ASKED_BY) in sent
    assert b"secretive" not in sent


def test_without_the_setting_nothing_is_traced() -> None:
    """Nor is any of the packages looked for."""
    assert traces_of(Settings(_env_file=None), trace_commands) is NO_TRACES


def test_where_the_packages_are_missing_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are an extra."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "ivorycart.telemetry", raising=False)
    for name in [each for each in sys.modules if each.startswith("opentelemetry.")]:
        monkeypatch.delitem(sys.modules, name)
    settings = Settings(_env_file=None, otel_exporter_otlp_endpoint="http://127.0.0.1:4318")
    with pytest.raises(SettingsError, match=r"pip install .*-r requirements-traces\.txt"):
        traces_of(settings, trace_commands)
