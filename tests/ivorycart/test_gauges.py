"""Gauges: what operators see of a process at the moment they ask."""

from collections import Counter

from prometheus_client import CollectorRegistry

from ivorycart.engine import Refusal
from ivorycart.gauges import Gauges
from ivorycart.workers import Workers, WorkerState


class Figures:
    """Stands for the ledger and the feed."""

    waiting = 3
    lag = 1.5


def test_gauges_show_the_living_objects_as_they_are():
    """Nothing is copied: the next look shows what has changed."""
    sockets, workers, registry = ["ada"], Workers(), CollectorRegistry()
    state = workers.states["mail"] = WorkerState("mail", has_rhythm=True, failures=2, beat=0.0, leads=True)
    refusals = Counter({Refusal.LAGGING: 2})
    registry.register(Gauges(sockets, workers, Figures(), Figures(), refusals))
    value = registry.get_sample_value
    assert value("ivorycart_sockets") == 1
    assert value("ivorycart_stream_lag_seconds") == 1.5
    assert value("ivorycart_ledger_waiting") == 3
    assert value("ivorycart_worker_failures", {"worker": "mail"}) == 2
    silence = value("ivorycart_worker_seconds_since_beat", {"worker": "mail"})
    assert silence
    assert silence > 0
    assert value("ivorycart_socket_refusals_total", {"reason": "lagging"}) == 2
    assert value("ivorycart_lease_held", {"worker": "mail"}) == 1
    sockets.append("bob")
    refusals[Refusal.ORIGIN] += 1
    state.failures += 1
    assert value("ivorycart_sockets") == 2
    assert value("ivorycart_socket_refusals_total", {"reason": "origin"}) == 1
    assert value("ivorycart_worker_failures", {"worker": "mail"}) == 3
