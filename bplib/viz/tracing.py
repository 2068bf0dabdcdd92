"""The computational graph behind a tensor: who was computed from whom, with values, gradients and fan-out.

``backward()`` frees the graph as it goes. So either keep it, ``y.backward(retain_graph=True, inner=True)``,
or take ``t = trace(y)`` before: the trace remembers the structure, and reads values and gradients when it
is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bplib import tape
from bplib.nn.module import Module
from bplib.tape import Tensor
from bplib.viz.alt import listed, number, plural

_SYMBOLS = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}


@dataclass
class Node:
    """One tensor. ``parents`` are positions in the trace, None where the argument was a constant."""

    tensor: Tensor
    label: str
    op: str
    parents: tuple[int | None, ...]
    pullback: Callable[..., Any] | None
    children: list[int] = field(default_factory=list)

    @property
    def value(self) -> Any:
        return self.tensor.value

    @property
    def gradient(self) -> Any:
        """∂L/∂(this), or None before ``backward(inner=True)``."""
        return self.tensor.grad

    @property
    def joint(self) -> bool:
        """An op with several outputs, which are nodes of their own; it has no single value."""
        return isinstance(self.tensor.value, tuple)


@dataclass
class Trace:
    """The nodes that lead to ``nodes[output]``, each after its parents."""

    nodes: list[Node]
    output: int

    def title(self, i: int) -> str:
        """What heads the box of node i: its name, how it was computed, and the shape of an array."""
        node = self.nodes[i]
        shape = "" if node.joint or node.tensor.size == 1 else f"  {node.tensor.shape}"
        if node.tensor.slot is not None:
            return f"{node.label} = output {node.tensor.slot}{shape}"
        inputs = ["const" if p is None else self.nodes[p].label for p in node.parents]
        if node.op in _SYMBOLS and len("".join(inputs)) <= 10:
            return f"{node.label} = {inputs[0]} {_SYMBOLS[node.op]} {inputs[1]}{shape}"
        return f"{node.label} = {node.op}{shape}" if node.op else f"{node.label}{shape}"

    def edges(self) -> list[tuple[int, int, int]]:
        """(parent, child, which argument of the child), one for each use."""
        return [
            (p, c, k)
            for c, node in enumerate(self.nodes)
            for k, p in enumerate(node.parents)
            if p is not None
        ]

    def contributions(self) -> dict[tuple[int, int, int], Any]:
        """What each use sends back: edge → gradient. A node used twice receives the sum of two of them.

        Empty before ``backward(inner=True)``. It calls the pullbacks once more, which changes nothing.
        """
        out: dict[tuple[int, int, int], Any] = {}
        for c, node in enumerate(self.nodes):
            if node.tensor.slot is not None or node.pullback is None:
                continue
            if node.joint:
                upstream: list[Any] = [None] * len(node.value)
                for i in node.children:
                    upstream[self.nodes[i].tensor.slot or 0] = self.nodes[i].gradient
                sent = node.pullback(*upstream) if any(u is not None for u in upstream) else ()
            else:
                sent = () if node.gradient is None else node.pullback(node.gradient)
            sent = sent if isinstance(sent, tuple) else (sent,)
            out |= {
                (p, c, k): g
                for k, (p, g) in enumerate(zip(node.parents, sent, strict=False))
                if p is not None
            }
        return out


def trace(y: Tensor, model: Module | None = None) -> Trace:
    """Walk from ``y`` to the leaves. Take it before a ``backward()`` that frees the graph.

    ``model`` lends the paths of its parameters as names to those that have none.
    """
    if not isinstance(y, Tensor):
        raise TypeError(f"trace: expected a Tensor, got {type(y).__name__}.")
    if not y.requires_grad:
        raise ValueError(
            "trace: this tensor is a constant; no graph was recorded (no_grad, detach, requires_grad=False)."
        )
    found = [y]
    seen = {y}
    for node in found:  # grows while it is walked
        if node.pullback is tape._freed:
            raise RuntimeError(
                "trace: backward() has freed this graph. Keep it with "
                "y.backward(retain_graph=True, inner=True), or call t = trace(y) before and draw t."
            )
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=lambda t: t.number)
    index = {t: i for i, t in enumerate(found)}
    names = _names(found, {} if model is None else {id(p): path for path, p in model.named_parameters()})
    nodes = [
        Node(t, names[i], t.op, tuple(None if p is None else index[p] for p in t.parents), t.pullback)
        for i, t in enumerate(found)
    ]
    out = Trace(nodes, index[y])
    for parent_at, child_at, _ in out.edges():
        nodes[parent_at].children.append(child_at)
    return out


def _names(tensors: list[Tensor], paths: dict[int, str]) -> list[str]:
    """Their own names; the nameless are v1, v2, … in the order in which they were computed."""
    own = [t.name or paths.get(id(t), "") for t in tensors]
    taken = set(own)
    fresh = (name for k in range(1, 2 * len(tensors) + 2) if (name := f"v{k}") not in taken)
    return [name or next(fresh) for name in own]


def short(x: Any) -> str:
    """An array in a few characters: the number, the numbers if they are few, else their range."""
    x = np.asarray(x)
    if x.size == 0:
        return "empty"
    if x.size == 1:
        return number(x.item())
    if not np.all(np.isfinite(x)):
        return f"{int(np.sum(~np.isfinite(x)))} of {x.size} are NaN or ∞"
    if x.ndim == 1 and x.size <= 3 and len(row := f"[{', '.join(number(v, 2) for v in x)}]") <= 18:
        return row
    if x.min() == x.max():
        return f"all {number(x.min(), 2)}"
    for digits in (2, 3, 5):
        low, high = number(x.min(), digits), number(x.max(), digits)
        if low != high:
            return f"{low} … {high}"
    return f"about {low}"


def graph_text(y: Tensor | Trace, model: Module | None = None) -> str:
    """The graph in words, one line a tensor, each after those that it was computed from.

    >>> from bplib.tape import Tensor
    >>> a = Tensor(2.0, name="a")
    >>> y = a * a
    >>> y.backward(retain_graph=True, inner=True)
    >>> print(graph_text(y))
    a: value 2, gradient 4; used 2 times: by v1 (sends back 2) and v1 (sends back 2)
    v1 = mul(a, a): value 4, gradient 1
    """
    t = y if isinstance(y, Trace) else trace(y, model)
    sent = t.contributions()
    lines = []
    for i, node in enumerate(t.nodes):
        line = node.label
        if node.tensor.slot is not None:
            line += f" = output {node.tensor.slot} of {t.nodes[node.parents[0] or 0].label}"
        elif node.op:
            inputs = ["constant" if p is None else t.nodes[p].label for p in node.parents]
            line += f" = {node.op}({', '.join(inputs)})"
        about = []
        if not node.joint:
            if node.tensor.size != 1:
                about.append(f"shape {node.tensor.shape}")
            about.append(f"value {short(node.value)}")
        if node.gradient is not None:
            about.append(f"gradient {short(node.gradient)}")
        line += f": {', '.join(about)}" if about else ""
        if len(node.children) > 1 and not node.joint:
            uses = []
            for edge in t.edges():
                if edge[0] == i:
                    back = f" (sends back {short(sent[edge])})" if sent.get(edge) is not None else ""
                    uses.append(t.nodes[edge[1]].label + back)
            line += f"; used {len(uses)} times: by {listed(uses)}"
        lines.append(line)
    return "\n".join(lines)


def graph_sentence(t: Trace) -> str:
    """Alt text of the drawn graph: everything if it is small, an outline if it is not."""
    y = t.nodes[t.output]
    ops = [n for n in t.nodes if n.op and n.tensor.slot is None]
    head = (
        f"Computational graph of {y.label}: {plural(len(t.nodes), 'node')}, {plural(len(ops), 'operation')}"
    )
    if len(t.nodes) <= 8:
        return f"{head}. {'. '.join(graph_text(t).splitlines())}."
    leaves = [n.label for n in t.nodes if not n.op]
    several = [n.label for n in t.nodes if len(n.children) > 1 and not n.joint]
    parts = [f"from the leaves {listed(leaves)}"]
    if not y.joint:
        parts.append(f"the value of {y.label} is {short(y.value)}")
    if several:
        parts.append(f"used more than once: {listed(several)}")
    return f"{head}, {'; '.join(parts)}."
