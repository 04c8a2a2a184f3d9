"""The arithmetic of many machines, against figures that are easily worked out by hand."""

from dataclasses import replace
from math import inf

import pytest

from bench.scale.model import AS_IT_IS, GROWN, Costs, Crowd, Form, Machines, first_host, load_of, stops
from ivorycart.stock.broadcaster import TICK

COSTS = Costs(
    frame_us=10,
    frame_bytes=50,
    item_bytes=100,
    socket_bytes=3000,
    process_bytes=100e6,
    product_bytes=1000,
    process_idle_us=10_000,
    mongod_idle_us=5000,
    connections=6,
    order_app_us=800,
    order_mongod_us=500,
    order_log_bytes=5000,
    cursor_order_us=100,
    cursor_idle_us=1000,
    cursor_bytes=2000,
    cursor_memory=1e6,
    follow_us=50,
)
CROWD = Crowd(sockets=100_000, seconds_per_order=1000, products=10_000, watched=0.01)  # 100 orders a second
TEN = Machines(hosts=10, workers=4)


def test_change_streams_cost_the_database_by_orders_and_by_streams() -> None:
    """Forty of them, 100 µs for each of 100 orders, and a millisecond for nothing."""
    load = load_of(COSTS, CROWD, TEN)
    assert load.cursors == 40
    assert load.cursor_cores == pytest.approx(40 * (100e-6 * 100 + 1e-3))
    assert load.mongod_bits_out == pytest.approx(8 * 2000 * 100 * 40)


def test_one_stream_for_each_host_divides_that_by_its_workers() -> None:
    """Nothing else changes for the database."""
    own, shared = (load_of(COSTS, CROWD, TEN, form) for form in (AS_IT_IS, Form(shared_streams=True)))
    assert own.cursor_cores == pytest.approx(4 * shared.cursor_cores)
    assert own.mongod_order_cores == shared.mongod_order_cores == pytest.approx(0.05)


def test_a_frame_holds_what_moved_since_the_last() -> None:
    """200 levels a second; a round to 2,500 sockets takes half a tick, and then a tick passes."""
    load = load_of(COSTS, CROWD, TEN)
    assert load.sockets_per_process == 2500
    assert load.frames_per_s == pytest.approx(1 / (TICK + 0.025))
    assert load.items_per_frame == pytest.approx(200 * 0.075)
    assert load.host_bits_out == pytest.approx(8 * 10_000 * load.frames_per_s * (50 + 15 * 100))


def test_sending_never_takes_more_than_half_of_a_process() -> None:
    """A round that takes longer than a tick is followed by a pause as long."""
    crowded = load_of(COSTS, replace(CROWD, sockets=1_000_000), TEN)
    assert crowded.fanout_cores == pytest.approx(0.5)
    assert crowded.frames_per_s == pytest.approx(2)


def test_interest_rooms_send_a_socket_what_it_watches_alone() -> None:
    """One change in a hundred: two of 200 a second, each in a frame of its own."""
    load = load_of(COSTS, CROWD, TEN, GROWN)
    assert load.frames_per_s == pytest.approx(2)
    assert load.items_per_frame == pytest.approx(1)


def test_the_log_reaches_back_as_far_as_it_holds() -> None:
    """50 GB of half a megabyte a second are 27.8 hours; without orders, for ever."""
    assert load_of(COSTS, CROWD, TEN).log_hours == pytest.approx(50e9 / 5e5 / 3600)
    assert load_of(COSTS, replace(CROWD, sockets=0), TEN).log_hours == inf


def test_the_number_of_hosts_at_which_a_bound_is_passed_is_found() -> None:
    """Each host brings 40 processes' worth of nothing but 6 connections each: 24, so 42 make more than 1,000."""
    found = first_host(lambda load: load.connections > 1000, COSTS, CROWD, TEN, AS_IT_IS)
    assert found == 42
    assert first_host(lambda load: load.connections > 1e9, COSTS, CROWD, TEN, AS_IT_IS) is None


def test_every_part_that_stops_names_what_comes_next_and_no_switch_makes_it_worse() -> None:
    """What the page tells."""
    found = stops(COSTS, CROWD, TEN)
    assert len({each.part for each in found}) == len(found)
    for each in found:
        assert each.switch
        assert (each.after or inf) >= (each.hosts or inf)
    (streams,) = (each for each in found if each.part.startswith("change streams"))
    assert streams.hosts is not None
    assert streams.after is not None
    assert streams.after > streams.hosts
