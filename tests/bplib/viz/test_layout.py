"""Layout of layered graphs: order, distance, crossings; on random graphs too."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.viz.layout import arrange, crossings, layers


def test_layers_are_longest_paths_and_leaves_sit_before_their_first_use() -> None:
    # 0 → 2 → 3 → 5, 1 → 3, 4 → 5, 0 → 5
    edges = [(0, 2), (2, 3), (1, 3), (3, 5), (4, 5), (0, 5)]
    assert layers(6, edges) == [0, 1, 1, 2, 2, 3]


def test_crossings_are_counted() -> None:
    down = [[3], [2], [], []]
    assert crossings(down, [[0, 1], [2, 3]]) == 1
    assert crossings(down, [[0, 1], [3, 2]]) == 0


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    edges = [(0, 4), (1, 3), (2, 5), (3, 6), (4, 6), (5, 6)]
    plan = arrange([1] * 7, [1] * 7, edges, 1, 0.2)
    order = sorted(range(3), key=plan.across.__getitem__)
    target = {0: 4, 1: 3, 2: 5}
    assert sorted((3, 4, 5), key=plan.across.__getitem__) == [target[i] for i in order]


def test_a_chain_is_a_straight_line() -> None:
    plan = arrange([1, 2, 1], [1, 3, 1], [(0, 1), (1, 2)], 0.5, 0.2)
    assert len({round(a, 9) for a in plan.across}) == 1
    assert np.allclose(plan.along, [0.5, 2.5, 4.5])
    assert (plan.length, plan.breadth) == (5, 3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_random_graphs(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    edges = [(p, c) for c in range(1, count) for p in data.draw(st.lists(st.integers(0, c - 1), max_size=3))]
    sizes = data.draw(st.lists(st.floats(0.2, 3), min_size=count, max_size=count))
    plan = arrange(sizes, sizes, edges, 0.5, 0.2)
    layer = layers(count, edges)
    for p, c in edges:
        assert layer[p] < layer[c]
        assert plan.along[p] + sizes[p] / 2 + 0.499 <= plan.along[c] - sizes[c] / 2 + 1e-9
    for i in range(count):
        assert -1e-9 <= plan.across[i] - sizes[i] / 2
        assert plan.across[i] + sizes[i] / 2 <= plan.breadth + 1e-9
        for j in range(i):
            if layer[i] == layer[j]:
                assert abs(plan.across[i] - plan.across[j]) >= (sizes[i] + sizes[j]) / 2 + 0.2 - 1e-9
    for (p, c), bends in zip(edges, plan.bends, strict=True):
        assert len(bends) == 2 * (layer[c] - layer[p] - 1)
    assert arrange(sizes, sizes, edges, 0.5, 0.2) == plan, "the same graph twice, two layouts"
