"""What the gradient checker checks: the gradients that an op, a function of tensors, or a module claims.

Each of the three faces becomes the same thing: a list of arrays, the gradient claimed for each, and the
scalar ⟨d, f⟩ as a plain function of that one array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bplib.ops._door import Array

# name, argument, its claimed gradient, the scalar as a function of that argument, and Σ|dᵢ fᵢ|
Claim = tuple[str, Array, Any, Callable[[Array], Any], float]


def claims(
    f: Any, args: tuple[Any, ...], kwargs: dict[str, Any], rng: np.random.Generator
) -> Iterator[Claim]:
    """One claim for each array that ``f`` differentiates with respect to; see the module's docstring."""
    from bplib import tape  # here, not above: the tape stays out of the import of an op

    def plain(a: Any) -> Any:
        return a.value if isinstance(a, tape.Tensor) and a.requires_grad else a

    args = tuple(type(a)(map(plain, a)) if isinstance(a, list | tuple) else plain(a) for a in args)
    if hasattr(f, "named_parameters"):
        yield from _module_claims(f, args, kwargs, rng)
        return
    slots = _slots(f, args)
    if not slots:
        raise ValueError(
            "gradcheck: there is no floating-point array among the arguments, so there is nothing to check."
        )
    for name, i, j in slots:
        _fit(name, np.asarray(args[i] if j is None else args[i][j]))
    try:
        out = f(*args, **kwargs)
    except AttributeError:  # a function that calls methods which only tensors have
        out = None
    if isinstance(out, tuple) and len(out) == 2 and callable(out[1]) and not isinstance(out[1], tape.Tensor):
        yield from _op_claims(f, args, kwargs, slots, rng)
    else:
        yield from _tape_claims(f, args, kwargs, slots, rng)


def _fit(name: str, x: Array) -> None:
    """A check needs float64 and finite numbers."""
    if x.dtype != np.float64:
        raise TypeError(f"gradcheck: {name} is {x.dtype}; a check needs float64.")
    if not np.all(np.isfinite(x)):
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise ValueError(f"gradcheck: {name}{list(at)} is {x[at]}; a check needs finite inputs.")


def _leaves(value: Any) -> list[Array]:
    """The outputs of an op or function as a list of plain arrays."""
    parts = value if isinstance(value, tuple | list) else [value]
    return [np.asarray(getattr(p, "value", p)) for p in parts]


def _size(upstreams: list[Array], value: Any) -> float:
    return float(sum(np.abs(d * v).sum() for d, v in zip(upstreams, _leaves(value), strict=True)))


def _dot(upstreams: list[Array], value: Any) -> Any:
    return sum((d * v).sum() for d, v in zip(upstreams, _leaves(value), strict=True))


def _random_upstreams(value: Any, rng: np.random.Generator) -> list[Array]:
    return [rng.standard_normal(v.shape) for v in _leaves(value)]


Slot = tuple[str, int, int | None]


def _slots(f: Any, args: tuple[Any, ...]) -> list[Slot]:
    """Where the differentiable arrays of a call sit: (name, position, index within a list argument)."""
    parameters = inspect.signature(f).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
    wanted = getattr(f, "differentiable", None)
    found: list[Slot] = []
    for i, arg in enumerate(args):
        name = names[i] if i < len(names) else f"argument {i}"
        if wanted is not None and name not in wanted:
            continue
        if isinstance(arg, list | tuple) and all(
            isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in arg
        ):
            found += [(f"{name}[{j}]", i, j) for j in range(len(arg))]
        elif isinstance(arg, np.ndarray | float) and np.asarray(arg).dtype.kind == "f":
            found.append((name, i, None))
    return found


def _replace(args: tuple[Any, ...], i: int, j: int | None, x: Any) -> tuple[Any, ...]:
    new = list(args)
    if j is None:
        new[i] = x
    else:
        new[i] = [x if k == j else a for k, a in enumerate(args[i])]
    return tuple(new)


def _op_claims(
    op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], slots: list[Slot], rng: np.random.Generator
) -> Iterator[Claim]:
    value, pullback = op(*args, **kwargs)
    upstreams = _random_upstreams(value, rng)
    grads = pullback(*[d.copy() for d in upstreams])
    if not isinstance(grads, tuple):
        grads = (grads,)
    if len(grads) != len(slots):
        raise ValueError(
            f"gradcheck: the pullback returned {len(grads)} gradients for {len(slots)} differentiable "
            f"arguments ({', '.join(name for name, _, _ in slots)}). Pass arrays by position; mark an op "
            'some of whose arguments get no gradient with @differentiable("x", ...).'
        )
    for (name, i, j), claimed in zip(slots, grads, strict=True):
        here = np.asarray(args[i] if j is None else args[i][j])

        def scalar(x: Array, i: int = i, j: int | None = j) -> Any:
            return _dot(upstreams, op(*_same_kind(_replace(args, i, j, x.copy())), **kwargs)[0])

        yield name, here, claimed, scalar, _size(upstreams, value)


def _same_kind(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """In a complex step all float arrays travel as complex, so that one call still has one dtype."""

    def arrays(arg: Any) -> list[Any]:
        return list(arg) if isinstance(arg, list | tuple) else [arg]

    if not any(isinstance(a, np.ndarray) and a.dtype == np.complex128 for arg in args for a in arrays(arg)):
        return args

    def lift(a: Any) -> Any:
        return a.astype(np.complex128) if isinstance(a, np.ndarray) and a.dtype == np.float64 else a

    return tuple(type(arg)(map(lift, arg)) if isinstance(arg, list | tuple) else lift(arg) for arg in args)


def _tape_claims(
    f: Any, args: tuple[Any, ...], kwargs: dict[str, Any], slots: list[Slot], rng: np.random.Generator
) -> Iterator[Claim]:
    from bplib.tape import Tensor, backward, no_grad

    leaves = {(i, j): Tensor(np.array(args[i] if j is None else args[i][j])) for _, i, j in slots}
    wrapped = args
    for (i, j), leaf in leaves.items():
        wrapped = _replace(wrapped, i, j, leaf)
    out = f(*wrapped, **kwargs)
    outs = list(out) if isinstance(out, tuple | list) else [out]
    upstreams = _random_upstreams(out, rng)
    size = _size(upstreams, out)
    backward(outs, upstreams)
    for name, i, j in slots:
        leaf = leaves[i, j]

        def scalar(x: Array, i: int = i, j: int | None = j) -> Any:
            with no_grad():
                inputs = _same_kind(_replace(args, i, j, x.copy()))
                tensors = inputs
                for _, k, m in slots:
                    tensors = _replace(tensors, k, m, Tensor(inputs[k] if m is None else inputs[k][m]))
                return _dot(upstreams, f(*tensors, **kwargs))

        claimed = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        yield name, leaf.value, claimed, scalar, size


def _module_claims(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], rng: np.random.Generator
) -> Iterator[Claim]:
    """Parameters and inputs alike become arguments of one function of the tape."""
    parameters = dict(module.named_parameters())
    names = list(parameters)
    floating = [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    everything = (*(p.value for p in parameters.values()), *(args[i] for i in floating))
    slots: list[Slot] = [(name, i, None) for i, name in enumerate(names + [f"input {i}" for i in floating])]
    for (name, _, _), x in zip(slots, everything, strict=True):
        _fit(name, np.asarray(x))

    def run(*tensors: Any) -> Any:
        inputs = list(args)
        for i, t in zip(floating, tensors[len(names) :], strict=True):
            inputs[i] = t
        with module.parameters_replaced(tensors[: len(names)]):
            return module(*inputs, **kwargs)

    buffers = [(owner, name, np.array(getattr(owner, name))) for _, owner, name in module._named_buffers()]
    try:
        yield from _tape_claims(run, everything, kwargs={}, slots=slots, rng=rng)
    finally:  # running averages have moved with every forward pass
        for owner, name, array in buffers:
            setattr(owner, name, array)
