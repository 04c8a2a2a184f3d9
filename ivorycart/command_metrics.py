"""Figures about what people ask for: requests and events, how each ended and how long it took.

Labels are bounded: routes and events are those of our own tables, and methods those that HTTP has. Where that makes few
series they are told from nought on, so that the first is seen as a rise; one of a route or an event is made when its
first request comes.
"""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
UNKNOWN = "unknown"
KINDS = ("read", "write", "page")
ARRIVALS = ("new", "resumed", "snapshot")
# What the shop could not do, for whatever reason of its own; all other codes are answers to what was asked.
_OUTCOMES = {"internal": "failed", "storage_unavailable": "unavailable", "pending": "pending"}


class CommandMetrics:
    """Counts for one process, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        requests = Counter(
            "ivorycart_http_requests",
            "Requests by their route and the status of the answer; a socket's is counted at its end, as 101",
            ["method", "route", "status"],
            registry=registry,
        )
        request_seconds = Histogram(
            "ivorycart_http_request_seconds",
            "Time from a request's headers to its answer: reads and writes of the API, all else",
            ["kind"],
            buckets=SECONDS,
            registry=registry,
        )
        event_seconds = Histogram(
            "ivorycart_event_seconds",
            "Time from a socket's event, once it was its turn, to its answer, by how that turned out",
            ["event", "outcome"],
            buckets=SECONDS,
            registry=registry,
        )
        self._arrivals = Counter(
            "ivorycart_arrivals",
            "Sockets let in: new, resumed from where they were, or given a snapshot instead",
            ["how"],
            registry=registry,
        )
        for kind in KINDS:
            request_seconds.labels(kind)
        for how in ARRIVALS:
            self._arrivals.labels(how)
        # finding a series by its labels costs more than counting in it
        self._requests = lru_cache(2048)(requests.labels)
        self._request_seconds = lru_cache(8)(request_seconds.labels)
        self._event_seconds = lru_cache(256)(event_seconds.labels)

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request; without ``route`` it was for nothing that there is."""
        method = method if method in METHODS else UNKNOWN
        self._requests(method, route or UNKNOWN, str(status)).inc()
        if status != 101:  # noqa: PLR2004 - of a socket that would be how long it lived
            self._request_seconds(_kind(method, route or "")).observe(seconds)

    def event(self, event: str, code: str | None, seconds: float) -> None:
        """Count a socket's event; ``code`` is that of its refusal, None where there was none."""
        outcome = "ok" if code is None else _OUTCOMES.get(code, "refused")
        self._event_seconds(event, outcome).observe(seconds)

    def arrival(self, how: str) -> None:
        """Count a socket that was let in: one of ``ARRIVALS``."""
        self._arrivals.labels(how).inc()


def _kind(method: str, route: str) -> str:
    if not route.startswith("/api/"):
        return "page"
    return "read" if method in {"GET", "HEAD", "OPTIONS"} else "write"
