"""The training loop: forward, loss, backward, update, again; with what a long run needs around it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bplib import _fit_door as door
from bplib import checkpoint as files
from bplib.nn.module import Module
from bplib.ops._door import Array
from bplib.optim import clip_grad_norm
from bplib.tape import Tensor, no_grad

History = dict[str, list[Any]]
Pair = tuple[Array, Array]
Loss = Callable[[Any, Array], Tensor]
Metric = Callable[[Array, Array], Any]


_REMEDY = "Try a smaller learning rate, clip_norm, or inputs scaled to about 1."


class TrainingStopped(FloatingPointError):
    """The loss or a gradient stopped being a finite number; the message says when, and where it began."""


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

    A loss or a gradient that is not finite stops the run (``TrainingStopped``) before the parameters change. The
    message names the first layer whose output is not finite, or the first parameter whose gradient is not.
    """
    door.look_at_parts(model, optimizer, rng, metrics)
    named = {f"metrics[{name!r}]": metric for name, metric in (metrics or {}).items()}
    numbered = {f"callbacks[{i}]": callback for i, callback in enumerate(callbacks)}
    door.look_at_functions(loss=loss, schedule=schedule, **named, **numbered)
    door.look_at_counts(epochs=(epochs, 0), batch_size=(batch_size, 1), patience=(patience, 0))
    x, y = door.look_at_data("train", train)
    if validation is not None:
        door.look_at_data("validation", validation)
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
        value = door.one_number(loss(model(bx), by))
        if not np.isfinite(value.item()):
            raise TrainingStopped(_first_bad_layer(model, bx, value.item(), state))
        value.backward()
        try:
            if clip_norm is not None:
                clip_grad_norm(model.parameters(), clip_norm)
            if schedule is not None:
                optimizer.lr = schedule(state.step)
            optimizer.step()
        except FloatingPointError as error:
            raise TrainingStopped(
                f"the loss {value.item():.4g} is finite in epoch {state.epoch + 1}, step {state.step}, and a gradient "
                f"is not. {error} {_REMEDY}"
            ) from error
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
            bad.append(f"{where} ({module.kind}) is the first layer whose output is not finite")

    with no_grad(), np.errstate(all="ignore"), model.observed(look):
        model(x)
    weights = [n for n, p in model.named_parameters() if not np.all(np.isfinite(p.value))]
    if weights:
        bad.append(f"parameters that are not finite: {', '.join(weights)}")
    found = "; ".join(bad) or (
        "in a second pass every layer's output is finite, so look at the loss function and its targets "
        "(a logarithm of 0, 0 / 0, an overflow)"
    )
    return f"the loss became {loss} in epoch {state.epoch + 1}, step {state.step}: {found}. {_REMEDY}"


def predict(model: Module, x: Array, batch_size: int = 256) -> Array:
    """The model's outputs on x, in evaluation mode and in batches; the mode is put back afterwards.

    x: (N, …), value: (N, …). The model returns one tensor with one row for each example.
    """
    if not isinstance(x, np.ndarray) or len(x) == 0:
        got = type(x).__name__ if not isinstance(x, np.ndarray) else f"shape {x.shape}"
        raise ValueError(f"predict: x must be an array with at least one example, got {got}.")
    modes = [(m, m.training) for _, m in model.modules()]
    try:
        model.eval()
        with no_grad():
            starts = range(0, len(x), batch_size)
            return np.concatenate([_scores(model, x[i : i + batch_size]) for i in starts])
    finally:
        for module, mode in modes:
            module.training = mode


def _scores(model: Module, x: Array) -> Array:
    out = model(x)
    if not isinstance(out, Tensor) or out.ndim == 0 or len(out) != len(x):
        got = f"shape {out.shape}" if isinstance(out, Tensor) else f"a {type(out).__name__}"
        raise TypeError(
            f"predict: {model.kind} must return one Tensor with a row for each of {len(x)} examples, got {got}. "
            "(An LSTM returns a pair, and sequences are (T, N, D).) Write a module whose forward returns the scores."
        )
    return out.value


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
