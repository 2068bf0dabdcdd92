"""What the tape has to know of an op before it calls it: read off the op once, then remembered."""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bplib.ops._door import as_gradient


class Signature:
    """The positional parameters of one op, which of them receive a gradient, and which calls fit."""

    def __init__(self, op: Callable[..., Any]) -> None:
        # A partial op is called as the op that it holds, with the arguments that it holds.
        self.partial = isinstance(op, functools.partial)
        self.op = getattr(op, "__name__", type(op).__name__)
        parameters = list(inspect.signature(op).parameters.values())
        star = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.names = [p.name for p in places]
        self.defaults = {p.name: p.default for p in parameters}
        # An op without the mark (one that a reader has just written): all positions without a default.
        mark = getattr(op, "differentiable", None)
        wanted = [p.name for p in parameters if p.default is p.empty] if mark is None else mark
        for name in mark or ():
            if name not in self.names and name != star and not self.partial:
                raise TypeError(
                    f"{self.op}: its mark says that {name} receives a gradient, but it has no position of that "
                    f"name ({', '.join(self.names)}). Arguments with a gradient are given by position."
                )
        self.differentiable = [name in wanted for name in self.names]
        notes = [str(p.annotation) for p in places]
        self.one_array = [note.startswith(("Array", "NDArray", "np.ndarray")) for note in notes]
        self.many_arrays = [note.startswith(("Sequence[", "list[", "tuple[")) for note in notes]
        self.star = None if star is None else star in wanted
        self.required = len([p for p in places if p.default is p.empty])
        self.most: float = len(places) if star is None else math.inf
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

    def wanted(self, count: int) -> list[bool]:
        """Which of ``count`` positional arguments receive a gradient."""
        more = [] if self.star is None else [self.star] * (count - len(self.names))
        return self.differentiable + more

    def many(self, place: int, arg: Sequence[Any]) -> bool:
        """Is this list or tuple one argument for each member (concatenate), not the numbers of one array?"""
        if place < len(self.names) and self.many_arrays[place]:
            return True
        tensors = any(hasattr(a, "requires_grad") for a in arg)
        if tensors and place < len(self.names) and self.one_array[place]:
            raise TypeError(
                f"{self.op}: {self.names[place]} is a {type(arg).__name__} that holds tensors; it must be one "
                "array or tensor. Join them first, for example with functional.concatenate."
            )
        return tensors or any(isinstance(a, np.ndarray) for a in arg)

    def refuse_result(self) -> None:
        raise TypeError(f"{self.op}: an op returns (value, pullback); this one returns no pullback.")

    def refuse(self, count: int, kwargs: dict[str, Any]) -> None:
        """Say what is wrong with a call of ``count`` positional arguments."""
        if count < self.required:
            missing = ", ".join(n for n in self.names[count : self.required] if n not in kwargs)
            raise TypeError(f"{self.op}: missing: {missing}. It takes ({', '.join(self.names)}).")
        raise TypeError(
            f"{self.op}: takes {self.most} positional arguments ({', '.join(self.names)}), got {count}."
        )


def signature_of(op: Callable[..., Any]) -> Signature:
    """The op's signature, kept on the op itself, so that it lives as long as the op and no longer."""
    found = getattr(op, "_tape_signature", None)
    if found is None:
        found = Signature(op)
        with contextlib.suppress(AttributeError):  # a bound method takes no attributes: looked up each time
            op._tape_signature = found  # type: ignore[attr-defined]  # functions do take attributes
    return found


def refuse_tensors(op: str, kwargs: dict[str, Any]) -> None:
    """What is left after ``positional`` is given by keyword only: an error if there is a tensor among it."""
    for name, arg in kwargs.items():
        if hasattr(arg, "requires_grad"):
            raise TypeError(
                f"{op}: {name} is a tensor, but what is given by keyword only gets no gradient. Pass its "
                ".value, or write the op so that it takes this argument by position."
            )


def refuse_count(op: str, grads: tuple[Any, ...], parents: Sequence[Any]) -> None:
    """An error for a pullback that returned more or fewer gradients than the op has arguments for them."""
    raise ValueError(
        f"{op}: its pullback returned {len(grads)} gradients for {len(parents)} differentiable arguments. "
        'Mark an op some of whose arguments get no gradient: @differentiable("x", ...).'
    )


def fitted(op: str, g: Any, value: Any) -> Any:
    """What a pullback returned, in the shape of the value it belongs to, or an error: it would broadcast silently."""
    return as_gradient(op, g, value.shape, value.dtype, "its pullback")
