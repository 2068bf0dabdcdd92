"""More wrong ways of putting a graph in order."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a03.in_order import task


@task.wrong(
    "nodes listed that do not lead to the output",
    hint="You put the whole graph in order. A node from which no route runs to the output has nothing to do "
    "with it; no gradient will ever come to it.",
)
def whole_graph(parents: Any, output: Any) -> Any:
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
    found, seen, stack = [], set(), [(node, False) for node in parents]
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
    "a function that calls itself for every parent",
    hint="On small graphs this is right. Python stops at about a thousand nested calls, and a recurrent "
    "network over a long text is deeper than that. What the nested calls remember for you, a list can "
    "remember.",
)
def recursive(parents: Any, output: Any) -> Any:
    front = {output}
    for _ in parents:
        front = {p for node in front for p in parents[node]}
    if front:
        return None  # a ring
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
    hint="A leaf has no parents, but it is a node like the others: the sweep has to bring a gradient to it, "
    "and it is the one that you will want to read.",
)
def leaves_left_out(parents: Any, output: Any) -> Any:
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
            if parents[node]:
                found.append(node)
    return found


@task.wrong(
    "the output left out",
    hint="The output is a node like the others, and the last of your list. The sweep begins there.",
)
def output_left_out(parents: Any, output: Any) -> Any:
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
    return found[:-1]
