"""The reverse sweep over a graph whose arrows carry local slopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.sweep",
    "The reverse sweep",
    asks_for="sweep",
    section="sec-03-fanout",
    parts={"chains": 1, "graphs": 2},
    seconds=1.0,
)


@task.reference
def sweep(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return grads


def blocks(k: int) -> dict[str, list[tuple[str, float]]]:
    """k residual blocks with slopes that keep the gradient near 1."""
    graph: dict[str, list[tuple[str, float]]] = {"h0": []}
    for n in range(1, k + 1):
        graph[f"t{n}"] = [(f"h{n - 1}", -0.5 if n % 2 else 0.75)]
        graph[f"h{n}"] = [(f"h{n - 1}", 0.9), (f"t{n}", 0.6)]
    return graph


@task.cases
def cases() -> Iterator[Case]:
    yield {"graph": {"x": [], "p": [("x", 3.0)], "a": [("p", -0.5)], "L": [("a", 4.0)]}, "output": "L"}
    yield {"graph": {"x": [], "a": [("x", -0.5)], "h": [("a", 1.0), ("x", 2.0)]}, "output": "h"}
    yield {"graph": {"x": [], "y": [("x", 3.0), ("x", 3.5)], "L": [("y", 2.0)]}, "output": "L"}
    yield {
        "graph": {
            "x": [], "u": [("x", 0.5)], "t": [("u", -2.0)], "v": [("t", 3.0)], "h": [("v", 1.0), ("u", 4.0)],
        },
        "output": "h",
    }  # fmt: skip
    yield {
        "graph": {"x": [], "w": [], "p": [("x", 2.0), ("w", -1.0)], "q": [("p", 5.0), ("w", 1.0)]},
        "output": "p",
    }
    chain: dict[int, list[tuple[int, float]]] = {n: [(n - 1, 1.01)] for n in range(1, 301)}
    yield {"graph": {0: [], **chain}, "output": 300}
    yield {"graph": blocks(40), "output": "h40"}  # last: what walks every route does not come back from it


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    starts = [parent for arrows in case["graph"].values() for parent, _ in arrows]
    part = "chains" if len(starts) == len(set(starts)) else "graphs"
    yield part, "the gradients", call(answer, *case.values())


@task.wrong(
    "a gradient that overwrites the one that came before",
    hint="A node that is used twice hears from both uses. Yours keeps what came last and forgets the rest. On a chain "
    "nothing is used twice, so a chain cannot show it.",
    section="sec-03-bug-overwrite",
)
def overwritten(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            if grads[node]:
                grads[parent] = grads[node] * slope
    return grads


@task.wrong(
    "only the first gradient that arrives kept",
    hint="Once a node has heard from one use, your code no longer listens. It keeps the first share and drops "
    "all later ones.",
    section="sec-03-bug-overwrite",
)
def first_kept(graph: Any, output: Any) -> Any:
    grads = {output: 1.0}
    for node in reversed(graph):
        for parent, slope in graph[node]:
            if parent not in grads and node in grads:
                grads[parent] = grads[node] * slope
    return {node: grads.get(node, 0.0) for node in graph}


@task.wrong(
    "the graph walked through from the data",
    hint="You come to the leaves first, before anything has arrived at them. The gradient is known at the output, "
    "and that is where the walk has to begin.",
    section="sec-03-tape",
)
def from_the_data(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in graph:
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return grads


@task.wrong(
    "the local slopes added up without what came from above",
    hint="Each arrow's slope says what its own step does. Without the gradient that arrived at the step, it says "
    "nothing about the output.",
    section="sec-03-chain",
)
def slopes_only(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            if grads[node]:
                grads[parent] += slope
    return grads


@task.wrong(
    "slopes added along a route",
    hint="Rates along one route multiply: if one p buys two a and one a buys three L, one p buys six. Adding is for "
    "several routes that meet.",
    section="sec-03-chain",
)
def added_along(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            if grads[node]:
                grads[parent] += grads[node] + slope
    return grads


@task.wrong(
    "shares multiplied where they meet",
    hint="Two uses of a node move the output each by itself, and a small change of the node sets off both. What they "
    "send back is a sum.",
)
def shares_multiplied(graph: Any, output: Any) -> Any:
    grads = {output: 1.0}
    for node in reversed(graph):
        for parent, slope in graph[node]:
            if node in grads:
                grads[parent] = grads.get(parent, 1.0) * grads[node] * slope
    return {node: grads.get(node, 0.0) for node in graph}


@task.wrong(
    "every gradient sent on as soon as it arrives",
    hint="Your numbers are right, but each route is walked to its end by itself. Every block doubles the number of "
    "routes, and forty blocks have a million million of them. A node should wait until all its uses have reported.",
    section="sec-03-bug-paths",
)
def by_routes(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    todo = [(output, 1.0)]
    while todo:
        node, d = todo.pop()
        grads[node] += d
        todo += [(parent, d * slope) for parent, slope in graph[node]]
    return grads


@task.wrong(
    "a node that has sent its gradient on before all of it had come",
    hint="You walk back by distance from the output. A node near the output on one route sends on what it "
    "has, and what arrives later by a longer route is never sent.",
    section="sec-03-questions",
)
def too_early(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    queue, seen = [output], {output}
    for node in queue:
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return grads


@task.wrong(
    "the way back begun at the last node, whichever output was asked for",
    hint="The slopes are wanted of the node that is named as output. Others may have been recorded after it, and no "
    "gradient may come from those.",
    section="sec-03-tape",
)
def last_node(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[list(graph)[-1]] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return grads


@task.wrong(
    "only the gradients of the leaves returned",
    hint="The values in between have gradients too. They are what one looks at when something in the "
    "network is wrong, and the task asks for all of them.",
)
def leaves_only(graph: Any, output: Any) -> Any:
    grads = dict.fromkeys(graph, 0.0)
    grads[output] = 1.0
    for node in reversed(graph):
        for parent, slope in graph[node]:
            grads[parent] += grads[node] * slope
    return {node: grads[node] for node in graph if not graph[node]}


from bplib.check.tasks.a03 import _sweep_more  # noqa: E402, F401  # it enters more wrong answers
