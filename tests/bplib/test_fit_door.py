"""What fit and predict refuse, and what they say: before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import metrics, nn, ops, optim
from bplib.train import TrainingStopped, fit, predict

X = np.random.default_rng(1).normal(size=(12, 2))
Y = (X[:, 0] > 0).astype(int)


def build(seed: int = 0) -> nn.Module:
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(2, 4, rng), nn.BatchNorm(4), nn.Linear(4, 2, rng))


def attempt(model: Any = None, **options: Any) -> Any:
    model = build() if model is None else model
    call: dict[str, Any] = {
        "loss": F.softmax_cross_entropy,
        "train": (X, Y),
        "epochs": 1,
        "batch_size": 4,
        "rng": np.random.default_rng(0),
        **options,
    }
    if "optimizer" not in call:
        call["optimizer"] = optim.SGD(model.parameters(), lr=0.1)
    return fit(model, **call)


def test_an_optimiser_of_another_model_is_refused() -> None:
    old, new = build(), build()
    stale = optim.SGD(old.parameters(), lr=0.1)
    with pytest.raises(
        ValueError, match=r"trains params\[0\] of shape \(2, 4\) and others, which this model does not"
    ):
        attempt(new, optimizer=stale)
    half = optim.SGD([new.layers[0].W, old.layers[0].b], lr=0.1)  # type: ignore[attr-defined]
    with pytest.raises(
        ValueError, match=r"trains params\[1\] of shape \(4,\), which this model .*Build the optimiser"
    ):
        attempt(new, optimizer=half)


def test_an_optimiser_of_some_parameters_trains_those() -> None:
    model = build()
    before = model.state_dict()
    attempt(model, optimizer=optim.SGD(model.layers[2].parameters(), lr=0.1))  # type: ignore[attr-defined]
    after = model.state_dict()
    assert not np.array_equal(before["layers.2.W"], after["layers.2.W"])
    np.testing.assert_array_equal(before["layers.0.W"], after["layers.0.W"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rng": None}, TypeError, r"rng must be a numpy Generator.*NoneType.*default_rng\(seed\)"),
        ({"rng": 0}, TypeError, "rng must be a numpy Generator.*got int"),
        ({"train": (X.tolist(), Y)}, TypeError, r"x of train must be an array.*got list.*np.asarray\(x\)"),
        ({"train": (X, Y.tolist())}, TypeError, r"y of train must be an array.*got list.*np.asarray\(y\)"),
        ({"train": X}, TypeError, r"train must be a pair \(x, y\) of arrays, got ndarray"),
        ({"validation": (X, Y[:3])}, ValueError, r"x has 12 examples and y has 3 \(validation\)"),
        ({"validation": (X * np.nan, Y)}, ValueError, r"x\[0, 0\] is nan.*\(validation\)"),
        ({"metrics": [metrics.accuracy]}, TypeError, "metrics must be a dict of functions by name, got list"),
        ({"metrics": {"accuracy": 0.5}}, TypeError, r"metrics\['accuracy'\] must be a function, got 0.5"),
        ({"schedule": 0.1}, TypeError, "schedule must be a function, got 0.1"),
        ({"callbacks": [print, 3]}, TypeError, r"callbacks\[1\] must be a function, got 3"),
        ({"loss": "mse"}, TypeError, "loss must be a function, got 'mse'"),
        ({"epochs": 1.5}, TypeError, "epochs must be an int, got 1.5"),
        ({"batch_size": "4"}, TypeError, "batch_size must be an int, got '4'"),
        ({"epochs": -1}, ValueError, "epochs must be at least 0, got -1"),
        ({"patience": 2.0, "validation": (X, Y)}, TypeError, "patience must be an int, got 2.0"),
        ({"clip_norm": "1"}, ValueError, "max_norm must be greater than 0, got '1'"),
        (
            {"loss": lambda s, y: (s - 1.0) ** 2},
            ValueError,
            r"one number, got a tensor of shape \(4, 2\); add .mean",
        ),
        ({"loss": lambda s, y: 1.0}, TypeError, "the loss must return one Tensor, got float"),
        (
            {"loss": lambda s, y: ops.softmax_cross_entropy(s.value, y)},
            TypeError,
            "got tuple.*take the function of the same name in bplib.functional",
        ),
        (
            {"loss": lambda s, y: F.softmax_cross_entropy(s.detach(), y)},
            ValueError,
            "the loss does not depend on any parameter",
        ),
        ({"optimizer": optim.Adam}, TypeError, r"optimizer must be an optimiser, such as optim.Adam\(model"),
        ({"optimizer": 0.1}, TypeError, "optimizer must be an optimiser.*got 0.1"),
    ],
)
def test_messages(options: Any, error: Any, message: str) -> None:
    model = build()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        attempt(model, **options)
    after = model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name, _ in model.named_parameters())


def test_a_function_is_no_model() -> None:
    with pytest.raises(TypeError, match=r"model must be an nn.Module, got function; nn.Sequential\(f\)"):
        attempt(lambda x: x, optimizer=optim.SGD(build().parameters(), lr=0.1))


def test_predict_says_what_it_needs() -> None:
    lstm = nn.LSTM(2, 3, np.random.default_rng(0))
    with pytest.raises(
        TypeError, match=r"LSTM must return one Tensor.*got a tuple.*Write a module whose forward"
    ):
        predict(lstm, np.ones((4, 5, 2)))
    with pytest.raises(TypeError, match=r"a row for each of 12 examples, got shape \(\)"):
        predict(nn.Sequential(F.mean), X)
    with pytest.raises(ValueError, match="x must be an array with at least one example, got list"):
        predict(build(), X.tolist())
    with pytest.raises(ValueError, match=r"at least one example, got shape \(0, 2\)"):
        predict(build(), X[:0])


def steep(scores: Any, y: Any) -> Any:
    """A finite loss whose slope at 0 is not."""
    return F.sqrt(((scores - scores.detach()) ** 2).sum())


@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_gradient_that_is_not_finite_stops_the_training_like_a_loss(clip: float | None) -> None:
    match = (
        r"the loss 0 is finite in epoch 1, step 0, and a gradient is not\..*layers.0.W.*smaller learning rate"
    )
    with np.errstate(all="ignore"), pytest.raises(TrainingStopped, match=match):
        attempt(loss=steep, clip_norm=clip)


def test_a_loss_that_is_nan_though_every_layer_is_finite() -> None:
    def undefined(scores: Any, y: Any) -> Any:
        return F.log((scores * 0.0).sum() - 1.0)

    with (
        np.errstate(all="ignore"),
        pytest.raises(TrainingStopped, match=r"the loss became nan.*look at the loss func"),
    ):
        attempt(loss=undefined)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda s: s.update({"layers.2.b": np.array(["a", "b"])}),
            TypeError,
            "layers.2.b is float64 here and <U1",
        ),
        (
            lambda s: s.update({"layers.2.b": np.ones(2) * 1j}),
            TypeError,
            "layers.2.b is float64 here and complex128",
        ),
        (lambda s: s.update({"layers.2.b": [[1.0], [1.0, 2.0]]}), ValueError, "layers.2.b is a nested list"),
    ],
)
def test_a_state_of_another_kind_changes_nothing(change: Any, error: Any, message: str) -> None:
    model = build()
    before = model.state_dict()
    state: dict[str, Any] = {name: value + 1 for name, value in before.items()}
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    np.testing.assert_equal(model.state_dict(), before)
    with pytest.raises(TypeError, match="state must be a dict of arrays by name, got list"):
        model.load_state_dict([])  # type: ignore[arg-type]


@pytest.mark.parametrize("other", ["optimiser", "model", "generator"])
def test_a_checkpoint_of_another_run_changes_nothing(tmp_path: Path, other: str) -> None:
    file = tmp_path / "run.npz"
    attempt(checkpoint=file)
    model, rng = build(1), np.random.default_rng(5)
    if other == "model":
        model = nn.Sequential(nn.Linear(2, 2, np.random.default_rng(1)))
    if other == "generator":
        rng = np.random.Generator(np.random.MT19937(5))
    make: Any = optim.Adam if other == "optimiser" else optim.SGD
    optimizer = make(model.parameters(), lr=0.25)
    before, memory, bits = model.state_dict(), optimizer.state_dict(), rng.bit_generator.state
    with pytest.raises(ValueError, match="belongs to another model or optimiser, and nothing was changed"):
        attempt(model, optimizer=optimizer, rng=rng, checkpoint=file, resume=True)
    np.testing.assert_equal(model.state_dict(), before)
    assert optimizer.state_dict() == memory
    np.testing.assert_equal(rng.bit_generator.state, bits)
