"""Where the nodes of a layered graph go. Three steps, after Sugiyama, Tagawa and Toda (1981).

1. layers: a node comes after all its parents (longest path); a leaf sits right before its first use;
2. order in a layer: each node at the barycentre of its neighbours, swept to and fro, fewest crossings kept;
3. coordinates: as near to the neighbours as the distances between boxes allow.

An edge across several layers gets a small invisible node in each, so that it is routed around the boxes.
"Along" is the direction in which the values flow, "across" the other one; all lengths are inches.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

Edge = tuple[int, int]


@dataclass
class Layout:
    """Centres of the nodes, and for each edge the points that it passes between its two ends."""

    along: list[float]
    across: list[float]
    bends: list[list[tuple[float, float]]]
    length: float
    breadth: float


@dataclass
class _Grid:
    """The graph with its long edges cut up: node sizes, layers, and neighbours up and down."""

    layer: list[int]
    size: list[float]
    up: list[list[int]] = field(default_factory=list)
    down: list[list[int]] = field(default_factory=list)


def layers(count: int, edges: list[Edge]) -> list[int]:
    """The layer of each node. Nodes are numbered so that parents come before children."""
    layer = [0] * count
    for parent, child in sorted(edges, key=lambda e: e[1]):
        layer[child] = max(layer[child], layer[parent] + 1)
    has_parent = {c for _, c in edges}
    for node in range(count):
        uses = [layer[c] for p, c in edges if p == node]
        if node not in has_parent and uses:
            layer[node] = min(uses) - 1
    return layer


def arrange(
    along_size: list[float],
    across_size: list[float],
    edges: list[Edge],
    gap_along: float,
    gap_across: float,
    lead: float = 0.0,
) -> Layout:
    """Lay out nodes of these sizes. ``edges`` may name a pair twice; parents are numbered before children.

    A long edge is straight from ``lead`` before each layer that it passes, clear of labels at the boxes
    beside it.
    """
    count = len(along_size)
    layer = layers(count, edges)
    grid = _Grid(layer[:], list(across_size))
    chains = [_chain(grid, p, c) for p, c in edges]
    total = len(grid.layer)
    grid.up, grid.down = [[] for _ in range(total)], [[] for _ in range(total)]
    for (p, c), chain in zip(edges, chains, strict=True):
        path = [p, *chain, c]
        for a, b in itertools.pairwise(path):
            grid.down[a].append(b)
            grid.up[b].append(a)
    rows = _order(grid)
    across = _place(grid, count, rows, gap_across)

    depth = [max((along_size[i] for i in row if i < count), default=0.0) for row in rows]
    centre, at = [], 0.0
    for d in depth:
        centre.append(at + d / 2)
        at += d + gap_along
    low = min(across[i] - grid.size[i] / 2 for i in range(total))
    high = max(across[i] + grid.size[i] / 2 for i in range(total))
    across = [a - low for a in across]
    bends = []
    for chain in chains:  # pass a layer straight, from its near side to its far side
        points = []
        for i in chain:
            middle, half = centre[grid.layer[i]], depth[grid.layer[i]] / 2
            points += [(middle - half - lead, across[i]), (middle + half, across[i])]
        bends.append(points)
    return Layout([centre[k] for k in layer], across[:count], bends, at - gap_along, high - low)


def _chain(grid: _Grid, parent: int, child: int) -> list[int]:
    """Add an invisible node for each layer between the two."""
    between = range(grid.layer[parent] + 1, grid.layer[child])
    first = len(grid.layer)
    grid.layer += list(between)
    grid.size += [0.08] * len(between)
    return list(range(first, first + len(between)))


def _order(grid: _Grid) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(grid.layer) + 1)]
    for node, k in enumerate(grid.layer):
        rows[k].append(node)
    best, fewest = [row[:] for row in rows], crossings(grid.down, rows)
    for sweep in range(12):
        downwards = sweep % 2 == 0
        near = grid.up if downwards else grid.down
        for k in range(len(rows)) if downwards else range(len(rows) - 1, -1, -1):
            other = k - 1 if downwards else k + 1
            if not 0 <= other < len(rows):
                continue
            place = {node: i for i, node in enumerate(rows[other])}
            here = {node: float(i) for i, node in enumerate(rows[k])}
            for node in rows[k]:
                if near[node]:
                    here[node] = sum(place[m] for m in near[node]) / len(near[node])
            rows[k].sort(key=here.__getitem__)  # stable: equals keep their order
        now = crossings(grid.down, rows)
        if now < fewest:
            best, fewest = [row[:] for row in rows], now
    return best


def crossings(down: list[list[int]], rows: list[list[int]]) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    total = 0
    for row, below in itertools.pairwise(rows):
        place = {node: i for i, node in enumerate(below)}
        ends = [(i, place[m]) for i, node in enumerate(row) for m in down[node]]
        total += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(ends) for c, d in ends[:k])
    return total


def _place(grid: _Grid, count: int, rows: list[list[int]], gap: float) -> list[float]:
    across = [0.0] * len(grid.layer)
    for row in rows:
        _spread(row, dict.fromkeys(row, 0.0), grid.size, gap, across)
    for sweep in range(30):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = {}
            for i in row:
                near = grid.up[i] + grid.down[i]
                if sweep < 24:  # pull along the sweep first, balance both sides at the end
                    near = (grid.up[i] if sweep % 2 == 0 else grid.down[i]) or near
                # Two invisible nodes in a row hold each other straight: a long edge should not wiggle.
                weight = [8 if i >= count and j >= count else 1 for j in near]
                pull = sum(w * across[j] for w, j in zip(weight, near, strict=True))
                wish[i] = pull / sum(weight) if near else across[i]
            _spread(row, wish, grid.size, gap, across)
    return across


def _spread(
    row: list[int], wish: dict[int, float], size: list[float], gap: float, across: list[float]
) -> None:
    """Put a row where it wishes to be, in its order and without overlap: least squares, by pooling
    neighbours.
    """
    offset, at = [], 0.0
    for k, i in enumerate(row):
        if k:
            at += (size[row[k - 1]] + size[i]) / 2 + gap
        offset.append(at)
    pools: list[list[float]] = []  # [sum of wishes, how many]
    for i, o in zip(row, offset, strict=True):
        pools.append([wish[i] - o, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, n = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += n
    means = [total / n for total, n in pools for _ in range(int(n))]
    for i, o, m in zip(row, offset, means, strict=True):
        across[i] = m + o
