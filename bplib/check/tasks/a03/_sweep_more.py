"""More wrong ways of sweeping a graph."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a03.sweep import task


@task.wrong(
    "a gradient that overwrites the one that came before, even with a zero",
    hint="A node hears from all that use it. Yours keeps what came last and forgets the rest, and a use that "
    "does not lead to the output wipes out what the others have sent.",
    section="sec-03-bug-overwrite",
)
def overwritten_by_zeros(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] = grads[node] * slope
    return grads


@task.wrong(
    "the slopes of the arrows left out",
    hint="You hand on what arrives at a node as it is. One unit of the parent buys as much of the node as the "
    "arrow's slope says, and that is rarely one.",
    section="sec-03-chain",
)
def slopes_left_out(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, _ in graph[node]:
            grads[parent] += grads[node]
    return grads


@task.wrong(
    "one route walked to its end before the others have reported",
    hint="You put aside the nodes that you meet, and take the newest one first. It sends on what it has, and "
    "what arrives there later, by another route, is never sent.",
    section="sec-03-questions",
)
def newest_first(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    stack, seen = [output], set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            for parent, slope in graph[node]:
                grads[parent] += grads[node] * slope
                stack.append(parent)
    return grads


@task.wrong(
    "two arrows from one parent taken for one",
    hint="A node can use the same parent twice, as in x times x. You keep one slope for each parent, and the "
    "other use is lost.",
    section="sec-03-graph",
)
def one_arrow_a_parent(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in dict(graph[node]).items():
            grads[parent] += grads[node] * slope
    return grads


@task.wrong(
    "nothing put at the output",
    hint="Every gradient is a multiple of the one at the output. If that is 0, so are all the others: one unit "
    "of the output is worth one unit of itself.",
    section="sec-03-tape",
)
def nothing_at_output(graph: Any, output: Any) -> Any:
    return dict.fromkeys(graph, 0.0)


@task.wrong(
    "a 1 put at every node",
    hint="Each node of yours begins with a 1 of its own, as though it were the output. What it collects should "
    "begin at 0, except at the output.",
    section="sec-03-tape",
)
def one_everywhere(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 1.0)
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return grads


@task.wrong(
    "nodes missing that do not lead to the output",
    hint="A node that the output does not depend on has a gradient as well: moving it buys nothing. The task "
    "asks for every node of the graph.",
)
def unreached_missing(graph: Any, output: Any) -> Any:
    grads = {output: 1.0}
    for node in reversed(graph):
        for parent, slope in graph[node] if node in grads else []:
            grads[parent] = grads.get(parent, 0.0) + grads[node] * slope
    return grads
