"""A topological order of the nodes that lead to an output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import StudentError, call, describe
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.in_order",
    "Each node after its parents",
    asks_for="in_order",
    section="sec-03-tape",
    parts={"nodes": 1, "order": 2},
    seconds=1.0,
)
WELL = "every node stands after its parents"


@task.reference
def in_order(parents: Any, output: Any) -> Any:
    found, placed, stack = [], set(), [output]
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if node not in placed:
            placed.add(node)
            found.append(node)
    return found


def blocks(k: int) -> dict[str, list[str]]:
    """k residual blocks, each of which uses the value before it twice, written down from the output."""
    graph: dict[str, list[str]] = {}
    for n in range(k, 0, -1):
        graph[f"h{n}"] = [f"h{n - 1}", f"t{n}"]
        graph[f"t{n}"] = [f"h{n - 1}"]
    return {**graph, "h0": []}


@task.cases
def cases() -> Iterator[Case]:
    yield {"parents": {"h": ["a", "x"], "a": ["x"], "x": []}, "output": "h"}
    yield {"parents": {"y": ["x", "x"], "x": [], "unused": ["y"]}, "output": "y"}
    yield {"parents": {"t": ["u"], "h": ["u", "v"], "u": ["x"], "x": [], "v": ["t"]}, "output": "h"}
    yield {"parents": {"t": ["u"], "h": ["v", "u"], "u": ["x"], "x": [], "v": ["t"]}, "output": "h"}
    yield {"parents": blocks(8), "output": "h8"}
    long = {n: [n - 1] for n in range(5000, 0, -1)}
    yield {"parents": {**long, 0: []}, "output": 5000}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    try:
        order = call(answer, *case.values())
    except StudentError as error:
        if error.what.startswith("RecursionError"):  # its wording depends on where the stack ran out
            error.what = "RecursionError"
        raise
    if not isinstance(order, list | tuple):
        raise StudentError("form", f"in_order should return a list of nodes; it returned {describe(order)}.")
    few = len(case["parents"]) < 20
    names = sorted(map(str, order))
    yield "nodes", "the nodes, sorted", ", ".join(names) if few else names
    yield "order", "the order", judged(list(order), case["parents"])


def judged(order: list[Any], parents: dict[Any, list[Any]]) -> str:
    """In words, the first node of the list that stands before one of its parents."""
    place = {node: at for at, node in reversed(list(enumerate(order)))}
    for at, node in enumerate(order):
        for parent in parents.get(node, []):
            if place.get(parent, len(order)) > at:
                where = "stands before" if parent in place else "stands there without"
                return f"{node} {where} its parent {parent}"
    return WELL


@task.wrong(
    "a node listed once for each route that leads from it",
    hint="A node that is used twice is reached twice. Nothing in your code remembers that it has its place already. "
    "With eight blocks in a row this makes hundreds of entries out of 17 nodes.",
    section="sec-03-bug-paths",
)
def once_a_route(parents: Any, output: Any) -> Any:
    found, stack = [], [(output, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
            continue
        stack.append((node, True))
        stack += [(p, False) for p in reversed(parents[node])]
    return found


@task.wrong(
    "nearest to the output first",
    hint="You list the nodes by their distance from the output. A node can be close to it on one route and far away on "
    "another, and it has to wait for the longer one.",
    section="sec-03-questions",
)
def breadth_first(parents: Any, output: Any) -> Any:
    found, seen = [output], {output}
    for node in found:
        for p in parents[node]:
            if p not in seen:
                seen.add(p)
                found.append(p)
    return found[::-1]


@task.wrong(
    "each node listed where it is met for the first time",
    hint="You give a node its place on the way down, before you have seen to what it was computed from. Its parents "
    "may have been met already, on another route, and then they stand on the wrong side.",
)
def met_first(parents: Any, output: Any) -> Any:
    found, seen, stack = [], set(), [output]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            stack += reversed(parents[node])
    return found[::-1]


@task.wrong(
    "the order of the way back",
    hint="Your list begins with the output. That is the order in which the sweep will need the nodes; asked for is the "
    "order in which they can be computed.",
)
def output_first(parents: Any, output: Any) -> Any:
    found, placed, stack = [], set(), [output]
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting:
            stack += waiting
        elif stack.pop() not in placed:
            placed.add(node)
            found.append(node)
    return found[::-1]


@task.wrong(
    "the order in which the dict happens to be written",
    hint="The dict says who the parents of a node are. In which order its entries were written down says nothing about "
    "what depends on what.",
)
def as_written(parents: Any, output: Any) -> Any:
    needed, stack = {output}, [output]
    while stack:
        for p in parents[stack.pop()]:
            if p not in needed:
                needed.add(p)
                stack.append(p)
    return [node for node in parents if node in needed]


@task.wrong(
    "nodes listed that do not lead to the output",
    hint="You put the whole graph in order. A node from which no route runs to the output has nothing to do with it; "
    "no gradient will ever come to it.",
)
def whole_graph(parents: Any, output: Any) -> Any:
    found, placed, stack = [], set(), list(parents)
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting:
            stack += waiting
        elif stack.pop() not in placed:
            placed.add(node)
            found.append(node)
    return found


@task.wrong(
    "a function that calls itself for every parent",
    hint="On small graphs this is right. Python stops at about a thousand nested calls, and a recurrent network over "
    "a long text is deeper than that. What the nested calls remember for you, a list can remember.",
)
def recursive(parents: Any, output: Any) -> Any:
    found, placed = [], set()

    def visit(node: Any) -> None:
        if node in placed:
            return
        placed.add(node)
        for p in parents[node]:
            visit(p)
        found.append(node)

    visit(output)
    return found


@task.wrong(
    "the leaves left out",
    hint="A leaf has no parents, but it is a node like the others: the sweep has to bring a gradient to it, and it is "
    "the one that you will want to read.",
)
def leaves_left_out(parents: Any, output: Any) -> Any:
    found, placed, stack = [], set(), [output]
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting:
            stack += waiting
        elif stack.pop() not in placed:
            placed.add(node)
            if parents[node]:
                found.append(node)
    return found
