"""The mutants: each changes one thing, none is the original, and the kinds that matter are all there."""

from __future__ import annotations

import ast

import pytest

from grader.audit.mutate import mutants

SOURCE = '''
def f(x, W):
    """A docstring with a 1 and a + in it."""
    z = x @ W + 1
    out = np.maximum(-z, 0).sum(axis=0, keepdims=True)
    for k in reversed(range(3)):
        out[k] += x.T[k, 0] * 2
    if z.shape[0] > 1 and not k:
        out = np.subtract(out, z)
    return out
'''


def test_the_kinds_of_change() -> None:
    told = dict(mutants(SOURCE))
    for label in (
        "x @ W → W @ x",
        "x @ W + 1 → x @ W - 1",
        "-z → z",
        "0 → 1",
        "True → False",
        "np.maximum → np.minimum",
        "reversed → list",
        "x.T → x",
        "out[k] += x.T[k, 0] * 2 → out[k] = x.T[k, 0] * 2",
        "out[k] += x.T[k, 0] * 2 → pass",
        "z.shape[0] > 1 → z.shape[0] >= 1",
        "not k → k",
        "np.subtract(out, z) → np.subtract(z, out)",
        "z.shape[0] > 1 and (not k) → z.shape[0] > 1 or not k",
    ):
        assert label in told, sorted(told)
    assert (
        "keepdims" not in told["np.maximum(-z, 0).sum(axis=0, keepdims=True) → np.maximum(-z, 0).sum(axis=0)"]
    )


def test_each_mutant_runs_differs_and_comes_once() -> None:
    texts = [text for _, text in mutants(SOURCE)]
    assert len(texts) > 20
    assert len(set(texts)) == len(texts)
    original = ast.unparse(ast.parse(SOURCE))
    for text in texts:
        assert ast.unparse(ast.parse(text)) != original
        assert "A docstring with a 1 and a + in it." in text
        compile(text, "mutant", "exec")


def test_labels_are_unique() -> None:
    labels = [label for label, _ in mutants("def f(x):\n    return (x + 1) * (x + 1)\n")]
    assert len(labels) == len(set(labels))
    assert any(label.endswith("#2") for label in labels)


@pytest.mark.parametrize("source", ["def f(x):\n    return x\n", "def f(x):\n    pass\n"])
def test_nothing_to_change(source: str) -> None:
    assert list(mutants(source)) == []
