"""The protocol: plain data crosses unchanged, and nothing that can be sent makes the reader act, hang or swell."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader import wire

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
KEYS = st.text(max_size=5) | st.integers(-9, 9) | st.none()
ARRAYS = st.sampled_from(sorted(wire.DTYPES)).flatmap(
    lambda name: npst.arrays(
        np.dtype(name), npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    )
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and np.shape(a) == np.shape(b) and a.tobytes() == b.tobytes()
    return a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


def parts(frame: bytes) -> tuple[bytes, bytes]:
    size, text = wire.HEAD.unpack(frame[: wire.HEAD.size])
    body = frame[wire.HEAD.size :]
    assert len(body) == size
    return body[:text], body[text:]


@given(VALUES)
def test_plain_data_comes_back_as_it_went(value: Any) -> None:
    assert same(value, wire.unpack(*parts(wire.pack(value))))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        np.array([object()]),
        np.array(["text"]),
        np.zeros(2, dtype=[("a", int)]),
        {(1, 2): 3},
        {1.5, 2.5},
        b"bytes",
        2**5000,
        np.datetime64("2026-01-01"),
        type("Array", (np.ndarray,), {})(2),
        np.ma.array([1.0, 2.0]),
        lambda: None,
        range(3),
    ],
    ids=lambda v: type(v).__name__,
)
def test_other_things_do_not_cross(value: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.pack(value)


def test_what_is_nested_for_ever_does_not_cross() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(wire.WireError, match="too deeply"):
        wire.pack(endless)
    with pytest.raises(wire.WireError, match="more than"):
        wire.pack(np.zeros(1000), limit=1000)


@settings(max_examples=400)
@given(st.binary(max_size=200), st.binary(max_size=64))
def test_any_bytes_at_all_end_in_a_value_or_a_wire_error(text: bytes, arrays: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.unpack(text, arrays)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["f", "l", "t", "d", "a", "s", "h", "c", "x", ""]), inner, max_size=2
        )
    ),
    max_leaves=10,
)


@settings(max_examples=600)
@given(JSON, st.binary(max_size=64))
def test_any_json_at_all_ends_in_a_value_or_a_wire_error(message: Any, arrays: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.unpack(json.dumps(message).encode(), arrays)


@given(VALUES, st.data())
def test_a_frame_with_one_byte_changed_ends_in_a_value_or_a_wire_error(value: Any, data: Any) -> None:
    frame = bytearray(wire.pack(value))
    at = data.draw(st.integers(wire.HEAD.size, len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(wire.WireError):
        wire.unpack(*parts(bytes(frame)))


HOSTILE = [
    b"[" * 100_000,
    b'{"l":' * 50_000,
    b"9" * 10_000,
    b'{"f":"' + b"1" * 100 + b'"}',
    b'{"f":"0x1p999999999999"}',
    b'{"a":["float64",[1000000000000],8]}',
    b'{"a":["float64",[-1],8]}',
    b'{"a":["float64",[1e3],8]}',
    b'{"a":["object",[1],8]}',
    b'{"a":["O",[1],8]}',
    b'{"a":["float64",[0,1000000000000,1000000000000],0]}',
    b'{"a":["float64",' + json.dumps([1] * 100).encode() + b",8]}",
    b'{"a":["float64",[true],8]}',
    b'{"s":["float64",[]]}',
    b'{"d":[[{"l":[]},1]]}',
    b'{"d":[[1]]}',
    b'{"d":5}',
    b'{"h":[0,"x",true]}',
    b'{"c":[0,"x"]}',
    b'{"l":[],"t":[]}',
    b"1.5",
    b"NaN",
    b"Infinity",
    b'"\\ud800"',
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_messages_are_refused_at_once_and_without_memory(text: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        value = wire.unpack(text, b"\0" * 8 if b"8]}" in text else b"")
        assert isinstance(value, str | np.ndarray) and np.size(value) <= 1
    except wire.WireError:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - began < 0.5 and peak < 8 << 20


def talk(*pieces: bytes | float, limit: int = 1 << 20, seconds: float = 0.4) -> Any:
    """What the reader makes of these bytes, sent with these pauses."""
    ours, theirs = socket.socketpair()

    def say() -> None:
        with theirs, contextlib.suppress(OSError):
            for piece in pieces:
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    theirs.sendall(piece)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        return wire.unpack(*wire.receive(ours, limit, time.monotonic() + seconds))
    finally:
        ours.close()
        thread.join()


def test_a_frame_may_come_in_pieces() -> None:
    frame = wire.pack([1, np.arange(5.0)])
    value = talk(frame[:5], 0.02, frame[5:20], 0.02, frame[20:])
    assert value[0] == 1 and value[1].tolist() == [0, 1, 2, 3, 4]


def test_frames_that_are_too_long_cut_off_or_slow() -> None:
    with pytest.raises(wire.WireError, match="are allowed"):
        talk(wire.HEAD.pack(1 << 40, 10))
    with pytest.raises(wire.WireError, match="are allowed"):
        talk(wire.HEAD.pack(10, 20) + b"x" * 30)
    with pytest.raises(wire.Closed):
        talk(wire.pack([1, 2])[:-1])
    with pytest.raises(wire.Closed):
        talk()
    began = time.monotonic()
    with pytest.raises(wire.TimedOut):
        talk(*[b"\0", 0.1] * 20)
    assert time.monotonic() - began < 3
    with pytest.raises(wire.TimedOut):
        talk(wire.HEAD.pack(1000, 10), 1.0)


def test_a_reader_that_does_not_read_cannot_hold_the_grader_up() -> None:
    ours, theirs = socket.socketpair()
    with pytest.raises(wire.TimedOut):
        wire.send(ours, wire.pack(np.zeros(1 << 20)), time.monotonic() + 0.2)
    ours.close()
    theirs.close()
