"""What the gradient checker checks: the gradients that an op, a function of tensors, or a module claims.

Each of the three faces becomes the same thing: a list of arrays, the gradient claimed for each, and the
scalar ⟨d, f⟩ as a plain function of that one array.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from bplib._calls import Slot, at, prepared, replaced
from bplib._complex_step import lifted
from bplib._mode import no_grad, switched
from bplib.ops._door import Array


class Claim(NamedTuple):
    """A gradient that was claimed, and what is needed to measure it."""

    name: str
    x: Array  # the argument
    claimed: Any  # its gradient, whatever the pullback returned for it
    scalar: Callable[[Array], Any]  # ⟨d, f⟩ as a function of this argument
    size: float  # Σ|dᵢ fᵢ|
    sent: float  # the largest |dᵢ|


def claims(
    f: Any, args: tuple[Any, ...], kwargs: dict[str, Any], rng: np.random.Generator, faults: list[str]
) -> Iterator[Claim]:
    """One claim for each array that ``f`` differentiates with respect to; see the module's docstring.

    What is wrong with the pullback as such, and not with one gradient, is added to ``faults``.
    """
    from bplib import tape  # here, not above: the tape stays out of the import of an op

    def untracked(a: Any) -> Any:
        return a.value if isinstance(a, tape.Tensor) and a.requires_grad else a

    while isinstance(f, functools.partial):
        f, args, kwargs = f.func, (*f.args, *args), {**f.keywords, **kwargs}
    args = tuple(
        type(a)(map(untracked, a)) if type(a) is list or type(a) is tuple else untracked(a) for a in args
    )
    kwargs = {name: untracked(a) for name, a in kwargs.items()}
    if hasattr(f, "named_parameters"):
        yield from _module_claims(f, args, kwargs, rng, faults)
        return
    args, kwargs, slots, constants = prepared(f, args, kwargs)
    if not slots:
        raise ValueError(
            "gradcheck: there is no floating-point array among the arguments, so there is nothing to check."
        )
    for slot in slots:
        _fit(slot.name, np.asarray(at(args, slot)))
    try:
        out = f(*args, **kwargs)
    except AttributeError:  # a function that calls methods which only tensors have
        out = None
    if isinstance(out, tuple) and len(out) == 2 and callable(out[1]) and not isinstance(out[1], tape.Tensor):
        yield from _op_claims(f, args, kwargs, slots, constants, rng, faults)
    else:
        yield from _tape_claims(f, args, kwargs, slots, rng, faults)


def _fit(name: str, x: Array) -> None:
    """A check needs float64 and finite numbers."""
    if x.dtype != np.float64:
        raise TypeError(f"gradcheck: {name} is {x.dtype}; a check needs float64.")
    if not np.all(np.isfinite(x)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise ValueError(f"gradcheck: {name}{list(where)} is {x[where]}; a check needs finite inputs.")


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


def _largest(upstreams: list[Array]) -> float:
    return max((float(np.abs(d).max(initial=0.0)) for d in upstreams), default=0.0)


def _equal(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(
        (x is None and y is None) or np.array_equal(np.asarray(x), np.asarray(y), equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def _op_claims(
    op: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    slots: list[Slot],
    constants: list[Slot],
    rng: np.random.Generator,
    faults: list[str],
) -> Iterator[Claim]:
    given = [np.array(at(args, s)) for s in slots]
    value, pullback = op(*args, **kwargs)
    upstreams = _random_upstreams(value, rng)

    def send(ds: list[Any]) -> list[Any]:
        grads = pullback(*ds)
        return [None if g is None else np.array(g) for g in (grads if isinstance(grads, tuple) else (grads,))]

    sent = [d.copy() for d in upstreams]
    grads = send(sent)
    if not _equal(sent, upstreams):
        faults.append("the pullback changes the upstream gradient in place")
    if not _equal(grads, send([d.copy() for d in upstreams])):
        faults.append("the pullback returns something else when it is called a second time")
    if not _equal([at(args, s) for s in slots], given):
        faults.append("the op or its pullback changes an argument in place")
    everything = sorted([*slots, *constants], key=lambda s: (s.i, s.j or 0))
    counted = everything if len(grads) == len(everything) else slots
    if len(grads) != len(counted):
        raise ValueError(
            f"gradcheck: the pullback returned {len(grads)} gradients for {len(slots)} differentiable "
            f"arguments ({', '.join(s.name for s in slots)}). Pass arrays by position; mark an op "
            'some of whose arguments get no gradient with @differentiable("x", ...).'
        )
    if len(upstreams) > 1:
        _try_none(send, upstreams, faults)
    for slot, claimed, x in zip(slots, [grads[counted.index(s)] for s in slots], given, strict=True):

        def scalar(x: Array, slot: Slot = slot) -> Any:
            return _dot(upstreams, op(*lifted(replaced(args, slot, x.copy())), **kwargs)[0])

        yield Claim(slot.name, x, claimed, scalar, _size(upstreams, value), _largest(upstreams))


def _try_none(send: Callable[[list[Any]], list[Any]], upstreams: list[Array], faults: list[str]) -> None:
    """None for the gradient of an output that nobody used means zeros, where a pullback takes it at all.

    One that does not will raise the same error in a sweep: nobody gets a wrong gradient from it.
    """
    for k in range(len(upstreams)):
        try:
            got = send([d.copy() if i == k else None for i, d in enumerate(upstreams)])
        except (TypeError, AttributeError):
            continue
        want = send([d.copy() if i == k else np.zeros_like(d) for i, d in enumerate(upstreams)])
        for a, b in zip(got, want, strict=True):
            if (a is None) != (b is None) or (a is not None and not np.allclose(a, b, rtol=1e-9, atol=1e-12)):
                faults.append(
                    f"None for all upstream gradients but number {k} gives other gradients than zeros"
                )
                break


def _tape_claims(
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    slots: list[Slot],
    rng: np.random.Generator,
    faults: list[str],
) -> Iterator[Claim]:
    from bplib.tape import Tensor, backward

    leaves = [Tensor(np.array(at(args, slot))) for slot in slots]
    wrapped = args
    for slot, leaf in zip(slots, leaves, strict=True):
        wrapped = replaced(wrapped, slot, leaf)
    out = f(*wrapped, **kwargs)
    outs = list(out) if isinstance(out, tuple | list) else [out]
    for o in outs:
        if not isinstance(o, Tensor):
            raise TypeError(
                f"gradcheck: f must return (value, pullback), a tensor or a tuple of tensors, got {type(o).__name__}."
            )
    upstreams = _random_upstreams(out, rng)
    size = _size(upstreams, out)

    def swept() -> list[Array]:
        for leaf in leaves:
            leaf.grad = None
        backward(outs, upstreams, retain_graph=True)
        return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves]

    grads = swept()
    if not _equal(grads, swept()):
        faults.append("a second backward over the same graph gives other gradients")
    for slot, leaf, claimed in zip(slots, leaves, grads, strict=True):

        def scalar(x: Array, slot: Slot = slot) -> Any:
            inputs = replaced(args, slot, x.copy())
            tensors = inputs
            for s in slots:
                tensors = replaced(tensors, s, Tensor(at(inputs, s)))
            with no_grad(), switched(lift=x.dtype.kind == "c"):
                return _dot(upstreams, f(*tensors, **kwargs))

        yield Claim(slot.name, leaf.value, claimed, scalar, size, _largest(upstreams))


def _module_claims(
    module: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    rng: np.random.Generator,
    faults: list[str],
) -> Iterator[Claim]:
    """Parameters and inputs alike become arguments of one function of the tape."""
    parameters = dict(module.named_parameters())
    names = list(parameters)
    floating = [i for i, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    everything = (*(p.value for p in parameters.values()), *(args[i] for i in floating))
    slots = [Slot(name, i, None) for i, name in enumerate(names + [f"input {i}" for i in floating])]
    for slot, x in zip(slots, everything, strict=True):
        _fit(slot.name, np.asarray(x))

    def run(*tensors: Any) -> Any:
        inputs = list(args)
        for i, t in zip(floating, tensors[len(names) :], strict=True):
            inputs[i] = t
        with module.parameters_replaced(tensors[: len(names)]):
            return module(*inputs, **kwargs)

    buffers = [(owner, name, np.array(getattr(owner, name))) for _, owner, name in module._named_buffers()]
    try:
        yield from _tape_claims(run, everything, {}, slots, rng, faults)
    finally:  # running averages have moved with every forward pass
        for owner, name, array in buffers:
            setattr(owner, name, array)
