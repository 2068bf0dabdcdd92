"""Which arguments of a call the gradient checker moves: found by the op's mark, or by what they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bplib._signature import signature_of


class Slot(NamedTuple):
    """Where an array sits in a call: its name, its position, and its index if the argument is a list."""

    name: str
    i: int
    j: int | None


def at(args: tuple[Any, ...], slot: Slot) -> Any:
    """What sits there."""
    return args[slot.i] if slot.j is None else args[slot.i][slot.j]


def replaced(args: tuple[Any, ...], slot: Slot, x: Any) -> tuple[Any, ...]:
    """The same call with something else there."""
    new = list(args)
    new[slot.i] = x if slot.j is None else [x if k == slot.j else a for k, a in enumerate(args[slot.i])]
    return tuple(new)


def prepared(
    f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[Slot], list[Slot]]:
    """The call with its arrays in their positions, the slots to check, and those of whole numbers.

    Float arrays, floats, and lists of numbers are checked, among them arrays that were given by name. A Python
    int (``power(x, 2)``) may have a gradient but counts as a constant: at a negative x there is no slope in
    the exponent to measure. With the mark of an op, only what is marked is looked at.
    """
    signature, mark = signature_of(f), getattr(f, "differentiable", None)
    given = len(args)
    if any(_is_floating(a) or (mark is not None and name in mark) for name, a in kwargs.items()):
        args, kwargs = signature.positional(args, kwargs)
    names = signature.names
    values, slots, constants = list(args), list[Slot](), list[Slot]()
    for i, arg in enumerate(args):
        name = names[i] if i < len(names) else f"argument {i}"
        if mark is not None and name not in mark and not (signature.star and i >= len(names)):
            continue
        if isinstance(arg, list | tuple) and arg and all(_is_floating(a) for a in arg):
            slots += [Slot(f"{name}[{j}]", i, j) for j in range(len(arg))]
            continue
        if isinstance(arg, list) and _is_numbers(arg, whole=mark is not None):
            values[i] = arg = np.asarray(arg, np.float64)
        if _is_floating(arg) or (isinstance(arg, float | np.floating) and (i < given or mark is not None)):
            slots.append(Slot(name, i, None))
        elif isinstance(arg, int | np.integer) and not isinstance(arg, bool):
            constants.append(Slot(name, i, None))
    return tuple(values), kwargs, slots, constants


def _is_floating(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"


def _is_numbers(arg: Any, whole: bool) -> bool:
    """A list of numbers, nested or not; ``whole``: even if all of them are ints (which may be labels)."""
    if isinstance(arg, list | tuple):
        return bool(arg) and all(_is_numbers(a, True) for a in arg) and (whole or _has_float(arg))
    return isinstance(arg, int | float) and not isinstance(arg, bool)


def _has_float(arg: Any) -> bool:
    return any(map(_has_float, arg)) if isinstance(arg, list | tuple) else isinstance(arg, float)
