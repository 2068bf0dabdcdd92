"""A module: parameters, found by attribute, and a call that hands them to an op."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from bplib.ops._door import Array
from bplib.tape import Tensor

T = TypeVar("T")


class Parameter(Tensor):
    """A leaf that belongs to a module and is trained."""

    __slots__ = ()


class Module:
    """Base of all layers and models. Write ``__init__`` and ``forward``; parameters are found by attribute.

    Attributes that are parameters or modules are part of the model, in the order of their assignment, and so are
    those inside lists, tuples and dicts, however deeply nested: ``self.heads = {"left": [Linear(…)]}`` has the
    parameter ``heads.left.0.W``. Arrays named in ``buffers`` (running averages) are saved with it but not trained.
    """

    training: bool = True
    buffers: tuple[str, ...] = ()
    observer: Callable[[Module, Any], None] | None = None

    def forward(self, *inputs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward method; define forward(self, x).")

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        out = self.forward(*inputs, **kwargs)
        if self.observer is not None:
            self.observer(self, out)
        return out

    @contextmanager
    def observed(self, observer: Callable[[Module, Any], None]) -> Iterator[None]:
        """Inside, ``observer(module, output)`` is called after the forward pass of every module in here."""
        everyone = [module for _, module in self.modules()]
        before = [module.observer for module in everyone]
        try:
            for module in everyone:
                module.observer = observer
            yield
        finally:
            for module, old in zip(everyone, before, strict=True):
                module.observer = old

    @property
    def kind(self) -> str:
        """What summaries and messages call this sort of layer."""
        return type(self).__name__

    def held(self, kind: type[T]) -> Iterator[tuple[str, T]]:
        """What this module itself holds of one type, as attributes and inside containers, by name."""
        for name, value in vars(self).items():
            if isinstance(value, kind):
                yield name, value
            elif isinstance(value, dict | list | tuple):
                for path, item in _items(name, value):
                    if isinstance(item, kind):
                        yield path, item

    def children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, by name."""
        return self.held(Module)

    def modules(self) -> Iterator[tuple[str, Module]]:
        """This module and all those inside it, depth first, each once, with its (first) path."""
        seen: set[int] = set()

        def walk(path: str, module: Module) -> Iterator[tuple[str, Module]]:
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                for name, child in module.children():
                    yield from walk(f"{path}.{name}".lstrip("."), child)

        return walk("", self)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its path; one that two modules share appears under its first path."""
        seen: set[int] = set()
        paths: set[str] = set()
        for path, module in self.modules():
            for name, value in module.held(Parameter):
                if id(value) not in seen:
                    full = f"{path}.{name}".lstrip(".")
                    if full in paths:
                        raise ValueError(
                            f"{type(self).__name__}: two parameters are called {full}; rename a key with a dot in it."
                        )
                    seen.add(id(value))
                    paths.add(full)
                    yield full, value

    def parameters(self) -> list[Parameter]:
        return [p for _, p in self.named_parameters()]

    def astype(self, dtype: Any) -> Module:
        """Convert every parameter and buffer, in place: float64 for checks, float32 for speed. Returns self."""
        for p in self.parameters():
            p.value, p.grad = p.value.astype(dtype), None
        for _, module, name in self._named_buffers():
            setattr(module, name, getattr(module, name).astype(dtype))
        return self

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = None

    def train(self, mode: bool = True) -> Module:
        """Training mode: dropout drops, batch norm uses the batch. Returns self."""
        for _, module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode: nothing random, running averages in use. Returns self."""
        return self.train(False)

    def _named_buffers(self) -> Iterator[tuple[str, Module, str]]:
        for path, module in self.modules():
            for name in module.buffers:
                yield f"{path}.{name}".lstrip("."), module, name

    def state_dict(self) -> dict[str, Array]:
        """A copy of every parameter and buffer, by path: what a checkpoint stores."""
        state = {name: np.array(p.value) for name, p in self.named_parameters()}
        state.update({path: np.array(getattr(m, name)) for path, m, name in self._named_buffers()})
        return state

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Take every value from ``state``; names, shapes and kinds must fit exactly, or nothing is changed.

        Values are converted to the dtype that the parameter has here.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict: state must be a dict of arrays by name, got {type(state).__name__}."
            )
        mine = self.state_dict()
        missing, extra = sorted(mine.keys() - state.keys()), sorted(state.keys() - mine.keys())
        if missing or extra:
            raise KeyError(
                f"load_state_dict: missing {missing or 'nothing'}, unexpected {extra or 'nothing'}."
            )
        ready = {name: _as_stored(name, state[name], value) for name, value in mine.items()}
        for name, p in self.named_parameters():
            p.value = ready[name]
        for path, module, name in self._named_buffers():
            setattr(module, name, ready[path])

    @contextmanager
    def parameters_replaced(self, tensors: Sequence[Tensor]) -> Iterator[None]:
        """Inside, the model computes with these tensors in place of its parameters (same order)."""
        found = [p for _, p in self.named_parameters()]
        swap = {id(p): t for p, t in zip(found, tensors, strict=True)}
        places = [
            (module, name, value)
            for _, module in self.modules()
            for name, value in vars(module).items()
            if any(isinstance(item, Parameter) for _, item in _items(name, value))
        ]
        try:
            for module, name, value in places:
                setattr(module, name, _replaced(value, swap))
            yield
        finally:
            for module, name, value in places:
                setattr(module, name, value)

    def summary(self, *inputs: Array) -> str:
        """A table: each layer's output shape, parameters, and the memory of its output, for these inputs."""
        from bplib.nn.summary import summary

        return summary(self, *inputs)

    def __repr__(self) -> str:
        children = list(self.children())
        if not children:
            return f"{self.kind}({self.describe()})"
        own = [self.describe()] if self.describe() else []
        inside = "\n".join(
            "  " + line.replace("\n", "\n  ") for line in own + [f"{n}: {c!r}" for n, c in children]
        )
        return f"{self.kind}(\n{inside}\n)"

    def describe(self) -> str:
        """What stands between the parentheses when the module prints itself: its own parameters."""
        return ", ".join(f"{name} {value.shape}" for name, value in self.held(Parameter))


def _items(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """``value`` itself, or what a list, tuple or dict holds, at any depth: each with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _items(f"{path}.{key}", item)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _items(f"{path}.{i}", item)
    else:
        yield path, value


def _replaced(value: Any, swap: dict[int, Tensor]) -> Any:
    """``value`` with the tensors of ``swap`` for its parameters; containers become new ones of the same kind."""
    if isinstance(value, Parameter):
        return swap[id(value)]
    if isinstance(value, dict):
        new = copy.copy(value)
        new.update({key: _replaced(item, swap) for key, item in value.items()})
        return new
    if isinstance(value, list | tuple):
        items = [_replaced(item, swap) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _as_stored(name: str, value: Any, mine: Array) -> Array:
    """A copy of ``value`` in the dtype of ``mine``, or an error that says why it does not fit."""
    try:
        there = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"load_state_dict: {name} is a nested list whose rows have different lengths."
        ) from None
    if there.shape != mine.shape:
        raise ValueError(f"load_state_dict: {name} has shape {mine.shape} here and {there.shape} there.")
    if there.dtype.kind not in "fiu" and there.dtype != mine.dtype:
        raise TypeError(
            f"load_state_dict: {name} is {mine.dtype} here and {there.dtype} there: not real numbers."
        )
    return np.array(there, dtype=mine.dtype)
