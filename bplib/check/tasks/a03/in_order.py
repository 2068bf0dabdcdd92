"""A topological order of the nodes that lead to an output, or None where a ring makes one impossible."""

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
    parts={"nodes": 1, "order": 1, "ring": 1},
)
WELL = "every node stands after its parents"


@task.reference
def in_order(parents: Any, output: Any) -> Any:
    found, placed, opened, stack = [], set(), set(), [output]
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting and node in opened:
            return None  # it has been waiting for itself
        if waiting:
            opened.add(node)
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
    # Long for a function that calls itself, and a moment for every other: it is written from the leaf.
    yield {"parents": {n: [n - 1] if n else [] for n in range(3501)}, "output": 3500}
    # Last: what runs round in a ring does not come back from it. The first ring is out of the output's way.
    yield {"parents": {"y": ["x", "x"], "x": [], "p": ["ring", "y"], "ring": ["p"]}, "output": "y"}
    yield {"parents": {"a": ["b"], "b": ["x", "a"], "x": []}, "output": "a"}
    yield {"parents": {"y": ["x", "h"], "h": ["a", "h"], "x": [], "a": ["x"]}, "output": "y"}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    try:
        order = call(answer, *case.values())
    except StudentError as error:
        if error.what.startswith("RecursionError"):  # its wording depends on where the stack ran out
            error.what = "RecursionError"
        raise
    alone = in_order(**case) is None
    if alone or "ring" in case["parents"]:
        yield "ring", "the answer", "a list" if isinstance(order, list | tuple) else describe(order)
    if alone:
        return
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
    "a ring that is not noticed",
    hint="In a ring each node waits for the next one, and the last one waits for the first. No list can hold "
    "each of them after its parents. Yours holds them all the same, or only those in front of the ring.",
)
def ring_listed(parents: Any, output: Any) -> Any:
    found, seen, stack = [], set(), [(output, False)]
    while stack:
        node, second = stack.pop()
        if second:
            found.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(p, False) for p in parents[node]]
    return found


@task.wrong(
    "running round in a ring",
    hint="In a ring each node waits for the next one, and the last one waits for the first. Your loop comes to "
    "a node for which it is waiting already, and waits for it once more.",
)
def round_and_round(parents: Any, output: Any) -> Any:
    found, placed, stack = [], set(), [output]
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
    "a node listed once for each route that leads from it",
    hint="A node that is used twice is reached twice. Nothing in your code remembers that it has its place already. "
    "With eight blocks in a row this makes hundreds of entries out of 17 nodes.",
    section="sec-03-bug-paths",
)
def once_a_route(parents: Any, output: Any) -> Any:
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
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
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
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
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
    found, seen, stack = [], set(), [output]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            stack += reversed(parents[node])
    return found[::-1]


@task.wrong(
    "each node listed on the way down, before its parents have been looked at",
    hint="Your code walks one route to its end and turns the list round. A node that is met on the first route, and is "
    "needed on a later one too, then stands on the wrong side.",
)
def met_on_the_way_down(parents: Any, output: Any) -> Any:
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
    found, seen, stack = [], set(), [output]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            stack += parents[node]
    return found[::-1]


@task.wrong(
    "the order of the way back",
    hint="Your list begins with the output. That is the order in which the sweep will need the nodes; asked for is the "
    "order in which they can be computed.",
)
def output_first(parents: Any, output: Any) -> Any:
    found, placed, opened, stack = [], set(), set(), [output]
    while stack:
        node = stack[-1]
        waiting = [p for p in parents[node] if p not in placed]
        if waiting and node in opened:
            return None
        if waiting:
            opened.add(node)
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
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
    needed, stack = {output}, [output]
    while stack:
        for p in parents[stack.pop()]:
            if p not in needed:
                needed.add(p)
                stack.append(p)
    return [node for node in parents if node in needed]


from bplib.check.tasks.a03 import _in_order_more  # noqa: E402, F401  # it enters more wrong answers
