"""Text to packets and JSON, without a socket."""

import math
from typing import Any

import orjson
import pytest

from ivorycart.engine.refusal import Forbidden, Malformed
from ivorycart.engine.wire import WireJSON, decode, engine_kind


def test_the_wire_reads_what_clients_may_send() -> None:
    """The honest packets, field by field."""
    assert decode('0{"token":"x"}').data == {"token": "x"}
    assert decode("0/admin?a=b,{}").namespace == "/admin"
    packet = decode('212["cart:set",{"quantity":1}]')
    assert (packet.event, packet.id, packet.data[1]) == ("cart:set", 12, {"quantity": 1})
    assert (decode("31[1]").id, decode("31[1]").data) == (1, [1])
    assert [engine_kind(text) for text in ("1", "3", "42[]")] == ["1", "3", "4"]


def test_the_wire_knows_malformed_from_forbidden() -> None:
    """One is counted, the other closes."""
    with pytest.raises(Malformed):
        decode('2["echo",' + "[" * 40 + "]" * 40 + "]")
    with pytest.raises(Forbidden):
        decode('51-["echo"]')
    assert decode('2["echo",' + "[]," * 5000 + "1]").event == "echo"  # wide is not deep


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, {"a": [1, {"b": -math.inf}]}, (None, math.nan), [orjson.Fragment(b"[null]"), {"a": math.nan}]],
)
def test_json_has_no_nan(value: Any) -> None:
    """What orjson would write as null is refused, both ways."""
    with pytest.raises(ValueError, match="NaN"):
        WireJSON.dumps(value)


def test_json_is_text() -> None:
    """python-socketio joins strings; null and floats are fine; bytes are not JSON."""
    assert WireJSON.dumps({"a": [None, 1.5, "é"]}, separators=(",", ":")) == '{"a":[null,1.5,"é"]}'
    assert WireJSON.dumps([orjson.Fragment(b'{"a":null}'), (), {}]) == '[{"a":null},[],{}]'
    with pytest.raises(TypeError):
        WireJSON.dumps(b"bytes")


def test_half_a_character_is_read_and_nothing_else_is_because_of_it() -> None:
    """Lone surrogates are left to whoever reads the field; what is no JSON, or too deep, stays so beside one."""
    assert decode(r'20["cart:email",{"email":"a\ud83d"}]').data == ["cart:email", {"email": "a\ud83d"}]
    half = r'"\ud83d"'
    for other in ("NaN", "-Infinity", "1e999", "9" * 5000, "[" * 40 + "]" * 40, "[" * 60_000, "{", "'x'"):
        with pytest.raises(Malformed):
            decode(f'20["cart:email",{half},{other}]')
