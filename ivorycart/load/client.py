"""A lean Socket.IO client: Engine.IO 4 framing over picows, websocket transport, namespace ``/``.

Ten thousand fit into one process: an object with slots per client, no task, no timer, no queue. Everything runs on the
event loop's thread; the hooks are called from the socket's reader and must not block. A hook that raises closes its
connection. ``close`` is final and may be called at any time; whoever waits for an ack then gets a ConnectionError.
``on_close`` is called once per connection that was made, with the words of Socket.IO's own clients for the reason.

A silent server is not noticed here (that would take a timer per client): the owner compares ``heard_at`` with
``patience``.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import orjson
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from ivorycart.load.assembling import OFFER, Assembler

OnEvent = Callable[["SocketIOClient", str, Any, float], None]
OnClose = Callable[["SocketIOClient", str], None]
OnFrame = Callable[["SocketIOClient", bytes, float], None]

MAX_MESSAGE = 64 * 1024 * 1024
READ_BUFFER = 4096  # per client; it grows where messages are larger
# Of a client that stalls: else the kernel takes megabytes before the server feels anything. With a much smaller one
# Linux waits for seconds before it goes on sending to who reads again.
STALLED_RECEIVE_BUFFER = 65_536

LEFT = "io client disconnect"
TOLD_TO_LEAVE = "io server disconnect"
LOST = "transport close"
UNREADABLE = "parse error"


class ConnectRefused(ConnectionError):  # noqa: N818 - it says what happened
    """The server answered, and does not let this client in; ``code`` is its word for why, if it has one."""

    def __init__(self, said: str, code: str = "") -> None:
        super().__init__(said)
        self.code = code


class SocketIOClient(WSListener):  # type: ignore[misc, unused-ignore]  # picows is compiled
    """One connection. ``sid`` is the server's name for it; ``tag`` belongs to the owner.

    ``received_at`` of the hooks is ``time.monotonic()``: seconds, comparable between processes of one machine.
    """

    __slots__ = (
        "_acks", "_assembler", "_auth", "_closed", "_decode", "_entered", "_next_ack", "_on_close", "_on_event",
        "_on_frame", "_reason", "_transport", "compressed", "heard_at", "patience", "sid", "tag",
    )  # fmt: skip

    def __init__(
        self,
        *,
        auth: dict[str, Any] | None = None,
        on_event: OnEvent | None = None,
        on_close: OnClose | None = None,
        on_frame: OnFrame | None = None,
        decode: Callable[[bytes], Any] = orjson.loads,
    ) -> None:
        self._auth = auth
        self._on_event, self._on_close, self._on_frame = on_event, on_close, on_frame
        self._decode = decode
        self._transport: WSTransport | None = None
        self._assembler: Assembler | None = None
        self.compressed = False  # whether the server accepted the offer of permessage-deflate
        self._entered: asyncio.Future[None] | None = None
        self._acks: dict[int, asyncio.Future[Any]] | None = None
        self._next_ack = 0
        self._closed, self._reason = False, LOST
        self.sid = ""
        self.heard_at = self.patience = 0.0
        self.tag: Any = None

    @classmethod
    async def connect(
        cls,
        url: str,
        auth: dict[str, Any] | None = None,
        *,
        on_event: OnEvent | None = None,
        on_close: OnClose | None = None,
        on_frame: OnFrame | None = None,
        offer_deflate: bool = True,
        decode: Callable[[bytes], Any] = orjson.loads,
        timeout: float = 30.0,  # noqa: ASYNC109 - it covers several waits, and belongs to the call
        source: str | None = None,
        tls: ssl.SSLContext | None = None,
        tag: Any = None,
    ) -> Self:
        """Connect to ``http(s)://host[:port]`` and enter the namespace; events may come before this returns.

        With ``on_frame`` each event goes there as the text that came (``42["stock",{…}]``), undecoded, and ``on_event``
        is not called; acks and pings are still handled. ``decode`` reads JSON: clients that hear the same bytes may
        share the result. ``source`` is a local address to connect from.
        Raises OSError (ConnectRefused if the server answered) or TimeoutError.
        """
        client = cls(auth=auth, on_event=on_event, on_close=on_close, on_frame=on_frame, decode=decode)
        client.tag = tag
        client._entered = asyncio.get_running_loop().create_future()
        options: dict[str, Any] = {"local_addr": (source, 0)} if source else {}
        try:
            async with asyncio.timeout(timeout):
                await ws_connect(
                    lambda: client,
                    websocket_url(url),
                    ssl_context=tls,
                    websocket_handshake_timeout=timeout,
                    max_frame_size=MAX_MESSAGE,
                    read_buffer_init_size=READ_BUFFER,
                    extra_headers={"Sec-WebSocket-Extensions": OFFER} if offer_deflate else None,
                    use_aiofastnet=False,
                    **options,
                )
                if client._transport is None:  # picows returns all the same where the server hangs up this early
                    client._entered.set_exception(ConnectionError("the server hung up during the handshake"))
                await client._entered
        except WSError as error:
            raise ConnectRefused(f"{url}: {error}") from error
        except BaseException:
            client.close()
            raise
        finally:
            client._entered = client._auth = None
        return client

    @property
    def is_open(self) -> bool:
        """Whether it is connected and not on its way out."""
        return not self._closed and bool(self.sid)

    def emit(self, event: str, payload: Any = None) -> None:
        """Send an event; after the connection has ended nothing is sent."""
        self._send(b"42" + _arguments(event, payload))

    async def call(self, event: str, payload: Any = None, timeout: float = 30.0) -> Any:  # noqa: ASYNC109 - a given API
        """Send an event and return the ack's single value.

        Raises TimeoutError, or ConnectionError when the connection ends.
        """
        if not self.is_open:
            raise ConnectionError(self._reason)
        if self._acks is None:
            self._acks = {}
        number, self._next_ack = self._next_ack, self._next_ack + 1
        answer = self._acks[number] = asyncio.get_running_loop().create_future()
        self._send(b"42%d" % number + _arguments(event, payload))
        try:
            async with asyncio.timeout(timeout):
                return await answer
        finally:
            self._acks.pop(number, None)

    def close(self) -> None:
        """Say goodbye and close; what still arrives is ignored."""
        if self._closed:
            return
        self._closed, self._reason = True, LEFT
        if self._transport is None:
            return
        if self.sid and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, b"41")
        self._transport.underlying_transport.resume_reading()
        self._transport.send_close()
        self._transport.disconnect()

    def cut(self) -> None:
        """Drop the connection as a lost network would: no goodbye."""
        if self._transport is not None and not self._closed:
            self._reason = LOST
            self._transport.disconnect(graceful=False)

    def stall(self) -> None:
        """Stop reading, with a small kernel buffer, so that the server's own buffers fill."""
        if self._transport is None or self._closed:
            return
        stream = self._transport.underlying_transport
        with socket.socket(fileno=os.dup(stream.get_extra_info("socket").fileno())) as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_RECEIVE_BUFFER)
        stream.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._closed:
            self._transport.underlying_transport.resume_reading()

    # What picows calls.

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the transport, and note whether the server compresses."""
        self._transport = transport
        accepted = str(transport.response.headers.get("Sec-WebSocket-Extensions", ""))
        if "permessage-deflate" in accepted:
            self._assembler, self.compressed = Assembler(MAX_MESSAGE, accepted), True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one websocket frame."""
        now = time.monotonic()
        self.heard_at = now
        if self._closed:
            return
        kind = frame.msg_type
        if kind is WSMsgType.TEXT or kind is WSMsgType.CONTINUATION:
            text: bytes | None = frame.get_payload_as_bytes()
            if self._assembler is not None or not frame.fin or frame.rsv1:
                self._assembler = self._assembler or Assembler(MAX_MESSAGE)
                text = self._assembler.add(text or b"", final=frame.fin, compressed=frame.rsv1)
            if text is not None:
                self._take(text, now)
        elif kind is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' signature
        """Tell everyone who waits, and the owner."""
        self._closed = True
        error = ConnectionError(self._reason)
        for answer in (self._acks or {}).values():
            if not answer.done():
                answer.set_exception(error)
        if self._entered is not None and not self._entered.done():
            self._entered.set_exception(error)
        if self.sid and self._on_close is not None:
            self._on_close(self, self._reason)

    # Engine.IO and Socket.IO.

    def _take(self, text: bytes, now: float) -> None:
        """Take one Engine.IO packet: 0 open, 1 close, 2 ping, 4 message, 6 nothing."""
        kind = text[:2]
        if kind == b"42":
            self._take_event(text, now)
        elif kind[:1] == b"2":
            self._send(b"3" + text[1:])
        elif kind == b"43":
            self._take_ack(text)
        elif kind[:1] == b"0":
            hello = orjson.loads(text[1:])
            self.patience = (hello["pingInterval"] + hello["pingTimeout"]) / 1000
            self._send(b"40" + (b"" if self._auth is None else orjson.dumps(self._auth)))
        elif kind == b"40":
            self.sid = orjson.loads(text[2:])["sid"]
            if self._entered is not None and not self._entered.done():
                self._entered.set_result(None)
        elif kind == b"44":
            self._refused(text)
        elif kind in {b"41", b"1"}:
            self._reason = TOLD_TO_LEAVE
            if self._transport is not None:
                self._transport.disconnect()

    def _take_event(self, text: bytes, now: float) -> None:
        if self._on_frame is not None:
            self._on_frame(self, text, now)
        elif self._on_event is not None:
            start = text.find(b"[")
            name, *payload = self._decode(text[start:] if start > 2 else text[2:])  # noqa: PLR2004 - after "42"
            self._on_event(self, name, payload[0] if payload else None, now)

    def _take_ack(self, text: bytes) -> None:
        end = text.index(b"[")
        answer = (self._acks or {}).get(int(text[2:end]))
        if answer is not None and not answer.done():
            values = orjson.loads(text[end:])
            answer.set_result(values[0] if values else None)

    def _refused(self, text: bytes) -> None:
        said = text[2:].decode(errors="replace")
        if self._entered is not None and not self._entered.done():
            self._entered.set_exception(ConnectRefused(f"the server refused the connection: {said}", _code(text[2:])))

    def _send(self, text: bytes) -> None:
        if self._transport is not None and not self._closed:
            self._transport.send(WSMsgType.TEXT, text)


def websocket_url(url: str) -> str:
    """Return the websocket address of a Socket.IO server, whose own address is ``http(s)://host[:port][/path]``."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/socket.io/", "EIO=4&transport=websocket", ""))


def _code(refusal: bytes) -> str:
    """Return the code in a refusal's data, as IvoryCart gives one; nothing where there is none."""
    try:
        return str(orjson.loads(refusal)["data"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _arguments(event: str, payload: Any) -> bytes:
    return orjson.dumps([event] if payload is None else [event, payload])
