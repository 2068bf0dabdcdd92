"""What optimisers ask of parameters and of hyper-parameters, and the messages when they do not get it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any, Protocol

import numpy as np


class Trainable(Protocol):
    """What an optimiser needs to know of a parameter (``bplib.tape.Tensor``, ``bplib.nn.Parameter``)."""

    value: Any
    grad: Any


def parameter_list(who: str, params: Iterable[Trainable]) -> list[Trainable]:
    """The parameters as a list, each of them once, or an error that says what is in the way."""
    if isinstance(params, np.ndarray) or (hasattr(params, "value") and hasattr(params, "grad")):
        raise TypeError(f"{who}: params must be a list of parameters, got one {type(params).__name__}.")
    found = list(params)
    seen: dict[int, int] = {}
    for i, p in enumerate(found):
        if not (hasattr(p, "value") and hasattr(p, "grad")):
            raise TypeError(
                f"{who}: params[{i}] must have .value and .grad (a Tensor or a Parameter), "
                f"got {type(p).__name__}."
            )
        first = seen.setdefault(id(p), i)
        if first != i:
            raise ValueError(f"{who}: params[{first}] and params[{i}] are the same parameter; list it once.")
    return found


def parameter_groups(who: str, params: Iterable[Any]) -> tuple[list[Trainable], list[dict[str, Any]]]:
    """The parameters in one list, and for each the options of the group that it came in (``{}`` for none)."""
    if isinstance(params, np.ndarray) or hasattr(params, "grad"):
        parameter_list(who, params)  # one parameter alone: says so
    entries: list[Any] = [params] if isinstance(params, dict) else list(params)
    if not any(isinstance(entry, dict) for entry in entries):
        found = parameter_list(who, entries)
        return found, [{} for _ in found]
    found = []
    own: list[dict[str, Any]] = []
    for i, group in enumerate(entries):
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(
                f"{who}: with groups, each entry must be a dict with the key 'params'; entry {i} is "
                f"{sorted(group) if isinstance(group, dict) else type(group).__name__}."
            )
        members = parameter_list(f"{who}, group {i}", group["params"])
        found += members
        own += [{k: v for k, v in group.items() if k != "params"} for _ in members]
    return parameter_list(who, found), own


def describe(i: int, p: Trainable) -> str:
    """How messages name a parameter: its place, its name if it has one, its shape."""
    name = getattr(p, "name", "")
    return f"params[{i}]{f' ({name})' if name else ''} of shape {np.shape(p.value)}"


def require_finite(who: str, i: int, p: Trainable) -> None:
    """FloatingPointError with the first entry of the gradient that is NaN or infinite."""
    if math.isfinite(np.vdot(p.grad, p.grad)):  # 0.65 × the time of a look at each entry
        return
    finite = np.isfinite(p.grad)
    if not finite.all():  # else only the sum of squares overflowed
        at = tuple(int(k) for k in np.argwhere(~finite)[0])
        raise FloatingPointError(
            f"{who}: the gradient of {describe(i, p)} has {finite.size - int(finite.sum())} entries that are "
            f"not finite, the first at {list(at)}: {p.grad[at]}. No parameter was changed."
        )


def require_fitting(who: str, i: int, p: Trainable) -> None:
    """An error unless the gradient has the shape and dtype of its parameter; nothing is broadcast."""
    if p.grad.shape != p.value.shape:
        raise ValueError(f"{who}: {describe(i, p)} has a gradient of shape {p.grad.shape}.")
    if p.grad.dtype != p.value.dtype:
        raise TypeError(f"{who}: {describe(i, p)} is {p.value.dtype}, its gradient is {p.grad.dtype}.")


# name: (lowest, highest, whether the highest is allowed)
_RANGES = {
    "lr": (0.0, math.inf, False),
    "momentum": (0.0, 1.0, False),
    "dampening": (0.0, 1.0, True),
    "alpha": (0.0, 1.0, False),
    "beta": (0.0, 1.0, False),
    "eps": (0.0, math.inf, False),
    "weight_decay": (0.0, math.inf, False),
}
_SWITCHES = ("nesterov", "amsgrad")


def checked(who: str, name: str, value: Any) -> Any:
    """A hyper-parameter in its range, as a plain number (``betas``: a pair); other names pass as they are."""
    if name == "betas":
        if not (isinstance(value, tuple | list) and len(value) == 2):
            raise ValueError(f"{who}: betas must be a pair of numbers in [0, 1), got {value!r}.")
        return tuple(checked(who, "beta", v) for v in value)
    if name in _SWITCHES and not isinstance(value, bool | np.bool_):
        raise ValueError(f"{who}: {name} must be True or False, got {value!r}.")
    if name not in _RANGES:
        return value
    low, high, closed = _RANGES[name]
    # np.float64 is made a Python number: it would turn a float32 parameter into float64.
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not (low <= number < high or (closed and number == high)):
        wanted = f"in [0, 1{']' if closed else ')'}" if high < math.inf else "finite and at least 0"
        raise ValueError(f"{who}: {name} must be a number {wanted}, got {value!r}.")
    return number
