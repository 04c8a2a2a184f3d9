"""From sampled stacks to a table."""

from pathlib import Path

from bench.stacks import short, spent

ROOT = Path("/home/ada/shop")


def test_time_is_counted_to_the_innermost_function_and_to_all_that_called_it() -> None:
    """A function that calls itself is counted once per sample."""
    lines = ["run (a.py);send (b.py) 3", "run (a.py) 1", "run (a.py);run (a.py);send (b.py) 4", ""]
    assert [(each.function, each.alone, each.with_calls) for each in spent(lines, ROOT, 5)] == [
        ("send (b.py)", 7 / 8, 7 / 8),
        ("run (a.py)", 1 / 8, 1.0),
    ]


def test_a_frame_tells_function_and_file_but_not_where_that_is_installed() -> None:
    """Two machines give the same names."""
    assert short("emit (/home/ada/shop/ivorycart/engine/server.py:12)", ROOT) == "emit (ivorycart/engine/server.py)"
    assert short("get (/x/lib/python3.11/asyncio/queues.py:1)", ROOT) == "get (asyncio/queues.py)"
    assert short("w (/x/lib/python3.11/site-packages/aiohttp/w.py)", ROOT) == "w (aiohttp/w.py)"
    assert short("a thread", ROOT) == "a thread"
