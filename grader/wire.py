"""What crosses between the trusted grader and a student's process: plain data in frames, and nothing that acts.

A frame is 12 bytes (length of the whole, 8 bytes, length of the JSON, 4 bytes; big-endian), the JSON, and the
bytes of the arrays one after another. In the JSON every value is tagged:

    null true 1 "text"              as they are
    {"f": "0x1.8p+0"}               a float, exactly, nan and inf too
    {"l": [...]} {"t": [...]}       list, tuple
    {"d": [[key, value], ...]}      dict; keys are str, int, float, bool or None
    {"a": ["float64", [2, 3], n]}   an array; its n bytes come next among the arrays'
    {"s": ["float32", n]}           a NumPy scalar, likewise
    {"h": [id, name, callable]}     a handle: something that stays with the student's process
    {"c": [id, name]}               a callback: something that stays with the grader

Reading never runs anything, never unpickles, and ends with ``WireError`` on whatever it does not know, on what
is too large, too deep or too many. Object, string and structured arrays do not cross.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

HEAD = struct.Struct(">QI")
DTYPES = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
JSON_BYTES = 16 << 20
DEPTH = 32
ITEMS = 500_000
DIMENSIONS = 16

Give = Callable[[Any], Any]  # turns what is not plain into a tagged handle or callback, or raises WireError
Take = Callable[[str, list[Any]], Any]  # the way back


class WireError(Exception):
    """What came, or was to be sent, is not what this protocol knows."""


class Closed(WireError):
    """The other side is gone."""


class TimedOut(WireError):
    """Nothing whole came in time."""


def _no_give(value: Any) -> Any:
    raise WireError(f"{type(value).__name__} is not plain data")


def _no_take(tag: str, body: list[Any]) -> Any:
    raise WireError(f"unexpected {tag!r}")


def pack(message: Any, give: Give = _no_give, limit: int = 64 << 20) -> bytes:
    """A frame of this message. Values other than plain data go through ``give``."""
    buffers: list[bytes] = []
    count = [0, 0]

    def tag(value: Any, depth: int) -> Any:
        count[0] += 1
        if depth > DEPTH or count[0] > ITEMS:
            raise WireError(
                "the value is nested too deeply" if depth > DEPTH else "the value has too many parts"
            )
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is int:
            if value.bit_length() > 1024:
                raise WireError("an int of more than 1024 bits")
            return value
        if kind is str:
            return value
        if kind is float:
            return {"f": value.hex()}
        if kind is list:
            return {"l": [tag(v, depth + 1) for v in value]}
        if kind is tuple:
            return {"t": [tag(v, depth + 1) for v in value]}
        if kind is dict:
            for key in value:
                if not (key is None or type(key) in (str, int, float, bool)):
                    raise WireError(f"a dict's key may not be a {type(key).__name__}")
            return {"d": [[tag(k, depth + 1), tag(v, depth + 1)] for k, v in value.items()]}
        if kind is np.ndarray or isinstance(value, np.generic):
            array = np.asarray(value)
            if array.dtype.newbyteorder("=").name not in DTYPES:
                raise WireError(f"an array of dtype {array.dtype}")
            name = array.dtype.newbyteorder("=").name
            body = np.ascontiguousarray(array, dtype=DTYPES[name]).tobytes()
            count[1] += len(body)
            if count[1] > limit:
                raise WireError(f"arrays of more than {limit:,} bytes")
            buffers.append(body)
            if kind is np.ndarray:
                return {"a": [name, list(array.shape), len(body)]}
            return {"s": [name, len(body)]}
        return give(value)

    try:
        text = json.dumps(tag(message, 0), ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()
    except (RecursionError, UnicodeEncodeError, ValueError) as error:
        raise WireError(f"the value cannot be written: {type(error).__name__}") from None
    size = len(text) + sum(map(len, buffers))
    if size > limit or len(text) > JSON_BYTES:
        raise WireError(f"{size:,} bytes are more than the {limit:,} that may be sent at once")
    return HEAD.pack(size, len(text)) + text + b"".join(buffers)


def unpack(text: bytes, arrays: bytes | bytearray, take: Take = _no_take) -> Any:
    """The message of a frame's two parts. Handles and callbacks go through ``take``."""
    rest = memoryview(arrays)
    state = {"at": 0, "items": 0}

    def cut(count: Any) -> memoryview:
        if type(count) is not int or count < 0 or state["at"] + count > len(rest):
            raise WireError("an array's bytes are not there")
        state["at"] += count
        return rest[state["at"] - count : state["at"]]

    def array(body: Any, scalar: bool) -> Any:
        name, shape, count = (body[0], [], body[1]) if scalar else body
        dtype = DTYPES.get(name) if isinstance(name, str) else None
        if dtype is None or not isinstance(shape, list) or len(shape) > DIMENSIONS:
            raise WireError("an array of no known kind")
        if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
            raise WireError("an array of no possible shape")
        if math.prod(shape) * dtype.itemsize != count:
            raise WireError("an array whose shape and bytes disagree")
        whole = np.frombuffer(bytes(cut(count)), dtype).reshape(shape)
        return whole[()] if scalar else whole.copy()

    def untag(value: Any, depth: int) -> Any:
        state["items"] += 1
        if depth > DEPTH or state["items"] > ITEMS:
            raise WireError("too deep" if depth > DEPTH else "too many parts")
        if value is None or isinstance(value, bool | int | str):
            return value
        if type(value) is not dict or len(value) != 1:
            raise WireError("a value without its tag")
        ((tag, body),) = value.items()
        if tag == "f":
            if not isinstance(body, str) or len(body) > 40:
                raise WireError("not a float")
            return float.fromhex(body)
        if not isinstance(body, list):
            raise WireError(f"{tag!r} without its list")
        if tag == "l":
            return [untag(v, depth + 1) for v in body]
        if tag == "t":
            return tuple(untag(v, depth + 1) for v in body)
        if tag == "d":
            pairs = [(untag(k, depth + 1), untag(v, depth + 1)) for k, v in body]
            if not all(k is None or isinstance(k, str | int | float) for k, _ in pairs):
                raise WireError("a dict's key of a strange type")
            return dict(pairs)
        if tag in "as" and tag:
            return array(body, tag == "s")
        if tag in ("h", "c"):
            return take(tag, body)
        raise WireError(f"unknown tag {tag!r:.40}")

    try:
        message = untag(json.loads(text, parse_float=_no_number, parse_constant=_no_number), 0)
    except WireError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, IndexError, MemoryError) as error:
        raise WireError(f"not a message: {type(error).__name__}") from None
    if state["at"] != len(rest):
        raise WireError("bytes that belong to no array")
    return message


def _no_number(text: str) -> Any:
    raise WireError("a bare number that is no int")


def send(sock: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send a whole frame before the deadline (of ``time.monotonic``)."""
    view = memoryview(frame)
    try:
        while view:
            sock.settimeout(_left(deadline))
            view = view[sock.send(view[: 1 << 20]) :]
    except TimeoutError:
        raise TimedOut("the other side does not read") from None
    except OSError:
        raise Closed("the other side is gone") from None


def receive(sock: socket.socket, limit: int, deadline: float | None = None) -> tuple[bytes, bytearray]:
    """The two parts of the next frame. Memory is taken as bytes come, never on the word of the header."""
    head = _exactly(sock, HEAD.size, deadline)
    size, text = HEAD.unpack(head)
    if size > limit or text > min(size, JSON_BYTES):
        raise WireError(f"a frame of {size:,} bytes; {limit:,} are allowed")
    return bytes(_exactly(sock, text, deadline)), _exactly(sock, size - text, deadline)


def _exactly(sock: socket.socket, count: int, deadline: float | None) -> bytearray:
    found = bytearray()
    try:
        while len(found) < count:
            sock.settimeout(_left(deadline))
            piece = sock.recv(min(count - len(found), 1 << 20))
            if not piece:
                raise Closed("the other side is gone")
            found += piece
    except TimeoutError:
        raise TimedOut("nothing whole came in time") from None
    except OSError:
        raise Closed("the other side is gone") from None
    return found


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimedOut("out of time")
    return left
