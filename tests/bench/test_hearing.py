"""What counts as heard, lost, repeated, out of order."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from bench.load.hearing import Hearing, number_of_broadcast, number_of_product
from bench.payload import stock_event


@dataclass
class Client:
    """Somebody who hears."""

    tag: Any = None


def text(number: int, sent: float = 1.0) -> bytes:
    """Return a broadcast as it comes."""
    return b"42" + orjson.dumps(["stock", stock_event(number, sent)])


@pytest.fixture
def hearing() -> Hearing:
    """Give what listens to numbered broadcasts."""
    return Hearing("stock", number_of_broadcast)


def test_latency_runs_from_the_time_in_the_event(hearing: Hearing) -> None:
    """Each client's arrival counts."""
    for delay in (0.010, 0.030):
        hearing.frame(Client(), text(0, sent=5.0), 5.0 + delay)
    figures = hearing.figures([0], 2, {})
    assert (figures["p50_ms"], figures["p99_ms"]) == (pytest.approx(10), pytest.approx(30))
    assert figures["lost"] == 0


def test_an_event_that_a_client_did_not_hear_is_lost(hearing: Hearing) -> None:
    """One of two missed the second, and nobody heard the third."""
    attentive, deaf = Client(), Client()
    for client, number in ((attentive, 0), (deaf, 0), (attentive, 1)):
        hearing.frame(client, text(number), 2.0)
    assert hearing.figures([0, 1, 2], 2, {})["lost"] == 3


def test_an_event_heard_twice_is_repeated_and_makes_up_for_no_loss(hearing: Hearing) -> None:
    """Two arrivals at one client are not one at each of two."""
    client = Client()
    hearing.frame(client, text(0), 2.0)
    hearing.frame(client, text(0), 3.0)
    figures = hearing.figures([0], 2, {})
    assert (figures["repeated"], figures["lost"]) == (1, 1)


def test_an_event_after_a_newer_one_is_out_of_order(hearing: Hearing) -> None:
    """What a browser would show as a step back."""
    client = Client()
    hearing.frame(client, text(2), 2.0)
    hearing.frame(client, text(1), 2.0)
    assert hearing.figures([2], 1, {})["regressed"] == 1


def test_only_the_numbers_asked_for_are_judged(hearing: Hearing) -> None:
    """A warm-up before them is left out."""
    client = Client()
    for number in (0, 1):
        hearing.frame(client, text(number, sent=float(number)), number + 0.5)
    figures = hearing.figures([1], 1, {})
    assert (figures["heard"], figures["lost"], figures["p50_ms"]) == (1, 0, pytest.approx(500))


def test_other_events_are_not_looked_at(hearing: Hearing) -> None:
    """A snapshot, or a shop's own stock event without a number."""
    for payload in (["stock:snapshot", stock_event(0, 1.0)], ["stock", {"cursor": "0", "items": []}]):
        hearing.frame(Client(), b"42" + orjson.dumps(payload), 2.0)
    assert hearing.count([0]) == 0


def test_in_a_shop_the_version_of_one_product_is_the_number_and_its_commit_the_time() -> None:
    """Changes of other products are nobody's business here."""
    hearing = Hearing("stock", number_of_product("tea"))
    for product_id, version in (("tea", 7), ("coffee", 8)):
        frame = ["stock", {"cursor": "0", "items": [{"id": product_id, "version": version}]}]
        hearing.frame(Client(), b"42" + orjson.dumps(frame), 10.25)
    figures = hearing.figures([7], 1, {7: 10.0})
    assert (figures["heard"], figures["p99_ms"]) == (1, pytest.approx(250))
