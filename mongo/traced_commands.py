"""Spans of database commands, by OpenTelemetry's own instrumentation of PyMongo, on which Motor stands.

It is kept from what people wrote: a span has the names of a command and of its collection; of a failure it has the name
of the code and not the text, which may quote a document.
"""

from collections.abc import Callable
from typing import Any

from pymongo.monitoring import CommandFailedEvent


def trace_commands(provider: Any) -> Callable[[], None]:
    """Have every client that is made from now on note its commands; return what ends that."""
    from opentelemetry.instrumentation.pymongo import PymongoInstrumentor

    instrumentor = PymongoInstrumentor()
    instrumentor.instrument(tracer_provider=provider, failed_hook=_without_text, capture_statement=False)
    end: Callable[[], None] = instrumentor.uninstrument
    return end


def _without_text(span: Any, event: CommandFailedEvent) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR, str(event.failure.get("codeName", "failed"))))
