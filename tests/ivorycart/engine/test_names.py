"""What the engine stands on: pinned libraries, protocol limits."""

import pytest
import socketio
from aiohttp import web

from ivorycart.engine import (
    InnerNamesGoneError,
    Limits,
    verify_inner_names,
)
from tests.ivorycart.engine.running import build


def test_the_pinned_libraries_have_every_inner_name() -> None:
    """What the engine stands on is there."""
    verify_inner_names()


def test_a_missing_inner_name_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what is gone, on classes and in constructors."""
    monkeypatch.delattr(socketio.AsyncManager, "trigger_callback")
    monkeypatch.setattr(socketio.base_server.BaseServer, "__init__", lambda _self: None)
    with pytest.raises(InnerNamesGoneError, match=r"trigger_callback.*sets no environ"):
        build()


def test_what_the_front_door_stands_on_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web server's own names, though not this package but the handlers use them."""
    monkeypatch.delattr(web.RequestHandler, "log_exception")
    monkeypatch.setattr(web.Server, "__init__", lambda _self: None)
    with pytest.raises(InnerNamesGoneError, match=r"log_exception.*sets no _kwargs"):
        verify_inner_names()


def test_only_the_root_namespace_can_have_handlers() -> None:
    """A handler that nobody could reach is a mistake of the application."""
    sio = build().sio
    with pytest.raises(ValueError, match="namespace"):
        sio.on("echo", print, namespace="/admin")
    with pytest.raises(NotImplementedError):
        sio.register_namespace(socketio.AsyncNamespace("/"))


def test_the_limits_are_those_of_the_protocol() -> None:
    """Defaults that clients may rely on."""
    limits = Limits()
    assert (limits.ping_interval, limits.ping_timeout, limits.connect_timeout) == (25, 20, 5)
    assert (limits.max_message, limits.max_unsent, limits.malformed_packets) == (65_536, 983_040, 5)
    assert (limits.handlers_at_once, limits.events_waiting) == (16, 128)
    assert (limits.lagging_from, limits.lag_timeout) == (262_144, 9.5)


def test_sids_do_not_repeat() -> None:
    """Session ids carry 96 random bits each."""
    sio = build().sio
    sids = {sio.eio.generate_id() for _ in range(1000)}
    assert len({sid[:16] for sid in sids}) == 1000
