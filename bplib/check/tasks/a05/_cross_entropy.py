"""The task of softmax cross-entropy from logits, and most wrong answers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "05.cross_entropy",
    "One of K, from logits",
    asks_for="cross_entropy",
    section="sec-05-softmax",
    parts={"value": 1, "gradient": 2, "large": 1},
)

_op = probes.op("z")
_large = probes.op("z", value="large", gradient="large")


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    large = np.abs(case["z"]).max() > 30
    yield from (_large if large else _op)(answer, case)


@task.reference
def cross_entropy(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1)
    t = np.zeros_like(z)
    t[rows, labels] = 1
    value = np.mean(np.log(total) - shifted[rows, labels])
    return value, lambda d: d * (e / total[:, None] - t) / len(z)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(55)
    normal = rng.standard_normal
    small = np.array([[0.0, np.log(2), 0.0], [np.log(6), 0.0, 0.0]])
    yield {"z": small, "labels": np.array([0, 2]), "d": 4.0}
    yield {"z": 2 * normal((5, 3)), "labels": np.array([2, 0, 1, 1, 0]), "d": -1.3}
    yield {"z": normal((3, 3)), "labels": np.array([1, 1, 2]), "d": 0.7}
    yield {"z": normal((2, 5)), "labels": np.array([3, 4]), "d": 0.6}
    large = np.array([[800.0, 0.0, -800.0], [0.0, 800.0, 0.0], [1.0, 0.0, 0.0]])
    yield {"z": large, "labels": np.array([2, 1, 0]), "d": 1.5}


@task.wrong(
    "the exponentials taken as they stand",
    hint="The exponential of 800 is too large for a float64: the probabilities become ∞/∞, and the loss is "
    "nan or ∞. A softmax does not change if all logits of a row are moved by the same amount.",
)
def not_shifted(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(np.log(p[rows, labels])), lambda d: d * (p - t) / len(z)


@task.wrong(
    "a softmax first, and then its logarithm",
    hint="Your softmax is safe, but the probability of a hopeless class rounds to 0, and the logarithm of 0 "
    "is −∞. The loss is a difference of logits, and needs no probability on the way.",
)
def softmax_then_log(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(np.log(p[rows, labels])), lambda d: d * (p - t) / len(z)


@task.wrong(
    "a tiny number added inside the logarithm",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: no row can cost more than about 28, "
    "however wrong it is. The true loss of this row is 1600.",
    section="sec-05-questions",
)
def tiny_added(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(np.log(p[rows, labels] + 1e-12)), lambda d: d * (p - t) / len(z)


@task.wrong(
    "a small number added inside the logarithm",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: no row can cost more than about 18, "
    "however wrong it is. The true loss of this row is 1600.",
    section="sec-05-questions",
)
def small_added(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(np.log(p[rows, labels] + 1e-8)), lambda d: d * (p - t) / len(z)


@task.wrong(
    "the shift in one term and not in the other",
    hint="The log-sum-exp that you use is that of the shifted logits, and the label's logit is the unshifted"
    " one. The shift cancels only where it stands in both.",
)
def shift_in_one_term(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    total = e.sum(axis=1)
    t = np.eye(z.shape[1])[labels]
    return np.mean(np.log(total) - z[rows, labels]), lambda d: d * (e / total[:, None] - t) / len(z)


@task.wrong(
    "the value averaged over all N·K numbers",
    hint="With K classes, K − 1 of the numbers in a row are zero, because only the label's class costs "
    "anything. Each row is one loss, and the mean is over rows.",
    section="sec-05-nk",
)
def value_over_all(z: Any, labels: Any) -> Any:
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(t * log_p), lambda d: d * (np.exp(log_p) - t) / len(z)


@task.wrong(
    "every label's column taken from every row",
    hint="Your index takes, from each row, the classes of all labels. It should take one class from each "
    "row, its own; for that, rows and labels have to be counted together.",
)
def all_columns(z: Any, labels: Any) -> Any:
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.zeros_like(z)
    t[:, labels] = 1
    return -np.mean(log_p[:, labels]), lambda d: d * (np.exp(log_p) - t) / len(z)


@task.wrong(
    "the softmax taken down the columns",
    hint="A row is one example, and its classes share a probability of 1. You let the examples of a batch "
    "share it, for each class.",
    section="sec-04-softmax",
)
def down_the_columns(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=0)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (np.exp(log_p) - t) / len(z)


@task.wrong(
    "the 1 subtracted at the largest logit, and not at the label",
    hint="This pushes every row towards the class that it prefers already. Where that is the label nothing "
    "shows; where it is not, the network is confirmed in its mistake.",
)
def at_the_largest(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.zeros_like(z)
    t[rows, z.argmax(axis=1)] = 1
    return -np.mean(log_p[rows, labels]), lambda d: d * (np.exp(log_p) - t) / len(z)


@task.wrong(
    "the gradient not divided by N",
    hint="The loss is a mean over rows, and so its slope is divided by their number. As it is, a larger "
    "batch means a longer step.",
    section="sec-05-sum",
)
def not_divided(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (np.exp(log_p) - t)


@task.wrong(
    "the gradient divided by N·K, and not by N",
    hint="Each row is one loss, however many classes it has. With your gradient the network learns as if the"
    " rate were K times smaller.",
    section="sec-05-nk",
)
def divided_by_all(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (np.exp(log_p) - t) / z.size


@task.wrong(
    "the sign turned: target minus output",
    hint="Raising the label's logit makes the loss smaller, so its slope must be negative. Descent with your"
    " gradient lowers the label.",
)
def sign_turned(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (t - np.exp(log_p)) / len(z)


@task.wrong(
    "a gradient for the label's logit only",
    hint="The loss names only the label's probability, but every logit is in it: the softmax divides by the "
    "sum over all classes. Raise a rival's logit and the label's probability falls.",
    section="sec-04-bug-diagonal",
)
def label_only(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * t * (np.exp(log_p) - 1) / len(z)


@task.wrong(
    "a slope of the softmax multiplied in once more",
    hint="Output minus target is the gradient with respect to the logits already; the softmax's own slope "
    "has cancelled against that of the logarithm. With a factor like this a row that is sure and wrong "
    "stands still.",
    section="sec-05-stands-still",
)
def slope_again(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (p - t) * p * (1 - p) / len(z)


@task.wrong(
    "a pullback that works once",
    hint="Your pullback writes into the probabilities that it has kept, so the second call starts from what "
    "the first one left. What it keeps from the way forward must stay as it was.",
    section="sec-03-op",
)
def works_once(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)

    def pullback(d: Any) -> Any:
        p[rows, labels] -= 1
        return d * p / len(z)

    return -np.mean(log_p[rows, labels]), pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of this loss alone. What comes from above, d, must still be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: (np.exp(log_p) - t) / len(z)


@task.wrong(
    "output minus target, and nothing else",
    hint="This is the slope of one row by itself. Each row is one of N in a mean, and the mean may be one "
    "part of something larger, of which d tells.",
    section="sec-05-sum",
)
def bare(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: np.exp(log_p) - t
