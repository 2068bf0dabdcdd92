"""A training run in one file, so that it can go on after a crash and end with the same bits.

The file is a plain .npz (arrays, and one JSON text): loading it can run no code. It is written beside its
place and renamed, so that a crash leaves the old file or the new one, never half of one.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bplib.nn.module import Module
from bplib.ops._door import Array

FORMAT = 1


@dataclass
class TrainingState:
    """Where a run is: everything that is neither the model nor the optimiser."""

    rng: np.random.Generator
    epoch: int = 0
    step: int = 0
    history: dict[str, list[Any]] = field(default_factory=dict)
    best_loss: float = float("inf")
    waited: int = 0
    stopped: bool = False
    best: dict[str, Array] | None = None


def _generators(model: Module, rng: np.random.Generator) -> list[np.random.Generator]:
    """The loop's generator and those that layers hold (dropout), each once."""
    found = {id(rng): rng}
    for _, module in model.modules():
        for _, generator in module.held(np.random.Generator):
            found[id(generator)] = generator
    return list(found.values())


def save(path: Path, model: Module, optimizer: Any, state: TrainingState) -> None:
    """Write the whole run to ``path``, atomically."""
    arrays: dict[str, Any] = {f"model/{k}": v for k, v in model.state_dict().items()}
    arrays |= {f"best/{k}": v for k, v in (state.best or {}).items()}
    plain = _flatten("optimizer", optimizer.state_dict(), arrays)
    text = {
        "format": FORMAT,
        "epoch": state.epoch,
        "step": state.step,
        "history": state.history,
        "best_loss": state.best_loss,
        "waited": state.waited,
        "stopped": state.stopped,
        "has_best": state.best is not None,
        "generators": [g.bit_generator.state for g in _generators(model, state.rng)],
        "optimizer": plain,
    }
    arrays["about"] = np.array(json.dumps(text, default=_plain_array))
    temporary = path.with_name(path.name + ".part")
    with open(temporary, "wb") as f:
        np.savez(f, **arrays)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)


def _plain_array(x: Any) -> Any:
    if isinstance(x, np.ndarray):  # MT19937 keeps its key in an array
        return {"array": x.tolist(), "dtype": str(x.dtype)}
    return x.item()


def _revive(x: Any) -> Any:
    if isinstance(x, dict):
        if x.keys() == {"array", "dtype"}:
            return np.array(x["array"], dtype=x["dtype"])
        return {k: _revive(v) for k, v in x.items()}
    return x


def _flatten(path: str, tree: Any, arrays: dict[str, Any]) -> Any:
    """Move every array of a nested structure into ``arrays``; what remains is plain JSON that points to them."""
    if isinstance(tree, np.ndarray):
        arrays[path] = tree
        return {"$array": path}
    if isinstance(tree, dict):
        return {str(k): _flatten(f"{path}/{k}", v, arrays) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return [_flatten(f"{path}/{i}", v, arrays) for i, v in enumerate(tree)]
    return tree


def _unflatten(tree: Any, arrays: Any) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {"$array"}:
            return arrays[tree["$array"]]
        return {k: _unflatten(v, arrays) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_unflatten(v, arrays) for v in tree]
    return tree


def load(path: Path, model: Module, optimizer: Any, rng: np.random.Generator) -> TrainingState:
    """Put model, optimiser and generators back to where ``path`` left them; all of them, or after an error none."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as f:
            arrays = dict(f)
        about = json.loads(str(arrays["about"]))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is not a readable checkpoint ({error}). Delete it, or start without resume."
        ) from None
    if about.get("format") != FORMAT:
        raise ValueError(f"{path} has checkpoint format {about.get('format')}; this version reads {FORMAT}.")

    def part(prefix: str) -> dict[str, Array]:
        return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}

    generators = _generators(model, rng)
    if len(generators) != len(about["generators"]):
        raise ValueError(
            f"{path} holds {len(about['generators'])} random generators, this model and loop have "
            f"{len(generators)}: it belongs to another model."
        )
    before = model.state_dict(), optimizer.state_dict(), [g.bit_generator.state for g in generators]
    try:
        kept = [_revive(state) for state in about["generators"]]
        _put(model, optimizer, generators, part("model/"), _unflatten(about["optimizer"], arrays), kept)
    except (ValueError, TypeError, KeyError) as error:
        _put(model, optimizer, generators, *before)
        raise ValueError(
            f"{path} belongs to another model or optimiser, and nothing was changed: "
            f"{str(error.args[0]).rstrip('.')}. Build them as in the run that wrote it, or start without resume."
        ) from error
    return TrainingState(
        rng=rng,
        epoch=about["epoch"],
        step=about["step"],
        history=about["history"],
        best_loss=about["best_loss"],
        waited=about["waited"],
        stopped=about["stopped"],
        best=part("best/") if about["has_best"] else None,
    )


def _put(model: Module, optimizer: Any, generators: list[np.random.Generator], *states: Any) -> None:
    of_model, of_optimizer, of_generators = states
    model.load_state_dict(of_model)
    optimizer.load_state_dict(of_optimizer)
    for generator, state in zip(generators, of_generators, strict=True):
        generator.bit_generator.state = state
