"""Derivatives as functions of functions: ``grad(f)`` is the function that returns the gradient of f.

``f`` takes tensors and returns a tensor. An argument that is differentiated may also be a list, tuple or dict
of arrays (the parameters of a model); its gradient comes back in the same structure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bplib.ops._door import Array
from bplib.tape import Tensor, backward, no_grad, tensor_value


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply f to every array of a nested list, tuple or dict, keeping the structure."""
    if isinstance(tree, dict):
        return {key: _map(f, value) for key, value in tree.items()}
    if isinstance(tree, list | tuple) and any(not isinstance(v, int | float) for v in tree):
        return type(tree)(_map(f, value) for value in tree)
    return f(tree)


def _leaf(x: Any) -> Tensor:
    return Tensor(tensor_value(x))


def _gradient(leaf: Tensor) -> Array:
    return np.zeros_like(leaf.value) if leaf.grad is None else np.asarray(leaf.grad)


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of f at args, and its pullback: f as an op.

    The pullback takes one upstream gradient per output and returns one gradient per argument (a single one
    bare), and may be called as often as you like.
    """
    leaves = tuple(_map(_leaf, a) for a in args)
    out = f(*leaves)
    # What f returns without having touched a tensor is a constant.
    outs = tuple(
        o if isinstance(o, Tensor) else Tensor(o, requires_grad=False)
        for o in (out if isinstance(out, tuple) else (out,))
    )

    def clear(leaf: Tensor) -> Tensor:
        leaf.grad = None
        return leaf

    def pullback(*upstreams: Any) -> Any:
        for tree in leaves:
            _map(clear, tree)
        live = [(o, d) for o, d in zip(outs, upstreams, strict=True) if d is not None and o.requires_grad]
        if live:
            backward([o for o, _ in live], [d for _, d in live], retain_graph=True)
        grads = tuple(_map(_gradient, tree) for tree in leaves)
        return grads[0] if len(grads) == 1 else grads

    values = tuple(o.value for o in outs)
    return (values if isinstance(out, tuple) else values[0]), pullback


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns f's value (one number) and its gradient with respect to ``argnums``."""
    which = (argnums,) if isinstance(argnums, int) else argnums

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if max(which) >= len(args):
            raise ValueError(
                f"grad: argnums is {argnums}, but the function was called with {len(args)} arguments."
            )

        def inner(*chosen: Any) -> Any:
            full = list(args)
            for i, c in zip(which, chosen, strict=True):
                full[i] = c
            return f(*full, **kwargs)

        value, pullback = vjp(inner, *(args[i] for i in which))
        if np.size(value) != 1:
            raise ValueError(
                f"grad: the function must return one number, it returned shape {np.shape(value)}. "
                "Reduce it with .sum() or .mean(), or use vjp or jacobian."
            )
        grads = pullback(np.ones_like(value))
        return value, (grads if isinstance(argnums, int) else (grads if len(which) > 1 else (grads,)))

    return both


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns the gradient of f with respect to the arguments ``argnums``."""
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def jacobian(f: Callable[[Any], Any], mode: str = "reverse") -> Callable[[Array], Array]:
    """The function that returns ∂f/∂x, of shape (*f(x).shape, *x.shape).

    ``mode="reverse"`` builds it row by row, one reverse sweep per output; ``mode="forward"`` column by column,
    one forward pass per input. Which one is cheap depends on which side is small.
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f'jacobian: mode must be "reverse" or "forward", got {mode!r}.')

    def at(x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        if mode == "forward":
            columns = [jvp(f, x, unit.reshape(x.shape))[1] for unit in np.eye(x.size)]
            return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)
        value, pullback = vjp(f, x)
        rows = [pullback(unit.reshape(np.shape(value))) for unit in np.eye(np.size(value))]
        return np.stack(rows).reshape(np.shape(value) + x.shape)

    return at


def jvp(f: Callable[[Any], Any], x: Array, v: Array) -> tuple[Array, Array]:
    """Forward mode: the value of f at x and its derivative along v, both from one pass through f.

    It runs f at x + ihv with h = 1e-30: the imaginary part is h · J v, exact to rounding, because nothing is
    subtracted. That holds for ops that are analytic at x (not across kinks: relu, max).
    """
    x, v = np.asarray(x, dtype=np.float64), np.asarray(v, dtype=np.float64)
    if x.shape != v.shape:
        raise ValueError(f"jvp: the direction v must have the shape of x, {x.shape}, got {v.shape}.")
    with no_grad():
        out = np.asarray(f(Tensor(x + 1e-30j * v)).value)
    return out.real.copy(), out.imag / 1e-30
