"""The training loop: forward, loss, backward, update, again; with what a long run needs around it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bplib import checkpoint as files
from bplib.nn.module import Module
from bplib.ops._door import Array
from bplib.optim import clip_grad_norm
from bplib.tape import Tensor, no_grad

History = dict[str, list[Any]]
Pair = tuple[Array, Array]
Loss = Callable[[Any, Array], Tensor]
Metric = Callable[[Array, Array], Any]


class TrainingStopped(RuntimeError):
    """The loss or a gradient stopped being a number; the message says where it began."""


def fit(
    model: Module,
    loss: Loss,
    optimizer: Any,
    train: Pair,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Pair | None = None,
    metrics: Mapping[str, Metric] | None = None,
    schedule: Callable[[int], float] | None = None,
    clip_norm: float | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Callable[[int, History], Any]] = (),
    progress: bool | None = None,
) -> History:
    """Train ``model`` on ``train = (x, y)`` and return the history, one number per epoch in each list.

    loss          ``loss(model(x), y)``, one number (for example ``functional.softmax_cross_entropy``)
    rng           shuffles the examples, afresh in each epoch
    metrics       name → function(scores, y), a number or an array (precision by class, a confusion matrix, which the
                  history keeps as nested lists); measured on ``validation``, or on ``train`` where there is none
    schedule      step → learning rate, set before each update
    clip_norm     the gradient, as one vector, is shortened to this length before the update
    patience      stop when the validation loss has not fallen for so many epochs, and put the best model back
    checkpoint    a .npz file, written after each epoch to a temporary name and then renamed; with ``resume`` a run
                  that was cut off goes on from there and ends with the same bits as one that was not
    callbacks     called after each epoch with its number and the history; one that returns True stops the run
    progress      a bar on standard output; by default only where that is a terminal

    A loss that is not finite stops the run with a message that names the first layer whose output is not.
    """
    x, y = train
    _look_at(x, y, epochs, batch_size)
    if patience is not None and validation is None:
        raise ValueError(
            "fit: patience needs validation data; the training loss says nothing about when to stop."
        )
    state = files.TrainingState(rng=rng)
    if resume:
        if checkpoint is None:
            raise ValueError("fit: resume needs the checkpoint file to go on from.")
        if Path(checkpoint).exists():
            state = files.load(Path(checkpoint), model, optimizer, rng)
    history = state.history
    for name, parameter in model.named_parameters():  # so that the optimiser can name a gradient that is NaN
        parameter.name = parameter.name or name
    bar = tqdm(
        total=epochs,
        initial=state.epoch,
        unit="epoch",
        file=sys.stdout,
        disable=not (sys.stdout.isatty() if progress is None else progress),
    )
    with bar:
        while state.epoch < epochs and not state.stopped:
            _one_epoch(model, loss, optimizer, x, y, batch_size, rng, schedule, clip_norm, state)
            _measure(model, loss, train, validation, metrics or {}, batch_size, history)
            state.epoch += 1
            if patience is not None:
                _early_stopping(model, state, patience)
            bar.set_postfix(
                {k: f"{v[-1]:.4g}" for k, v in history.items() if isinstance(v[-1], float)}, refresh=False
            )
            bar.update()
            for callback in callbacks:
                state.stopped |= callback(state.epoch, history) is True
            if checkpoint is not None:
                files.save(Path(checkpoint), model, optimizer, state)
    if state.best is not None:
        model.load_state_dict(state.best)
    return history


def _look_at(x: Array, y: Array, epochs: int, batch_size: int) -> None:
    if len(x) != len(y):
        raise ValueError(f"fit: x has {len(x)} examples and y has {len(y)}.")
    if len(x) == 0:
        raise ValueError("fit: there are no examples.")
    if batch_size < 1 or epochs < 0:
        raise ValueError(
            f"fit: batch_size must be at least 1 and epochs at least 0, got {batch_size}, {epochs}."
        )
    if np.asarray(x).dtype.kind == "f" and not np.all(np.isfinite(x)):
        at = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"fit: x{[int(i) for i in at]} is {x[tuple(at)]}; clean the data before training.")


def _one_epoch(
    model: Module,
    loss: Loss,
    optimizer: Any,
    x: Array,
    y: Array,
    batch_size: int,
    rng: np.random.Generator,
    schedule: Callable[[int], float] | None,
    clip_norm: float | None,
    state: files.TrainingState,
) -> None:
    model.train()
    order = rng.permutation(len(x))
    total = 0.0
    for start in range(0, len(x), batch_size):
        chosen = order[start : start + batch_size]
        bx, by = x[chosen], y[chosen]
        model.zero_grad()
        value = loss(model(bx), by)
        if not np.isfinite(value.item()):
            raise TrainingStopped(_first_bad_layer(model, bx, value.item(), state))
        value.backward()
        if clip_norm is not None:
            clip_grad_norm(model.parameters(), clip_norm)
        if schedule is not None:
            optimizer.lr = schedule(state.step)
        optimizer.step()
        state.step += 1
        total += value.item() * len(chosen)
    state.history.setdefault("loss", []).append(total / len(x))


def _first_bad_layer(model: Module, x: Array, loss: float, state: files.TrainingState) -> str:
    names = {id(m): path for path, m in model.modules()}
    bad: list[str] = []

    def look(module: Module, out: Any) -> None:
        outs = out if isinstance(out, tuple) else (out,)
        values: list[Any] = [getattr(o, "value", o) for o in outs]
        if not bad and not all(np.isfinite(v).all() for v in values):
            where = names[id(module)] or "the model"
            bad.append(f"{where} ({type(module).__name__}) is the first layer whose output is not finite")

    with no_grad(), np.errstate(all="ignore"), model.observed(look):
        model(x)
    weights = [n for n, p in model.named_parameters() if not np.all(np.isfinite(p.value))]
    if weights:
        bad.append(f"parameters that are not finite: {', '.join(weights)}")
    found = "; ".join(bad) or "every layer's output is finite, so the loss function itself overflowed"
    return (
        f"the loss became {loss} in epoch {state.epoch + 1}, step {state.step}: {found}. "
        "Try a smaller learning rate, clip_norm, or inputs scaled to about 1."
    )


def predict(model: Module, x: Array, batch_size: int = 256) -> Array:
    """The model's outputs on x, in evaluation mode and in batches; the mode is put back afterwards."""
    modes = [(m, m.training) for _, m in model.modules()]
    try:
        model.eval()
        with no_grad():
            return np.concatenate([model(x[i : i + batch_size]).value for i in range(0, len(x), batch_size)])
    finally:
        for module, mode in modes:
            module.training = mode


def _measure(
    model: Module,
    loss: Loss,
    train: Pair,
    validation: Pair | None,
    metrics: Mapping[str, Metric],
    batch_size: int,
    history: History,
) -> None:
    if validation is None and not metrics:
        return
    x, y = train if validation is None else validation
    scores = predict(model, x, max(batch_size, 256))
    prefix = "" if validation is None else "val_"
    if validation is not None:
        with no_grad():
            history.setdefault("val_loss", []).append(loss(Tensor(scores), y).item())
    for name, metric in metrics.items():
        history.setdefault(prefix + name, []).append(np.asarray(metric(scores, y)).tolist())


def _early_stopping(model: Module, state: files.TrainingState, patience: int) -> None:
    now = state.history["val_loss"][-1]
    if now < state.best_loss:
        state.best_loss, state.waited, state.best = now, 0, model.state_dict()
    else:
        state.waited += 1
        state.stopped |= state.waited >= patience
