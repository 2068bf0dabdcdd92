"""Tapes that mix up what stays from call to call, and what starts anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a03._tape import task


@task.wrong(
    "gradients that add up at every node",
    hint="Only leaves keep what earlier calls have left. At the nodes in between your gradients grow from "
    "call to call, and what stands there belongs to no call.",
    section="sec-03-questions",
)
class all_add_up:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def note(self, value: Any, arrows: Any) -> Any:
        self.nodes.append([value, arrows, 0.0])
        return len(self.nodes) - 1

    leaf = lambda self, value: self.note(value, [])
    value_of = lambda self, i: self.nodes[i][0]
    grad_of = lambda self, i: self.nodes[i][2]
    add = lambda self, i, j: self.note(self.value_of(i) + self.value_of(j), [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.value_of(i), self.value_of(j)
        return self.note(a * b, [(i, b), (j, a)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        old = [node[2] for node in self.nodes]
        for node in self.nodes:
            node[2] = 0.0
        self.nodes[output][2] = 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope
        for node, before in zip(self.nodes, old, strict=True):
            node[2] += before


@task.wrong(
    "gradients of inner nodes left over, except at the output",
    hint="The output begins with 1 in each call, as it should. The nodes between it and the leaves still hold "
    "what the last call has left, and send that down once more.",
    section="sec-03-questions",
)
class reset_at_output:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def note(self, value: Any, arrows: Any) -> Any:
        self.nodes.append([value, arrows, 0.0])
        return len(self.nodes) - 1

    leaf = lambda self, value: self.note(value, [])
    value_of = lambda self, i: self.nodes[i][0]
    grad_of = lambda self, i: self.nodes[i][2]
    add = lambda self, i, j: self.note(self.value_of(i) + self.value_of(j), [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.value_of(i), self.value_of(j)
        return self.note(a * b, [(i, b), (j, a)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        self.nodes[output][2] = 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "gradients left over at nodes behind the output",
    hint="You start anew at the nodes that the walk passes. Those behind the output keep what an earlier call "
    "has left there; no route leads from them to this output, so their gradient is 0.",
    section="sec-03-tape",
)
class reset_below_output:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def note(self, value: Any, arrows: Any) -> Any:
        self.nodes.append([value, arrows, 0.0])
        return len(self.nodes) - 1

    leaf = lambda self, value: self.note(value, [])
    value_of = lambda self, i: self.nodes[i][0]
    grad_of = lambda self, i: self.nodes[i][2]
    add = lambda self, i, j: self.note(self.value_of(i) + self.value_of(j), [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.value_of(i), self.value_of(j)
        return self.note(a * b, [(i, b), (j, a)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes[: output + 1]:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "a leaf's gradient wiped out when the leaf itself is the output",
    hint="A leaf can be asked for its own gradient, which is 1. At a leaf that 1 is added to what earlier "
    "calls have left, like everything else that arrives there.",
    section="sec-03-questions",
)
class leaf_as_output:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def note(self, value: Any, arrows: Any) -> Any:
        self.nodes.append([value, arrows, 0.0])
        return len(self.nodes) - 1

    leaf = lambda self, value: self.note(value, [])
    value_of = lambda self, i: self.nodes[i][0]
    grad_of = lambda self, i: self.nodes[i][2]
    add = lambda self, i, j: self.note(self.value_of(i) + self.value_of(j), [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.value_of(i), self.value_of(j)
        return self.note(a * b, [(i, b), (j, a)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] = 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope
