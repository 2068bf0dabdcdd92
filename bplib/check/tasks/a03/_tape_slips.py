"""More tapes that write down the wrong thing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a03._tape import task


@task.wrong(
    "slopes of 1 recorded for a product",
    hint="That is how a sum passes its gradient on. At a product a change of one factor counts for more "
    "where the other factor is large.",
    section="sec-03-op",
)
class product_slopes_one:
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
        return self.note(a * b, [(i, 1.0), (j, 1.0)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the numbers of the nodes recorded as slopes",
    hint="The value is right. i and j say where a factor stands on the tape, and a slope is made of what "
    "stands there.",
    section="sec-03-tape",
)
class nodes_as_slopes:
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
        return self.note(self.value_of(i) * self.value_of(j), [(i, float(j)), (j, float(i))])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.value_of(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "a slope of 1 recorded for the exponential",
    hint="What arrives is handed on as it is, as at a sum. One unit of what goes into the exponential buys "
    "more than one unit of what comes out, where the curve is steep.",
    section="sec-03-op",
)
class exp_slope_one:
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
        return self.note(np.exp(self.value_of(i)), [(i, 1.0)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the exponential of the number of a node",
    hint="i says where the value stands on the tape. You computed with the place.",
    section="sec-03-tape",
)
class exp_of_place:
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
        e = np.exp(float(i))
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the exponential recorded as a leaf",
    hint="The value is right, and where it came from is lost. A node without arrows sends nothing on.",
    section="sec-03-graph",
)
class exp_as_leaf:
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
        return self.leaf(np.exp(self.value_of(i)))

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the way back begun with the output's value",
    hint="One unit of the output is worth one unit of itself, however large its value is.",
    section="sec-03-tape",
)
class begun_with_value:
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
        self.nodes[output][2] += self.nodes[output][0]
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope
