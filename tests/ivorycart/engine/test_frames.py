"""Websocket frames, byte by byte, without a socket."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivorycart.engine.frames import FrameReader, Message, Opcode, Unreadable, close_frame, pong_frame, text_frame

LIMIT = 65_536


def masked(first: int, payload: bytes, mask: bytes = b"\x01\x82\x03\xfc") -> bytes:
    """Return a client's frame; `first` is its first byte."""
    length = len(payload)
    if length < 126:
        head = pack("!BB", first, 128 + length)
    elif length < 65_536:
        head = pack("!BBH", first, 254, length)
    else:
        head = pack("!BBQ", first, 255, length)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def read(data: bytes, *, cut: int = LIMIT * 2) -> list[Message]:
    """Feed bytes in pieces; return the messages."""
    reader, messages = FrameReader(LIMIT), []
    for start in range(0, len(data), cut):
        reader.feed(data[start : start + cut])
        while (message := reader.next_message()) is not None:
            messages.append(message)
    return messages


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_every_length_has_its_header(length: int) -> None:
    """7, 16 or 64 bits of length, in both directions."""
    payload = b"x" * length
    assert read(masked(0x81, payload)) == [(Opcode.TEXT, payload.decode())]
    head = {0: 2, 1: 2, 125: 2, 126: 4, 127: 4, 65_535: 4, 65_536: 10}[length]
    frame = text_frame(payload)
    assert (len(frame), frame[0], frame[head:]) == (head + length, 0x81, payload)
    assert int.from_bytes(frame[2:head]) == (length if head > 2 else 0)


@given(
    st.lists(
        st.one_of(
            st.text(max_size=300).map(lambda text: (Opcode.TEXT, text)),
            st.binary(max_size=300).map(lambda data: (Opcode.BINARY, data)),
            st.binary(max_size=125).map(lambda data: (Opcode.PING, data)),
        ),
        max_size=8,
    ),
    st.integers(1, 50),
    st.binary(min_size=4, max_size=4),
    st.booleans(),
)
def test_messages_do_not_depend_on_how_the_bytes_are_cut(
    messages: list[tuple[int, str | bytes]],
    cut: int,
    mask: bytes,
    fragmented: bool,  # noqa: FBT001 - hypothesis gives it by position
) -> None:
    """Whatever the pieces of TCP and the fragments of a message, with pings between these."""
    sent, expected = b"", []
    for opcode, data in messages:
        payload = data.encode() if isinstance(data, str) else data
        if fragmented and opcode != Opcode.PING:
            sent += masked(opcode, payload[:7], mask) + masked(0x89, b"between", mask) + masked(0x80, payload[7:], mask)
            expected.append((Opcode.PING, b"between"))
        else:
            sent += masked(0x80 | opcode, payload, mask)
        expected.append((opcode, data))
    assert read(sent, cut=cut) == expected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x05hello", 1002),  # not masked
        (masked(0xC1, b"x"), 1002),  # a reserved bit
        (masked(0x83, b"x"), 1002),  # unknown opcodes
        (masked(0x8B, b"x"), 1002),
        (masked(0x80, b"x"), 1002),  # a continuation of nothing
        (masked(0x01, b"x") + masked(0x81, b"y"), 1002),  # a message within a message
        (masked(0x09, b""), 1002),  # control frames are whole
        (masked(0x89, b"x" * 126), 1002),  # and short
        (masked(0x88, b"\x03"), 1002),  # half a close code
        *((masked(0x88, pack("!H", code)), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)),
        (masked(0x88, b"\x03\xe8\xff"), 1007),
        (masked(0x81, b"\xff"), 1007),
        (masked(0x01, b"\xe2\x82") + masked(0x80, b"x"), 1007),
        (b"\x81\xff" + pack("!Q", LIMIT + 1), 1009),  # refused at its header
        (b"\x81\xff" + pack("!Q", 2**63), 1009),
        (masked(0x01, b"x" * LIMIT) + masked(0x80, b"x"), 1009),
    ],
)
def test_what_a_client_may_not_send_says_why(data: bytes, code: int) -> None:
    """Each with its close code, whole or byte by byte."""
    for cut in (1, len(data)):
        with pytest.raises(Unreadable) as unreadable:
            read(data, cut=cut)
        assert unreadable.value.code == code


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x0f\xa0bye"])
def test_a_client_may_close_with_or_without_a_reason(payload: bytes) -> None:
    """1000 and the application's codes pass."""
    assert read(masked(0x88, payload)) == [(Opcode.CLOSE, payload)]


def test_an_idle_reader_keeps_nothing() -> None:
    """Eight thousand idle clients hold no bytes of their last messages."""
    reader = FrameReader(LIMIT)
    reader.feed(masked(0x81, b"x" * 1000))
    assert reader.next_message() == (Opcode.TEXT, "x" * 1000)
    assert reader.next_message() is None
    assert (reader._data, reader._parts) == (b"", None)


def test_control_frames_are_short() -> None:
    """A pong echoes; a reason is cut at 123 bytes, at the end of a character."""
    assert pong_frame(b"hi") == b"\x8a\x02hi"
    assert close_frame(1000) == b"\x88\x02\x03\xe8"
    assert close_frame(1001, "ü" * 100) == b"\x88\x7c\x03\xe9" + ("ü" * 61).encode()
