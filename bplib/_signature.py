"""Which arguments of an op receive a gradient: read off the op once, then remembered."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any


class Signature:
    """The positional parameters of one op, and which of them receive a gradient."""

    def __init__(self, op: Callable[..., Any]) -> None:
        parameters = list(inspect.signature(op).parameters.values())
        self.names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        self.defaults = {p.name: p.default for p in parameters}
        # An op without the mark (one that a reader has just written): all arguments without a default.
        wanted = getattr(op, "differentiable", [p.name for p in parameters if p.default is p.empty])
        self.differentiable = [name in wanted for name in self.names]
        self.need_dx = "need_dx" in self.defaults

    def positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Move arguments given by name into their places; what cannot be placed stays by name."""
        out = list(args)
        rest = dict(kwargs)
        for name in self.names[len(args) :]:
            if name not in rest and all(n not in rest for n in self.names):
                break
            if name not in rest and self.defaults[name] is inspect.Parameter.empty:
                break
            out.append(rest.pop(name, self.defaults[name]))
        return tuple(out), rest


def signature_of(op: Callable[..., Any]) -> Signature:
    """The op's signature, kept on the op itself, so that it lives as long as the op and no longer."""
    found = getattr(op, "_tape_signature", None)
    if found is None:
        found = Signature(op)
        with contextlib.suppress(AttributeError):  # a bound method takes no attributes: looked up each time
            op._tape_signature = found  # type: ignore[attr-defined]
    return found
