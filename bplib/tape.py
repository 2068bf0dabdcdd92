"""The tape: it remembers pullbacks while values are computed, and calls them in reverse order.

It owns no derivative. A ``Tensor`` is a value, the tensors it was computed from, and the pullback that the op
returned. Tensors are numbered as they are made, and an op's arguments exist before its result: descending
numbers are a reverse topological order. Gradients of one sweep live in a dict, so none can be stale.

Pullbacks keep references to arrays, not copies. Between the forward pass and ``backward`` no array that went
into an op, or came out of one, may be changed in place (``x.value *= 2``): the gradient would silently be that
of a mixture of old and new. Replace arrays instead (``x.value = 2 * x.value``), as the optimisers do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from bplib import ops
from bplib._complex_step import lifted
from bplib._mode import mode
from bplib._mode import no_grad as no_grad
from bplib._own import REFERENCES_ALONE
from bplib._signature import fitted, refuse_count, refuse_tensors, signature_of
from bplib.ops._door import ArrayLike, as_gradient, floats

_next_number = itertools.count().__next__


class Tensor:
    """A value on the tape.

    ``Tensor(x)`` is a leaf: after ``y.backward()`` its ``grad`` holds ∂y/∂x, added to what was there before
    (set it to None to start afresh). The tensors that ops return are inner nodes; they keep no gradient
    unless ``backward(inner=True)`` asks for it. ``requires_grad=False`` makes a constant."""

    __slots__ = ("grad", "name", "number", "op", "parents", "pullback", "requires_grad", "slot", "value")
    __array_ufunc__ = None  # array + tensor must reach Tensor.__radd__, not loop over the array's elements

    value: Any
    grad: Any

    def __init__(self, value: ArrayLike, requires_grad: bool = True, name: str = "") -> None:
        self.value = floats("Tensor", "value", value)
        self.grad = None
        self.requires_grad = requires_grad
        self.name = name
        self.op = ""
        self.number = _next_number()
        self.parents: Sequence[Tensor | None] = ()
        self.pullback: Callable[..., Any] | None = None
        self.slot: int | None = None  # which of several outputs this is; parents[0] is then the joint node

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    dtype = property(lambda self: self.value.dtype)
    size = property(lambda self: self.value.size)
    T = property(lambda self: self.transpose())

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        source = f", op={self.op}" if self.op else ""
        return f"Tensor({np.array2string(np.asarray(self.value), precision=4, threshold=20)}{source})"

    def item(self) -> float:
        return self.value.item()

    def detach(self) -> Tensor:
        """The same value as a constant: no gradient passes."""
        return Tensor(self.value, requires_grad=False)

    def backward(
        self, gradient: ArrayLike = None, *, retain_graph: bool = False, inner: bool = False
    ) -> None:
        """Send ``gradient`` (1 for a single number) back to every leaf. See :func:`backward`."""
        if gradient is None and self.size != 1:
            raise ValueError(
                f"backward: this tensor has shape {self.shape}; pass the upstream gradient of that shape, "
                "or reduce it to one number first (.sum(), .mean(), a loss)."
            )
        backward([self], [np.ones_like(self.value) if gradient is None else gradient], retain_graph, inner)

    def __add__(self, other: Any) -> Tensor:
        return apply(ops.add, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return apply(ops.add, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return apply(ops.sub, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return apply(ops.sub, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return apply(ops.mul, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return apply(ops.mul, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return apply(ops.div, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return apply(ops.div, other, self)

    def __pow__(self, other: Any) -> Tensor:
        return apply(ops.power, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return apply(ops.power, other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return apply(ops.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return apply(ops.matmul, other, self)

    def __neg__(self) -> Tensor:
        return apply(ops.mul, self, -1.0)

    def __getitem__(self, index: Any) -> Tensor:
        return apply(ops.getitem, self, index)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return apply(ops.sum, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return apply(ops.mean, self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return apply(ops.max, self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        return apply(ops.reshape, self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: int) -> Tensor:
        return apply(ops.transpose, self, axes or None)


def apply(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call an op on tensors: unwrap the values, run it, remember its pullback and where its gradients go."""
    signature = signature_of(op)
    if signature.partial:
        held: Any = op
        return apply(held.func, *held.args, *args, **{**held.keywords, **kwargs})
    if kwargs:
        args, kwargs = signature.positional(args, kwargs)
        refuse_tensors(signature.op, kwargs)
    if not signature.required <= len(args) <= signature.most:
        signature.refuse(len(args), kwargs)
    differentiable = signature.differentiable if signature.star is None else signature.wanted(len(args))
    parents: list[Tensor | None] = []
    values: list[Any] = []
    tracked = False
    for arg, wanted in zip(args, differentiable, strict=False):
        if isinstance(arg, Tensor):
            values.append(arg.value)
            if wanted:
                if arg.requires_grad:
                    tracked = True
                    parents.append(arg)
                else:
                    parents.append(None)
        elif (type(arg) is list or type(arg) is tuple) and signature.many(len(values), arg):
            values.append(type(arg)(a.value if isinstance(a, Tensor) else a for a in arg))
            if wanted:  # concatenate: every member has a gradient of its own
                parents += [a if isinstance(a, Tensor) and a.requires_grad else None for a in arg]
                tracked = tracked or any(p is not None for p in parents)
        else:
            values.append(arg)
            if wanted and arg is not None:
                parents.append(None)
    if signature.need_dx and parents[:1] == [None]:
        kwargs["need_dx"] = False  # the first layer need not differentiate with respect to the data
    if mode.lift:
        values = lifted(values)
    value, pullback = op(*values, **kwargs)
    if not callable(pullback):
        signature.refuse_result()  # a lone value with two rows unpacks just as well
    if not tracked or mode.off:
        values = [Tensor(v, requires_grad=False) for v in (value if type(value) is tuple else (value,))]
        return tuple(values) if type(value) is tuple else values[0]
    if type(value) is tuple:
        joint = _node(value, signature.op, parents, pullback)
        outs = tuple(_node(v, signature.op, [joint], pullback) for v in value)
        for i, out in enumerate(outs):
            out.slot = i
        return outs
    return _node(value, signature.op, parents, pullback)


def _node(value: Any, op: str, parents: list[Tensor | None], pullback: Callable[..., Any]) -> Tensor:
    node = Tensor.__new__(Tensor)  # an op's value needs no check at the door
    node.value = np.float64(value) if type(value) is float else value
    node.grad = None
    node.requires_grad = True
    node.name = ""
    node.op = op
    node.number = _next_number()
    node.parents = parents
    node.pullback = pullback
    node.slot = None
    return node


def backward(
    outputs: Sequence[Tensor],
    gradients: Sequence[ArrayLike],
    retain_graph: bool = False,
    inner: bool = False,
) -> None:
    """One reverse sweep from several outputs at once: each node's pullback is called exactly once.

    Leaves add the result to ``grad`` when the sweep has succeeded; an error on the way changes none of them.
    The graph is freed as the sweep goes unless ``retain_graph``, so that memory is given back; a second sweep
    over a freed graph is an error. With ``inner`` the gradient of every inner node of this sweep is kept in
    its ``grad`` (replacing an older one).
    """
    sweep: dict[Tensor, Any] = {}
    if len(outputs) != len(gradients):
        raise ValueError(f"backward: got {len(gradients)} upstream gradients for {len(outputs)} outputs.")
    for out, gradient in zip(outputs, gradients, strict=True):
        if not isinstance(out, Tensor):
            raise TypeError(f"backward: expected a Tensor, got {type(out).__name__}.")
        if not out.requires_grad:
            raise ValueError("backward: this tensor is a constant: no gradient can flow from it.")
        d = as_gradient("backward", gradient, out.shape, out.value.dtype)
        sweep[out] = sweep[out] + d if out in sweep else d
    nodes = _reachable(outputs)
    nodes.sort(key=_number, reverse=True)
    leaves: list[tuple[Tensor, Any]] = []
    try:
        for node in nodes:
            d = sweep.pop(node, None)
            if d is None:  # an output of several that nobody used
                continue
            if node.slot is not None:
                joint: Any = node.parents[0]
                sweep.setdefault(joint, [None] * len(joint.value))[node.slot] = d
            elif node.pullback is None:
                d = as_gradient("backward", d, node.shape, node.dtype, "a pullback")
                leaves.append((node, d))
                continue
            else:
                grads = node.pullback(*d) if type(d) is list else node.pullback(d)
                if type(grads) is not tuple:
                    grads = (grads,)
                if len(grads) != len(node.parents):
                    refuse_count(node.op, grads, node.parents)
                for parent, g in zip(node.parents, grads, strict=True):
                    if parent is not None:
                        if getattr(g, "shape", None) != parent.value.shape:
                            g = fitted(node.op, g, parent.value)
                        sweep[parent] = sweep[parent] + g if parent in sweep else g
            if inner and type(d) is not list:
                node.grad = d
            if not retain_graph:
                node.pullback, node.parents = _freed, ()
    except Exception as error:
        error.add_note(f"(in backward, at the pullback of {node.op})")
        raise
    grads = g = None
    for leaf, d in leaves:
        # A copy where someone else holds the array too: a pullback may hand one to two parents, or keep it.
        own = d.base is None and getrefcount(d) <= REFERENCES_ALONE
        leaf.grad = leaf.grad + d if leaf.grad is not None else d if own else np.array(d)


_number = lambda tensor: tensor.number


def _freed(*_: Any) -> Any:
    raise AssertionError("never called: backward looks for it first")


def _reachable(outputs: Sequence[Tensor]) -> list[Tensor]:
    seen = set(outputs)
    stack = list(seen)
    for node in stack:  # the list grows while it is walked; no recursion, so depth has no limit
        if node.pullback is _freed:
            raise RuntimeError(
                "backward: this graph was already used and freed, by a sweep that succeeded or one that an error "
                "stopped. Call backward(retain_graph=True) the first time, or compute the value again."
            )
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return stack
