"""Figures of several processes in one answer for Prometheus: each series labelled by its process.

Sums over the label are the totals. A process that was replaced begins its series anew, which Prometheus understands
as the restart of that one counter; nothing is added up here, so nothing can be added up wrongly.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LABEL = "process"


async def figures_of(registry: CollectorRegistry) -> bytes:
    """Return the exposition of one process's figures, where there are no others."""
    return generate_latest(registry)


def taken(registry: CollectorRegistry) -> list[Any]:
    """Return all figures of a registry as plain lists, fit for JSON."""
    return [
        [family.name, family.documentation, family.type, [[it.name, it.labels, it.value] for it in family.samples]]
        for family in registry.collect()
    ]


def told(processes: Mapping[str, Any], restarts: Mapping[str, int]) -> bytes:
    """Return the exposition of all processes' figures, and how often each was replaced.

    ``processes`` has what each took, and None where one is silent.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All(processes, restarts))
    return generate_latest(registry)


class _All(Collector):
    def __init__(self, processes: Mapping[str, Any], restarts: Mapping[str, int]) -> None:
        self._processes = processes
        self._restarts = restarts

    def collect(self) -> Iterable[Metric]:
        """Merge the families of all processes."""
        up = GaugeMetricFamily(
            "ivorycart_process_up", "Whether a worker process gave its figures: 1 or 0", labels=[LABEL]
        )
        restarts = CounterMetricFamily(
            "ivorycart_process_restarts", "How often a worker process was replaced", labels=[LABEL]
        )
        families: dict[str, Metric] = {}
        for process, figures in self._processes.items():
            up.add_metric([process], 0 if figures is None else 1)
            restarts.add_metric([process], self._restarts.get(process, 0))
            for name, documentation, kind, samples in figures or ():
                family = families.setdefault(name, Metric(name, documentation, kind))
                for sample, labels, value in samples:
                    family.add_sample(sample, {LABEL: process, **labels}, value)
        return [up, restarts, *families.values()]
