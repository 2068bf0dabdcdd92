"""Functions that the tasks of assignment 02 differentiate. Their names are formulas, for the messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def told(formula: str) -> Callable[[F], F]:
    """Decorator: what a message calls this function."""

    def enter(function: F) -> F:
        function.__name__ = formula
        return function

    return enter


@told("x³")
def cube(x: Any) -> Any:
    return x * x * x


@told("a² + 3ab, where x = (a, b)")
def hand(x: Any) -> float:
    return float(x[0] ** 2 + 3 * x[0] * x[1])


@told("the square of the sum of x, plus x³ summed with the weights 1, 2, 3, …")
def mixed(x: Any) -> float:
    """Every entry has its own weight, and every slope depends on all entries."""
    x = np.asarray(x)
    weights = np.arange(1, x.size + 1).reshape(x.shape)
    return float(x.sum() ** 2 + (weights * x**3).sum())


@told("the logarithm of the sum of eˣ")
def log_sum_exp(x: Any) -> float:
    return float(np.log(np.exp(x).sum()))


@told("(a², ab, 3b), where x = (a, b)")
def three_of_two(x: Any) -> Any:
    return np.array([x[0] ** 2, x[0] * x[1], 3 * x[1]])


def waves(M: int, D: int, seed: int) -> Callable[[Any], Any]:
    """A function from (D,) to (M,), M sines of different sums of the inputs."""
    A = np.random.default_rng(seed).normal(size=(M, D))

    @told(f"sin(A x), where A is a fixed matrix of shape {A.shape}")
    def f(x: Any) -> Any:
        return np.sin(A @ x)

    return f


@told("eˣ sin x")
def growing_wave(x: Any) -> Any:
    return np.exp(x) * np.sin(x)


@told("eˣ / √(sin³x + cos³x)")
def martins(x: Any) -> Any:
    return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)
