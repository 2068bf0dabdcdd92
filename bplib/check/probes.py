"""Ready-made ways of trying an answer. Each is a function of (answer, case) that yields (part, what, value)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.student import StudentError, call, call_each, describe, get, unpack
from bplib.check.task import Case, Probe, Seen

__all__ = ["StudentError", "call", "call_each", "describe", "get", "op", "unpack", "value"]


def value(part: str = "value", what: str = "the result") -> Probe:
    """For a function that returns one thing."""

    def look(answer: Any, case: Case) -> Iterator[Seen]:
        yield part, what, call(answer, *case.values())

    return look


def op(*wrt: str, value: str = "value", gradient: str = "gradient", what: str = "the value") -> Probe:
    """For an op: ``value, pullback = answer(…)``, tried with the case's upstream gradient ``d``.

    ``wrt`` names the arguments that the pullback gives gradients for, in its order. The pullback is called
    twice, with d and with −2d: it must be linear, and keep nothing from one call to the next.
    """

    def look(answer: Any, case: Case) -> Iterator[Seen]:
        arguments = {k: v for k, v in case.items() if k != "d"}
        result = call(answer, *arguments.values())
        out, pullback = unpack(result, "value", "pullback", of=answer.__name__)
        if callable(out) and not callable(pullback):
            text = f"{answer.__name__} returns its pullback first. The value comes first: `return value, pullback`."
            raise StudentError("form", text)
        yield value, what, out
        twice = call_each(pullback, [(case["d"],), (-2 * case["d"],)], name="pullback")
        for again, grads in zip(("", ", when called again"), twice, strict=True):
            if len(wrt) > 1:
                grads = unpack(grads, *(f"d{name}" for name in wrt), of="pullback")
            else:
                grads = (grads,)
            for name, g in zip(wrt, grads, strict=True):
                yield gradient, f"d{name}{again}", g

    return look
