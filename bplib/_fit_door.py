"""What the training loop checks before it starts, and what it says when its arguments cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bplib.nn.module import Module
from bplib.ops._door import Array
from bplib.optim._parameters import describe
from bplib.tape import Tensor


def look_at_data(who: str, data: Any) -> tuple[Array, Array]:
    """``data`` as (x, y): two arrays with one row an example, none of x's entries NaN or infinite."""
    if not (isinstance(data, tuple | list) and len(data) == 2):
        raise TypeError(f"fit: {who} must be a pair (x, y) of arrays, got {type(data).__name__}.")
    x, y = data
    for name, array in (("x", x), ("y", y)):
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            raise TypeError(
                f"fit: {name} of {who} must be an array with one row for each example, got "
                f"{type(array).__name__}. Write np.asarray({name})."
            )
    if len(x) != len(y):
        raise ValueError(f"fit: x has {len(x)} examples and y has {len(y)} ({who}).")
    if len(x) == 0:
        raise ValueError(f"fit: there are no examples ({who}).")
    if x.dtype.kind == "f" and not np.all(np.isfinite(x)):
        at = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(
            f"fit: x{[int(i) for i in at]} is {x[tuple(at)]}; clean the data before training ({who})."
        )
    return x, y


def look_at_counts(**counts: tuple[Any, int]) -> None:
    """Each of them an int of at least the number beside it; ``patience`` may be None."""
    for name, (value, low) in counts.items():
        if value is None and name == "patience":
            continue
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"fit: {name} must be an int, got {value!r}.")
        if value < low:
            raise ValueError(f"fit: {name} must be at least {low}, got {value!r}.")


def look_at_functions(**functions: Any) -> None:
    """Each of them can be called; None stands for one that was not given."""
    for name, f in functions.items():
        if f is not None and not callable(f):
            raise TypeError(f"fit: {name} must be a function, got {f!r}.")


def look_at_parts(model: Any, optimizer: Any, rng: Any, metrics: Any) -> None:
    """A model, an optimiser that trains *its* parameters, a generator, and metrics by name."""
    if not isinstance(model, Module):
        raise TypeError(
            f"fit: model must be an nn.Module, got {type(model).__name__}; "
            "nn.Sequential(f) makes a module of a function."
        )
    if not callable(getattr(optimizer, "step", None)) or isinstance(optimizer, type):
        raise TypeError(
            f"fit: optimizer must be an optimiser, such as optim.Adam(model.parameters()), got {optimizer!r}."
        )
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"fit: rng must be a numpy Generator, which shuffles the examples, got {type(rng).__name__}. "
            "Write rng=np.random.default_rng(seed)."
        )
    if metrics is not None and not isinstance(metrics, Mapping):
        raise TypeError(
            f"fit: metrics must be a dict of functions by name, got {type(metrics).__name__}. "
            'Write metrics={"accuracy": metrics.accuracy}.'
        )
    mine = {id(p) for p in model.parameters()}
    held = getattr(optimizer, "params", [])
    foreign = [describe(i, p) for i, p in enumerate(held) if id(p) not in mine]
    if foreign:
        raise ValueError(
            f"fit: the optimiser trains {foreign[0]}{' and others' if foreign[1:] else ''}, which this model does "
            "not have; was the model built anew after it? Build the optimiser last, from model.parameters()."
        )


def one_number(value: Any) -> Tensor:
    """What a loss function returned, if it is one number on the tape."""
    if not isinstance(value, Tensor):
        hint = ""
        if isinstance(value, tuple):
            hint = " That is what an op of bplib.ops returns; take the function of the same name in bplib.functional."
        raise TypeError(f"fit: the loss must return one Tensor, got {type(value).__name__}.{hint}")
    if value.size != 1:
        raise ValueError(
            f"fit: the loss must be one number, got a tensor of shape {value.shape}; add .mean()."
        )
    if not value.requires_grad:
        raise ValueError(
            "fit: the loss does not depend on any parameter of the model: does the model have parameters, and "
            "does the loss compute with tensors (no .value, no .detach(), no no_grad)?"
        )
    return value
