"""The training loop: it learns, it stops when it should, and a run that was cut off ends with the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import metrics, nn, optim
from bplib.train import TrainingStopped, fit, predict

X = np.random.default_rng(1).normal(size=(90, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)  # XOR of the signs: no linear model fits it
HELD_OUT = (X[60:], Y[60:])
TRAIN = (X[:60], Y[:60])


def build(seed: int = 0) -> tuple[nn.Module, optim.Optimizer, np.random.Generator]:
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        nn.Linear(2, 16, rng), nn.BatchNorm(16), nn.Tanh(), nn.Dropout(0.1, rng), nn.Linear(16, 2, rng)
    )
    return model, optim.Adam(model.parameters(), lr=0.02), np.random.default_rng(seed + 1)


def run(epochs: int, model: nn.Module, optimizer: Any, rng: Any, **options: Any) -> Any:
    return fit(
        model, F.softmax_cross_entropy, optimizer, TRAIN, epochs=epochs, batch_size=16, rng=rng, **options
    )


def test_it_learns_and_the_history_has_one_number_per_epoch() -> None:
    model, optimizer, rng = build()
    history = run(80, model, optimizer, rng, validation=HELD_OUT, metrics={"accuracy": metrics.accuracy})
    assert {k: len(v) for k, v in history.items()} == {"loss": 80, "val_loss": 80, "val_accuracy": 80}
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["val_accuracy"][-1] > 0.85
    assert metrics.accuracy(predict(model, HELD_OUT[0]), HELD_OUT[1]) == history["val_accuracy"][-1]


def test_metrics_may_be_arrays_and_survive_a_checkpoint(tmp_path: Path) -> None:
    measures = {"recall": metrics.recall, "confusion": metrics.confusion_matrix}
    history = run(2, *build(), metrics=measures, checkpoint=tmp_path / "run.npz")
    assert np.shape(history["recall"]) == (2, 2)
    assert np.array(history["confusion"]).sum(axis=(1, 2)).tolist() == [60, 60]
    again = run(2, *build(), metrics=measures, checkpoint=tmp_path / "run.npz", resume=True)
    assert again == history


def test_same_seed_same_bits() -> None:
    a, b = run(3, *build()), run(3, *build())
    assert a == b
    assert a != run(3, *build(seed=5))


def test_the_loss_of_an_epoch_is_the_mean_over_examples_also_with_a_short_last_batch() -> None:
    model = nn.Linear(2, 2, np.random.default_rng(0))
    frozen = optim.SGD(model.parameters(), lr=0.0)
    history = run(1, model, frozen, np.random.default_rng(0))  # 60 = 3 · 16 + 12
    assert history["loss"][0] == pytest.approx(F.softmax_cross_entropy(model(TRAIN[0]), TRAIN[1]).item())


def test_schedule_and_clipping_are_used() -> None:
    model, optimizer, rng = build()
    seen: list[int] = []

    def schedule(step: int) -> float:
        seen.append(step)
        return 0.0

    before = model.state_dict()["layers.0.W"]
    run(2, model, optimizer, rng, schedule=schedule, clip_norm=1e-3)
    assert seen == list(range(8))
    np.testing.assert_array_equal(before, model.state_dict()["layers.0.W"])
    assert np.sqrt(sum((p.grad**2).sum() for p in model.parameters())) <= 1.001e-3


def test_early_stopping_puts_the_best_model_back() -> None:
    model, _, rng = build()
    wild = optim.SGD(model.parameters(), lr=0.5)

    def explode(epoch: int, history: Any) -> None:
        if epoch >= 5:
            wild.lr = 50.0

    history = run(60, model, wild, rng, validation=HELD_OUT, patience=3, callbacks=[explode])
    assert len(history["loss"]) < 60
    best = min(history["val_loss"])
    scores = predict(model, HELD_OUT[0])
    assert F.softmax_cross_entropy(scores, HELD_OUT[1]).item() == pytest.approx(best, rel=1e-12)
    assert history["val_loss"].index(best) == len(history["val_loss"]) - 4


def test_a_callback_can_stop_the_run() -> None:
    assert len(run(50, *build(), callbacks=[lambda epoch, _: epoch == 4])["loss"]) == 4


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937])
def test_a_run_that_was_cut_off_ends_with_the_same_bits(tmp_path: Path, bits: Any) -> None:
    def start() -> tuple[Any, Any, Any]:
        model, optimizer, _ = build()
        return model, optimizer, np.random.Generator(bits(3))

    options: dict[str, Any] = {"validation": HELD_OUT, "patience": 50, "schedule": optim.CosineLR(0.05, 40)}
    whole = start()
    expected = run(10, *whole, **options)

    file = tmp_path / "run.npz"
    run(4, *start(), checkpoint=file, **options)
    second = start()
    history = run(10, *second, checkpoint=file, resume=True, **options)
    assert history == expected
    for name, value in whole[0].state_dict().items():
        np.testing.assert_array_equal(value, second[0].state_dict()[name], err_msg=name)
    assert whole[2].bit_generator.state["state"].keys() == second[2].bit_generator.state["state"].keys()
    assert whole[2].random() == second[2].random()


KILLED = """
import os, sys
from tests.bplib.test_train import build, run
def die(epoch, history):
    if epoch == 6:
        os._exit(9)
run(10, *build(), checkpoint=sys.argv[1], callbacks=[die])
"""


def test_a_run_that_was_killed_resumes_from_its_last_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=root, env={**os.environ})
    assert done.returncode == 9
    model, optimizer, rng = build()
    assert run(10, model, optimizer, rng, checkpoint=file, resume=True) == run(10, *build())


def test_a_checkpoint_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    run(2, *build(), checkpoint=file)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    with zipfile.ZipFile(file) as z:
        assert z.testzip() is None


def test_checkpoints_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    run(1, *build(), checkpoint=file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a readable checkpoint.*start without resume"):
        run(2, *build(), checkpoint=file, resume=True)
    file.write_bytes(whole)
    other = nn.Linear(2, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="belongs to another model"):
        run(2, other, optim.Adam(other.parameters()), np.random.default_rng(0), checkpoint=file, resume=True)


def test_a_loss_that_is_not_finite_names_the_first_bad_layer() -> None:
    model = nn.Sequential(
        nn.Linear(2, 4, np.random.default_rng(0)), F.exp, nn.Linear(4, 2, np.random.default_rng(0))
    )
    model.layers[0].W.value = model.layers[0].W.value * 1e300
    sgd = optim.SGD(model.parameters(), lr=0.1)
    with (
        np.errstate(all="ignore"),
        pytest.raises(
            TrainingStopped,
            match=r"epoch 1, step 0: layers.1 \(exp\) is the first layer.*smaller learning rate",
        ),
    ):
        run(1, model, sgd, np.random.default_rng(0))


def test_weights_that_became_nan_are_named() -> None:
    model = nn.Sequential(nn.Linear(2, 2, np.random.default_rng(0)))
    model.layers[0].b.value = np.array([0.0, np.nan])
    with pytest.raises(TrainingStopped, match=r"parameters that are not finite: layers.0.b"):
        run(1, model, optim.SGD(model.parameters(), lr=0.1), np.random.default_rng(0))


def test_a_gradient_that_is_not_finite_is_named() -> None:
    def steep(scores: Any, y: Any) -> Any:  # a finite loss whose slope at 0 is not
        return F.sqrt(((scores - scores.detach()) ** 2).sum())

    model = nn.Sequential(nn.Linear(2, 2, np.random.default_rng(0)))
    sgd = optim.SGD(model.parameters(), lr=0.1)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"layers\.0\.W"):
        fit(model, steep, sgd, TRAIN, epochs=1, batch_size=16, rng=np.random.default_rng(0))


def test_progress_is_a_bar_on_standard_output_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    run(2, *build())
    assert capsys.readouterr().out == ""
    run(2, *build(), progress=True)
    captured = capsys.readouterr()
    assert "2/2" in captured.out
    assert "loss" in captured.out
    assert captured.err == ""


def test_predict_leaves_the_mode_as_it_was() -> None:
    model, _, _ = build()
    model.layers[3].training = False
    predict(model, X)
    assert model.training
    assert not model.layers[3].training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 3}, "patience needs validation data"),
        ({"resume": True}, "resume needs the checkpoint file"),
        ({"train": (X, Y[:-1])}, "x has 90 examples and y has 89"),
        ({"train": (X[:0], Y[:0])}, "there are no examples"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"train": (np.where(X == X[3, 1], np.nan, X), Y)}, r"x\[3, 1\] is nan; clean the data"),
    ],
)
def test_messages(options: dict[str, Any], message: str) -> None:
    model, optimizer, rng = build()
    call: dict[str, Any] = {"train": TRAIN, "epochs": 1, "batch_size": 16, "rng": rng, **options}
    with pytest.raises(ValueError, match=message):
        fit(model, F.softmax_cross_entropy, optimizer, call.pop("train"), **call)
