"""What a model is made of: shapes, parameters, and the memory that its activations take."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.nn.module import Module
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
    """One row per layer, in the order in which a forward pass through ``inputs`` calls them.

    The pass runs in evaluation mode and records nothing; the mode is put back. ``activations`` is the
    size of the layer's output: what a training step must keep at least until the backward pass.
    """
    rows: list[tuple[str, str, str, int, int]] = []
    names = {id(module): path for path, module in model.modules() if not list(module.children())}
    modes = [(module, module.training) for _, module in model.modules()]

    def record(module: Module, out: Any) -> None:
        if id(module) in names:
            outs = _outputs(out)
            shape = ", ".join(str(o.shape) for o in outs)
            count = sum(p.size for p in module.parameters())
            rows.append((names[id(module)], type(module).__name__, shape, count, sum(o.nbytes for o in outs)))

    try:
        with no_grad(), model.observed(record):
            model.eval()(*inputs)
    finally:
        for module, mode in modes:
            module.training = mode

    total = sum(p.size for p in model.parameters())
    kept = sum(row[4] for row in rows)
    lines = [f"{'layer':<18}{'type':<16}{'output':<22}{'parameters':>12}{'activations':>14}"]
    lines += [f"{n:<18}{t:<16}{s:<22}{c:>12,}{_bytes(b):>14}" for n, t, s, c, b in rows]
    lines.append(f"{'total':<56}{total:>12,}{_bytes(kept):>14}")
    return "\n".join(lines)
