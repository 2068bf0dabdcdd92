"""A module: parameters, found by attribute, and a call that hands them to an op."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from bplib.ops._door import Array
from bplib.tape import Tensor


class Parameter(Tensor):
    """A leaf that belongs to a module and is trained."""

    __slots__ = ()


class Module:
    """Base of all layers and models. Write ``__init__`` and ``forward``; parameters are found by attribute.

    Attributes that are parameters, modules, or lists of modules are part of the model, in the order of their
    assignment. Arrays named in ``buffers`` (running averages) are saved with it but not trained.
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

    def children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, by name."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, list | tuple):
                for i, item in enumerate(value):
                    if isinstance(item, Module):
                        yield f"{name}.{i}", item

    def modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all those inside it, depth first, each with its path."""
        yield prefix.rstrip("."), self
        for name, child in self.children():
            yield from child.modules(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its path; one that two modules share appears under its first path."""
        seen: set[int] = set()
        for path, module in self.modules():
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}".lstrip("."), value

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

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Take every value from ``state``; names and shapes must fit exactly, or nothing is changed."""
        mine = self.state_dict()
        missing, extra = sorted(mine.keys() - state.keys()), sorted(state.keys() - mine.keys())
        if missing or extra:
            raise KeyError(
                f"load_state_dict: missing {missing or 'nothing'}, unexpected {extra or 'nothing'}."
            )
        for name, value in mine.items():
            if np.shape(state[name]) != value.shape:
                raise ValueError(
                    f"load_state_dict: {name} has shape {value.shape} here and {np.shape(state[name])} there."
                )
        for name, p in self.named_parameters():
            p.value = np.array(state[name], dtype=p.dtype)
        for path, module, name in self._named_buffers():
            setattr(module, name, np.array(state[path], dtype=mine[path].dtype))

    @contextmanager
    def parameters_replaced(self, tensors: Sequence[Tensor]) -> Iterator[None]:
        """Inside, the model computes with these tensors in place of its parameters (same order)."""
        found = [p for _, p in self.named_parameters()]
        swap = {id(p): t for p, t in zip(found, tensors, strict=True)}
        places = [
            (module, name, value)
            for _, module in self.modules()
            for name, value in vars(module).items()
            if isinstance(value, Parameter)
        ]
        try:
            for module, name, value in places:
                setattr(module, name, swap[id(value)])
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
            return f"{type(self).__name__}({self.describe()})"
        inside = "\n".join(f"  {name}: {child!r}".replace("\n", "\n  ") for name, child in children)
        return f"{type(self).__name__}(\n{inside}\n)"

    def describe(self) -> str:
        """What stands between the parentheses when the module prints itself."""
        return ", ".join(
            f"{name} {value.shape}" for name, value in vars(self).items() if isinstance(value, Parameter)
        )
