"""Derivatives as functions of functions: ``grad(f)`` is the function that returns the gradient of f.

``f`` takes tensors and returns a tensor. An argument that is differentiated may also be a list, tuple or dict
of arrays and numbers (the parameters of a model), nested as you like; its gradient comes back in the same
structure. A list of numbers is a list, too: f gets a list of tensors. For one vector pass an array. None
stays None.

Recording is on while ``f`` runs, even inside ``no_grad``. There are no second derivatives: a gradient that comes
out of a pullback is a plain array, which has forgotten where it came from. Asking for one is an error.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from bplib._mode import switched
from bplib.ops._door import Array, floats, plain
from bplib.tape import Tensor, _reachable, backward


class _Running(threading.local):
    """The leaves of the functions that this thread is differentiating just now."""

    def __init__(self) -> None:
        self.leaves: list[Tensor] = []


_running = _Running()


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply f to every array and number of a nested list, tuple or dict, keeping the structure."""
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {key: _map(f, value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        mapped = [_map(f, value) for value in tree]
        return type(tree)(*mapped) if hasattr(tree, "_fields") else type(tree)(mapped)  # a namedtuple
    return f(tree)


def _leaf(x: Any) -> Tensor:
    if isinstance(x, Tensor):
        _refuse_tracked(x)
        x = x.value
    return Tensor(x)


def _refuse_tracked(x: Any) -> None:
    if isinstance(x, Tensor) and x.requires_grad:
        raise TypeError(
            "autodiff: an argument is a tensor that records its gradient. There are no second derivatives here: "
            "the inner gradient would count as a constant. Take the jacobian of a gradient that you wrote by "
            "hand, or measure it with gradcheck.numerical_gradient; for a first derivative pass its .value."
        )


def _run(f: Callable[..., Any], trees: tuple[Any, ...], off: bool, lift: bool) -> Any:
    """f on these leaves. Not what another function that is being differentiated right now depends on."""
    before, leaves = _running.leaves, list[Tensor]()
    for tree in trees:
        _map(leaves.append, tree)
    _running.leaves = before + leaves
    try:
        with switched(off=off, lift=lift):
            out = f(*trees)
    finally:
        _running.leaves = before
    outs = [o for o in (out if isinstance(out, tuple) else (out,)) if isinstance(o, Tensor)]
    reached = set(_reachable(outs)) if before else set()
    for leaf in before:
        if leaf in reached:
            _refuse_tracked(leaf)
    return out


def _gradient(leaf: Tensor) -> Array:
    return np.zeros_like(leaf.value) if leaf.grad is None else np.asarray(leaf.grad)


def _constant(op: str, o: Any) -> Tensor:
    """An output of f; what f returns without having touched a tensor is a constant."""
    if isinstance(o, Tensor):
        return o
    if o is None or isinstance(o, list | dict | str):
        raise TypeError(f"{op}: f must return a tensor or a tuple of tensors, got {type(o).__name__}.")
    return Tensor(o, requires_grad=False)


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of f at args, and its pullback: f as an op.

    The pullback takes one upstream gradient per output and returns one gradient per argument (a single one
    bare), and may be called as often as you like.
    """
    leaves = tuple(_map(_leaf, a) for a in args)
    out = _run(f, leaves, off=False, lift=False)
    outs = tuple(_constant("vjp", o) for o in (out if isinstance(out, tuple) else (out,)))

    def clear(leaf: Tensor) -> Tensor:
        leaf.grad = None
        return leaf

    def pullback(*upstreams: Any) -> Any:
        if len(upstreams) != len(outs):
            raise TypeError(f"vjp: f has {len(outs)} outputs, got {len(upstreams)} upstream gradients.")
        for tree in leaves:
            _map(clear, tree)
        live = [(o, d) for o, d in zip(outs, upstreams, strict=True) if d is not None and o.requires_grad]
        if live:
            backward([o for o, _ in live], [d for _, d in live], retain_graph=True)
        grads = tuple(_map(_gradient, tree) for tree in leaves)
        return grads[0] if len(grads) == 1 else grads

    values = tuple(o.value for o in outs)
    return (values if isinstance(out, tuple) else values[0]), pullback


def _places(argnums: Any, count: int) -> tuple[int, ...]:
    """``argnums`` as positions among ``count`` arguments, counted from the front."""
    which = argnums if isinstance(argnums, tuple) else (argnums,)
    if not which or not all(isinstance(i, int | np.integer) and not isinstance(i, bool) for i in which):
        raise TypeError(f"grad: argnums must be an int or a tuple of ints, got {argnums!r}.")
    if max(which) >= count or min(which) < -count:
        raise ValueError(f"grad: argnums is {argnums}, but the function was called with {count} arguments.")
    places = tuple(int(i) % count for i in which)
    if len(set(places)) < len(places):
        raise ValueError(f"grad: argnums {argnums} names an argument twice.")
    return places


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns f's value (one number) and its gradient with respect to ``argnums``."""

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        which = _places(argnums, len(args))

        def inner(*chosen: Any) -> Any:
            full = list(args)
            for i, c in zip(which, chosen, strict=True):
                full[i] = c
            return f(*full, **kwargs)

        value, pullback = vjp(inner, *(args[i] for i in which))
        if isinstance(value, tuple):
            raise TypeError(
                f"grad: the function must return one number, it returned a tuple of {len(value)} outputs."
            )
        if np.size(value) != 1:
            raise ValueError(
                f"grad: the function must return one number, it returned shape {np.shape(value)}. "
                "Reduce it with .sum() or .mean(), or use vjp or jacobian."
            )
        grads = pullback(np.ones_like(value))
        return value, (grads if not isinstance(argnums, tuple) or len(which) > 1 else (grads,))

    return both


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns the gradient of f with respect to the arguments ``argnums``."""
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def jacobian(f: Callable[[Any], Any], mode: str = "reverse") -> Callable[[Array], Array]:
    """The function that returns ∂f/∂x, of shape (*f(x).shape, *x.shape), for one real array x and one output.

    ``mode="reverse"`` builds it row by row, one reverse sweep per output; ``mode="forward"`` column by column,
    one forward pass per input. Which one is cheap depends on which side is small.
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f'jacobian: mode must be "reverse" or "forward", got {mode!r}.')

    def at(x: Array) -> Array:
        x = _real("jacobian", "x", x)
        if mode == "forward":
            if not x.size:
                return np.zeros(jvp(f, x, x)[0].shape + x.shape)
            columns = [jvp(f, x, unit.reshape(x.shape))[1] for unit in np.eye(x.size)]
            return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)
        value, pullback = vjp(f, x)
        if isinstance(value, tuple):
            raise TypeError(f"jacobian: f must return one tensor, it returned a tuple of {len(value)}.")
        out = np.zeros((np.size(value), *x.shape))
        for row, unit in zip(out, np.eye(np.size(value)), strict=True):
            row[...] = pullback(unit.reshape(np.shape(value)))
        return out.reshape(np.shape(value) + x.shape)

    return at


def _real(op: str, name: str, x: Any) -> Array:
    """x as a float64 array: whole numbers are converted, complex ones refused."""
    _refuse_tracked(x)
    x = plain(op, name, x.value if isinstance(x, Tensor) else x)
    if x.dtype.kind == "c":
        raise TypeError(f"{op}: {name} must be real, got dtype {x.dtype}.")
    return (x if x.dtype.kind in "iub" else floats(op, name, x)).astype(np.float64)


def jvp(f: Callable[[Any], Any], x: Array, v: Array) -> tuple[Array, Array]:
    """Forward mode: the value of f at x and its derivative along v, both from one pass through f.

    It runs f at x + ihv with h = 1e-30: the imaginary part is h · J v, exact to rounding, because nothing is
    subtracted. That holds for ops that are analytic at x (not across kinks: relu, max). Arrays that meet x in
    an op become complex as well.
    """
    x, v = _real("jvp", "x", x), _real("jvp", "v", v)
    if x.shape != v.shape:
        raise ValueError(f"jvp: the direction v must have the shape of x, {x.shape}, got {v.shape}.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            # Recorded within another derivative only: _run has to see what f depends on.
            out = _run(f, (Tensor(x + 1e-30j * v),), off=not _running.leaves, lift=True)
        except np.exceptions.ComplexWarning:
            raise TypeError("jvp: f drops the imaginary part, and the derivative with it.") from None
    if isinstance(out, tuple):
        raise TypeError(f"jvp: f must return one tensor, it returned a tuple of {len(out)}.")
    out = np.asarray(_constant("jvp", out).value)
    return out.real.copy(), out.imag / 1e-30
