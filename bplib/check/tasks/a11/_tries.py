"""How steps and layers are tried: twice, with upstream gradients that are no multiples of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen


def calling(function: Any, *args: Any, name: str = "") -> Any:
    """``call``, with one and the same error for ``@``, ``np.dot`` and ``np.einsum`` where shapes do not fit."""
    try:
        return call(function, *args, name=name)
    except StudentError as error:
        if error.kind == "raised" and error.what.startswith("ValueError"):
            raise StudentError("raised", error.text, "shapes that do not fit") from None
        raise


def step(
    answer: Any, case: Case, wrt: tuple[str, ...], upstream: tuple[str, ...], values: tuple[str, ...] = ()
) -> Iterator[Seen]:
    """An op with several arguments: its value (or ``values``), then the gradients ``wrt`` of two calls.

    ``upstream`` names the arguments of the pullback, which stand in the case as well.
    """
    arguments = [v for k, v in case.items() if k not in upstream]
    result, pullback = unpack(calling(answer, *arguments), "value", "pullback", of=answer.__name__)
    if callable(result) and not callable(pullback):
        text = (
            f"{answer.__name__} returns its pullback first. The value comes first: `return value, pullback`."
        )
        raise StudentError("form", text)
    if values:
        for name, v in zip(values, unpack(result, *values, of="the value"), strict=True):
            yield "value", name, v
    else:
        yield "value", "the value", result
    arrived = [case[name] for name in upstream]
    for again, d in (("", arrived), (", when called again", [a[::-1] - 2 * a for a in arrived])):
        grads = calling(pullback, *d, name="pullback")
        names = [f"d{name}" for name in wrt]
        for name, g in zip(names, unpack(grads, *names, of="pullback"), strict=True):
            yield "gradient", name + again, g
