"""Traces: spans of what the shop does, where somebody wants them. Without that they cost a call and nothing else.

Spans carry names, counts and codes, and nothing of what people wrote: no address with a query, no value of a command.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from ivorycart.settings import Settings, SettingsError

TraceCommands = Callable[[Any], Callable[[], None]]
"""Takes a provider of tracers, has the driver note its commands there, and returns what ends that."""
_NO_SPAN: AbstractContextManager[None] = nullcontext()


class Traces(Protocol):
    """Where spans go."""

    def span(self, name: str, *, parent: str | None = None, **attributes: str | int) -> AbstractContextManager[object]:
        """Return the span of what is done within; ``parent`` is a W3C ``traceparent`` that came with a request."""

    def close(self) -> None:
        """Send what is still to be sent; this may take seconds and waits."""


class NoTraces:
    """Nobody wants them."""

    def span(self, name: str, *, parent: str | None = None, **attributes: str | int) -> AbstractContextManager[object]:  # noqa: ARG002 - the port's signature
        """Return nothing to note."""
        return _NO_SPAN

    def close(self) -> None:
        """Nothing is to be sent."""


NO_TRACES = NoTraces()


def traces_of(settings: Settings, trace_commands: TraceCommands) -> Traces:
    """Return where spans go; SettingsError where they are wanted and the packages for that are not installed.

    Call it before the database's client is made: only of one that is made later the commands are seen.
    """
    if not settings.otel_exporter_otlp_endpoint:
        return NO_TRACES
    try:
        from ivorycart.telemetry import Telemetry, exporter_to
    except ImportError as error:
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT: {error.name} is not installed: pip install -r requirements-traces.txt"
        ) from error
    return Telemetry(exporter_to(settings.otel_exporter_otlp_endpoint), trace_commands)
