"""The inner names of other people's packages that the server stands on, and the check that they are still there.

Those of this engine, and the few that `handlers/front_door.py` needs to answer what cannot be read as HTTP.

python-socketio 5.18, python-engineio 4.15 and aiohttp 3.14 are pinned; whoever raises a pin learns here, at start-up
and in one line, what the engine has to be looked at for.
"""

from pkgutil import resolve_name

_ATTRIBUTES = (
    "socketio.async_server:AsyncServer._engineio_server_class",
    *(
        f"socketio.async_manager:AsyncManager.{name}"
        for name in (
            "close_room", "disconnect", "emit", "enter_room", "eio_sid_from_sid", "get_namespaces", "get_participants",
            "get_rooms", "is_connected", "leave_room", "sid_from_eio_sid", "trigger_callback",
        )
    ),
    "socketio.packet:Packet.uses_binary_events",
    "socketio.packet:Packet.json",
    "socketio.exceptions:ConnectionRefusedError",
    "engineio.async_server:AsyncServer.generate_id",
    "engineio.async_server:AsyncServer.handle_request",
    "engineio.async_server:AsyncServer.send_packet",
    "aiohttp.web_protocol:RequestHandler._buffer_paused",
    "aiohttp.web_protocol:RequestHandler._message_tail",
    "aiohttp.web_protocol:RequestHandler.connection_lost",
    "aiohttp.web_protocol:RequestHandler.transport",
    "aiohttp.web_response:StreamResponse.prepared",
    # of the front door
    "aiohttp.web_protocol:RequestHandler.handle_error",
    "aiohttp.web_protocol:RequestHandler.log_exception",
    "aiohttp.web_runner:AppRunner._make_server",
)  # fmt: skip

# set in a constructor, so not to be found on the class
_SET_BY = (
    ("socketio.base_server:BaseServer.__init__", ("eio", "environ", "handlers", "manager", "packet_class")),
    ("socketio.base_manager:BaseManager.__init__", ("rooms", "server")),
    ("engineio.base_server:BaseServer.__init__", ("handlers", "sockets")),
    ("aiohttp.web_request:BaseRequest.__init__", ("_message",)),
    ("aiohttp.web_server:Server.__init__", ("_kwargs", "_loop", "request_factory", "request_handler")),  # front door
)


class InnerNamesGoneError(RuntimeError):
    """A pinned library no longer has names that the engine uses; the message lists them."""


def verify_inner_names() -> None:
    """Raise InnerNamesGoneError, naming each, when a name that the engine uses is gone."""
    gone = [name for name in _ATTRIBUTES if not _exists(name)]
    for constructor, attributes in _SET_BY:
        if not _exists(constructor):
            gone.append(constructor)
        else:
            known = resolve_name(constructor).__code__.co_names
            gone += [f"{constructor} sets no {name}" for name in attributes if name not in known]
    if gone:
        raise InnerNamesGoneError(
            "python-socketio 5.18, python-engineio 4.15 or aiohttp 3.14 was replaced by a version without: "
            + "; ".join(gone)
        )


def _exists(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
