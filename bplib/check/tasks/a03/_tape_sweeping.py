"""Tapes that record well, and go wrong on the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a03._tape import task


@task.wrong(
    "a gradient that overwrites the one that came before",
    hint="A node that is used twice hears from both uses. Yours keeps what came last. In x times x, where "
    "both arrows start at the same node, half of the slope is lost.",
    section="sec-03-bug-overwrite",
)
class overwritten:
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
            for parent, slope in node[1] if node[2] else []:
                self.nodes[parent][2] = node[2] * slope
        for node, before in zip(self.nodes, old, strict=True):
            node[2] += 0.0 if node[1] else before


@task.wrong(
    "gradients of inner nodes left over from the call before",
    hint="The second call starts with what the first one left at the inner nodes, and sends that down once "
    "more. At the leaves something arrives that is neither one gradient nor two.",
    section="sec-03-questions",
)
class never_reset:
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
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the leaves' gradients wiped out at every call",
    hint="The task asks that leaves keep adding up: a parameter that is used in two losses receives what "
    "both send back. Only the nodes in between start anew.",
    section="sec-03-questions",
)
class always_reset:
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
            node[2] = 0.0
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the output's own gradient left over from the call before",
    hint="The slope of the output by itself is 1 in every call. Yours is 1 in the first call and 2 in the "
    "second, and everything below grows with it.",
    section="sec-03-tape",
)
class output_not_reset:
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
        for k, node in enumerate(self.nodes):
            node[2] = 0.0 if node[1] and k != output else node[2]
        self.nodes[output][2] += 1.0
        for node in self.nodes[output::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the way back begun at the last node, whichever output was asked for",
    hint="The slopes are wanted of the node that is named as output. Others may have been recorded after it.",
    section="sec-03-tape",
)
class last_node:
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
        self.nodes[-1][2] += 1.0
        for node in self.nodes[::-1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "the tape played forwards on the way back",
    hint="You begin at the leaves, where nothing has arrived yet. What was recorded last has to be gone "
    "through first.",
    section="sec-03-tape",
)
class from_the_data:
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
        self.nodes[output][2] += 1.0
        for node in self.nodes[: output + 1]:
            for parent, slope in node[1]:
                self.nodes[parent][2] += node[2] * slope


@task.wrong(
    "every gradient sent on as soon as it arrives",
    hint="Your numbers are right, but each route is walked to its end by itself. In the last of the "
    "programs every node uses the one before it twice, thirty times over: that makes a thousand "
    "million routes.",
    section="sec-03-bug-paths",
)
class by_routes:
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
        todo = [(output, 1.0)]
        while todo:
            k, d = todo.pop()
            self.nodes[k][2] += d
            todo += [(parent, d * slope) for parent, slope in self.nodes[k][1]]
