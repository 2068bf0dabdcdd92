"""Tapes that write down the wrong slope, or miss an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a03._tape import task


@task.wrong(
    "at a product, each factor told its own value",
    hint="A change of one factor counts for more where the other one is large. You recorded for each "
    "factor the value of the factor itself.",
    section="sec-03-op",
)
class own_factors:
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
        return self.note(a * b, [(i, a), (j, b)])

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
    "only one of the two arrows of a product recorded",
    hint="A product depends on both of its factors. Along the arrow that you did not write down nothing "
    "can come back.",
    section="sec-03-graph",
)
class one_arrow:
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
        return self.note(a * b, [(i, b)])

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
    "the slope of the exponential taken to be its input",
    hint="You recorded the number that went in. The slope of the exponential is as large as what comes "
    "out, and that has just been computed.",
    section="sec-03-op",
)
class slope_is_input:
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
        x = self.value_of(i)
        return self.note(np.exp(x), [(i, x)])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the exponential differentiated as though it were a power",
    hint="The rule that takes the exponent down is for x to a fixed power. Here the base is fixed and the "
    "exponent varies, and another rule holds.",
    section="sec-03-op",
)
class slope_of_power:
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
        x = self.value_of(i)
        return self.note(np.exp(x), [(i, x * np.exp(x - 1))])

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            node[2] = 0.0 if node[1] else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the numbers of the nodes multiplied, and not their values",
    hint="i and j say where a value stands on the tape. They are places, not the values themselves.",
    section="sec-03-tape",
)
class node_for_value:
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
        return self.note(i * j, [(i, j), (j, i)])

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
