"""What crosses between the trusted grader and a student's process: plain data in frames, and nothing that acts.

A frame is 12 bytes (length of the whole, 8 bytes, length of the JSON, 4 bytes; big-endian), the JSON, and the
bytes of the arrays one after another. In the JSON every value is tagged:

    null true 1 "text"              as they are
    {"f": "0x1.8p+0"}               a float, exactly, nan and inf too
    {"l": [...]} {"t": [...]}       list, tuple
    {"d": [[key, value], ...]}      dict; keys are str, int, float, bool or None
    {"a": ["float64", [2, 3], n]}   an array; its n bytes come next among the arrays'
    {"s": ["float32", n]}           a NumPy scalar, likewise
    {"h": [id, name, callable]}     a handle: something that stays with the student's process; "method" in place
                                    of true says that its owner's class defines it, and [owner's id, its name,
                                    true] may then be sent for it: it is looked up anew where it is called
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
NAMES = {order: name for name, dtype in DTYPES.items() for order in (dtype, dtype.newbyteorder())}
JSON_BYTES = 16 << 20
DEPTH = 32
ITEMS = 500_000
DIMENSIONS = 16
HUGE = 1 << 1024
PLAIN = {str, bool, type(None)}  # these go as they are, and ints below HUGE
SIMPLE = PLAIN | {int}
PIECE, SMALL = 1 << 20, 1 << 14  # bytes asked for at once: at most, and where a small frame is expected

Give = Callable[[Any], Any]  # turns what is not plain into a tagged handle or callback, or raises WireError
Take = Callable[[str, list[Any]], Any]  # the way back


class WireError(Exception):
    """What came, or was to be sent, is not what this protocol knows."""


class Closed(WireError):
    """The other side is gone."""


class TimedOut(WireError):
    """Nothing whole came in time."""


def _no_number(text: str) -> Any:
    raise WireError("a bare number that is no int")


WRITE = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode
READ = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number).decode


def _no_give(value: Any) -> Any:
    raise WireError(f"{type(value).__name__} is not plain data")


def _no_take(tag: str, body: list[Any]) -> Any:
    raise WireError(f"unexpected {tag!r}")


def pack(message: Any, give: Give = _no_give, limit: int = 64 << 20) -> bytes:
    """A frame of this message. Values other than plain data go through ``give``."""
    buffers: list[bytes] = []
    items = arrays = 0

    def inner(values: Any, depth: int) -> list[Any]:
        """The parts of a list; those that are as they are cost no call."""
        nonlocal items
        items += len(values)
        if depth > DEPTH or items > ITEMS:
            raise WireError(
                "the value is nested too deeply" if depth > DEPTH else "the value has too many parts"
            )
        return [
            v if type(v) in PLAIN or (type(v) is int and -HUGE < v < HUGE) else tag(v, depth) for v in values
        ]

    def tag(value: Any, depth: int) -> Any:
        nonlocal arrays
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is int:
            if not -HUGE < value < HUGE:
                raise WireError("an int of more than 1024 bits")
            return value
        if kind is float:
            return {"f": value.hex()}
        if kind is list:
            return {"l": inner(value, depth + 1)}
        if kind is tuple:
            return {"t": inner(value, depth + 1)}
        if kind is dict:
            for key in value:
                if not (key is None or type(key) in (str, int, float, bool)):
                    raise WireError(f"a dict's key may not be a {type(key).__name__}")
            keys, values = inner(value.keys(), depth + 1), inner(value.values(), depth + 1)
            return {"d": [[k, v] for k, v in zip(keys, values, strict=True)]}
        if kind is np.ndarray or isinstance(value, np.generic):
            array = np.asarray(value)
            name = NAMES.get(array.dtype)
            if name is None:
                raise WireError(f"an array of dtype {array.dtype}")
            arrays += array.nbytes
            if arrays > limit:
                raise WireError(f"arrays of more than {limit:,} bytes")
            buffers.append(array.astype(DTYPES[name], copy=False).tobytes())
            if kind is np.ndarray:
                return {"a": [name, list(array.shape), array.nbytes]}
            return {"s": [name, array.nbytes]}
        return give(value)

    try:
        text = WRITE(tag(message, 0)).encode()
    except (RecursionError, UnicodeEncodeError, ValueError) as error:
        raise WireError(f"the value cannot be written: {type(error).__name__}") from None
    size = len(text) + sum(map(len, buffers))
    if size > limit or len(text) > JSON_BYTES:
        raise WireError(f"{size:,} bytes are more than the {limit:,} that may be sent at once")
    return HEAD.pack(size, len(text)) + text + b"".join(buffers)


def unpack(text: bytes, arrays: bytes | bytearray, take: Take = _no_take) -> Any:
    """The message of a frame's two parts. Handles and callbacks go through ``take``."""
    rest = memoryview(arrays)
    at = items = 0

    def array(body: Any, scalar: bool) -> Any:
        nonlocal at
        name, shape, count = (body[0], [], body[1]) if scalar else body
        dtype = DTYPES.get(name) if isinstance(name, str) else None
        if dtype is None or not isinstance(shape, list) or len(shape) > DIMENSIONS:
            raise WireError("an array of no known kind")
        if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
            raise WireError("an array of no possible shape")
        if type(count) is not int or math.prod(shape) * dtype.itemsize != count:
            raise WireError("an array whose shape and bytes disagree")
        if at + count > len(rest):
            raise WireError("an array's bytes are not there")
        whole = np.frombuffer(rest[at : at + count], dtype).reshape(shape)
        at += count
        return whole[()] if scalar else whole.copy()

    def inner(values: list[Any], depth: int) -> list[Any]:
        nonlocal items
        items += len(values)
        if depth > DEPTH or items > ITEMS:
            raise WireError("too deep" if depth > DEPTH else "too many parts")
        return [v if type(v) in SIMPLE else untag(v, depth) for v in values]

    def untag(value: Any, depth: int) -> Any:
        if type(value) in SIMPLE:
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
            return inner(body, depth + 1)
        if tag == "t":
            return tuple(inner(body, depth + 1))
        if tag == "d":
            keys, values = inner([k for k, _ in body], depth + 1), inner([v for _, v in body], depth + 1)
            if not all(k is None or isinstance(k, str | int | float) for k in keys):
                raise WireError("a dict's key of a strange type")
            return dict(zip(keys, values, strict=True))
        if tag in ("a", "s"):
            return array(body, tag == "s")
        if tag in ("h", "c"):
            return take(tag, body)
        raise WireError(f"unknown tag {tag!r:.40}")

    try:
        message = untag(READ(text.decode()), 0)
    except WireError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, IndexError, MemoryError) as error:
        raise WireError(f"not a message: {type(error).__name__}") from None
    if at != len(rest):
        raise WireError("bytes that belong to no array")
    return message


def send(sock: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send a whole frame before the deadline (of ``time.monotonic``)."""
    try:
        sock.settimeout(_left(deadline))
        sent = sock.send(frame if len(frame) <= PIECE else memoryview(frame)[:PIECE])
        if sent < len(frame):
            view = memoryview(frame)[sent:]
            while view:
                sock.settimeout(_left(deadline))
                view = view[sock.send(view[:PIECE]) :]
    except TimeoutError:
        raise TimedOut("the other side does not read") from None
    except OSError:
        raise Closed("the other side is gone") from None


def receive(
    sock: socket.socket, limit: int, deadline: float | None = None, rest: bytearray | None = None
) -> tuple[bytes, bytes | bytearray]:
    """The two parts of the next frame. Memory is taken as bytes come, never on the word of the header.

    ``rest`` keeps, from one call to the next, what came after a frame: with it, a small frame is one reading.
    """
    found = bytearray() if rest is None else rest
    _fill(sock, found, HEAD.size, deadline, exactly=rest is None)
    size, text = HEAD.unpack_from(found)
    if size > limit or text > min(size, JSON_BYTES):
        raise WireError(f"a frame of {size:,} bytes; {limit:,} are allowed")
    whole = HEAD.size + size
    _fill(sock, found, whole, deadline, exactly=rest is None)
    view = memoryview(found)
    parts = bytes(view[HEAD.size : HEAD.size + text]), bytes(view[HEAD.size + text : whole])
    view.release()
    del found[:whole]
    return parts


def _fill(sock: socket.socket, found: bytearray, count: int, deadline: float | None, exactly: bool) -> None:
    """Read until there are so many bytes."""
    try:
        while len(found) < count:
            sock.settimeout(_left(deadline))
            wanted = count - len(found)
            piece = sock.recv(min(wanted if exactly else max(wanted, SMALL), PIECE))
            if not piece:
                raise Closed("the other side is gone")
            found += piece
    except TimeoutError:
        raise TimedOut("nothing whole came in time") from None
    except OSError:
        raise Closed("the other side is gone") from None


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimedOut("out of time")
    return left
