"""What a model is made of: shapes, parameters, and the memory that its activations take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bplib.nn.module import Module, Parameter
from bplib.ops._door import Array
from bplib.tape import Tensor, no_grad


def _bytes(n: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if n < 1024:
            return f"{n:.0f} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024
    return f"{n:.1f} GiB"


def _outputs(value: Any) -> list[Array]:
    if isinstance(value, tuple | list):
        return [a for v in value for a in _outputs(v)]
    return [np.asarray(value.value)] if isinstance(value, Tensor) else []


def summary(model: Module, *inputs: Array) -> str:
    """One row per call of a layer, in the order in which a forward pass through ``inputs`` makes them.

    A module that contains others has a row if it holds parameters of its own. A parameter is counted where it is
    first used: the second call of a layer, or a second layer that shares it, adds 0.

    The pass runs in evaluation mode and records nothing; the mode is put back. ``activations`` is the
    size of the layer's output: what a training step must keep at least until the backward pass.
    """
    rows: list[tuple[str, str, str, int, int]] = []
    names = {id(module): path or "the model" for path, module in model.modules()}
    modes = [(module, module.training) for _, module in model.modules()]
    counted: dict[int, Any] = {}  # parameters and outputs that a row has taken, by id

    def new(things: list[Any], size: Callable[[Any], int]) -> int:
        fresh = {id(thing): thing for thing in things if id(thing) not in counted}
        counted.update(fresh)
        return sum(size(thing) for thing in fresh.values())

    def record(module: Module, out: Any) -> None:
        outs = _outputs(out)
        inside = bool(list(module.children()))
        if inside and not list(module.held(Parameter)):
            return
        parameters = new([p for _, p in module.held(Parameter)], lambda p: p.size)
        # A module around others often returns what the last of them made.
        size = new(outs, lambda o: o.nbytes) if inside else sum(o.nbytes for o in outs)
        counted.update({id(o): o for o in outs})
        shape = ", ".join(str(o.shape) for o in outs)
        rows.append((names[id(module)], module.kind, shape, parameters, size))

    try:
        with no_grad(), model.observed(record):
            model.eval()(*inputs)
    finally:
        for module, mode in modes:
            module.training = mode

    total = sum(p.size for p in model.parameters())
    idle = total - sum(row[3] for row in rows)
    if idle:
        rows.append(("not called", "", "", idle, 0))
    kept = sum(row[4] for row in rows)
    lines = [f"{'layer':<18}{'type':<16}{'output':<20}{'parameters':>12}{'activations':>12}"]
    lines += [f"{n:<18}{t:<16}{s:<20}{c:>12,}{_bytes(b):>12}" for n, t, s, c, b in rows]
    lines.append(f"{'total':<54}{total:>12,}{_bytes(kept):>12}")
    return "\n".join(lines)
