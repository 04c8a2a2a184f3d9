"""Refusals as people get them: each is counted where it becomes an answer, and so once, wherever it was decided."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class AnsweredRefusals(Collector):
    """Counts by code; the codes are those of the wire, of which there are few.

    Those in ``codes`` are told from nought on: of a series that begins at 1, Prometheus does not see the first.
    """

    def __init__(self, codes: Iterable[str] = ()) -> None:
        self._counts: Counter[str] = Counter(dict.fromkeys(codes, 0))

    @property
    def by_code(self) -> Mapping[str, int]:
        """How many there were, of those codes of which there were any."""
        return +self._counts

    def count(self, code: str) -> None:
        """Note that a request or an event is answered by a refusal."""
        self._counts[code] += 1

    def collect(self) -> Iterator[Metric]:
        """Tell them all."""
        refusals = CounterMetricFamily(
            "ivorycart_refusals", "Requests and events that were answered by a refusal", labels=["code"]
        )
        for code, count in self._counts.items():
            refusals.add_metric([code], count)
        yield refusals
