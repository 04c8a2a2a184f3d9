"""Traces by OpenTelemetry: sent by OTLP over HTTP to whatever collects them. An extra: requirements-traces.txt.

Requests and events begin spans, or go on with what a ``traceparent`` header began; a batch of the ledger is one of its
own, as it is of many callers. Of database commands those are noted that belong to one of these: what workers ask for
every half second would be all that anybody saw. How many are kept is for OTEL_TRACES_SAMPLER to say, and what else of
OpenTelemetry's own variables its packages read from the environment.

Concurrency: spans are handed to a thread of the SDK's, in batches; where the collector is away they are dropped.
Invariant: what a span carries is what ``Traces`` allows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from ivorycart.tracing import TraceCommands

NAME = "ivorycart"
PATIENCE = 3.0  # seconds for the collector: a stop must not wait for one that is away


def exporter_to(endpoint: str) -> SpanExporter:
    """Return what sends spans to a collector: its address without the path, as OpenTelemetry wants it."""
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=PATIENCE)


class Telemetry:
    """Notes spans, and has the driver note its commands. There is one of it in a process."""

    def __init__(self, exporter: SpanExporter, trace_commands: TraceCommands) -> None:
        resource = Resource.create({SERVICE_NAME: NAME})
        self._processor: SpanProcessor = BatchSpanProcessor(exporter)
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._commands = TracerProvider(sampler=ParentBased(root=ALWAYS_OFF), resource=resource, shutdown_on_exit=False)
        for provider in (self._provider, self._commands):
            provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer(NAME)
        self._end_commands = trace_commands(self._commands)

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, **attributes: str | int) -> Iterator[Span]:
        """Note what is done within, and whether it raised; of what it raised the kind alone."""
        context = propagate.extract({"traceparent": parent}) if parent else None
        kind = SpanKind.SERVER if name.startswith("http ") else SpanKind.INTERNAL
        with self._tracer.start_as_current_span(
            name, context, kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def close(self) -> None:
        """Send what is still to be sent."""
        self._end_commands()
        self._processor.shutdown()
