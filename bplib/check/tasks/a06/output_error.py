"""The loss, and the gradient at the output: where the way back starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "06.output_error",
    "Where the way back starts",
    asks_for="output_error",
    section="sec-06-derivation",
    parts={"loss": 1, "dz2": 1},
)


@task.reference
def output_error(p: Any, y: Any) -> Any:
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss, (p - y) / y.size


def answers(seed: int, N: int, M: int) -> Case:
    """Probabilities p and targets y, both (N, M)."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.05, 0.95, (N, M))
    return {"p": p, "y": rng.integers(0, 2, (N, M)).astype(float)}


@task.cases
def cases() -> Iterator[Case]:
    yield {"p": np.array([[0.8, 0.4]]), "y": np.array([[1.0, 0.0]])}
    yield answers(1, 5, 3)
    yield answers(2, 4, 1)
    yield answers(3, 3, 3)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    loss, dz2 = unpack(call(answer, *case.values()), "loss", "dz2", of="output_error")
    yield "loss", "the loss", loss
    yield "dz2", "dz2", dz2


@task.wrong(
    "only the targets that are 1 counted in the loss",
    hint="Where the target is 0 your loss has no term, so a network that says yes to everything pays nothing. "
    "A wrong yes costs as much as a wrong no.",
    section="sec-05-binary",
)
def half_the_loss(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p)), (p - y) / y.size


@task.wrong(
    "the loss summed over all entries",
    hint="A sum grows with the batch, so that twice the data look like twice the trouble. "
    "The loss of this chapter is the mean over all entries, examples and outputs.",
    section="sec-06-sum",
)
def loss_summed(p: Any, y: Any) -> Any:
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / y.size


@task.wrong(
    "the loss averaged over the examples, and summed over the outputs",
    hint="You add up the outputs of an example before you average. The loss of this chapter is the mean over all "
    "entries; yours is larger by the number of outputs.",
    section="sec-05-nk",
)
def loss_per_example(p: Any, y: Any) -> Any:
    return -np.mean(np.sum(y * np.log(p) + (1 - y) * np.log(1 - p), axis=1)), (p - y) / y.size


@task.wrong(
    "the loss with its sign turned",
    hint="The logarithm of a probability is negative or zero. Yours is the log-likelihood, which learning should "
    "raise; a loss is what learning lowers.",
    section="sec-05-likelihood",
)
def log_likelihood(p: Any, y: Any) -> Any:
    return np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / y.size


@task.wrong(
    "the gradient of a sum, where the loss is a mean",
    hint="Each entry has only its share in a mean, and the share is missing from your dz2. "
    "It enters at this place and never again; without it the steps grow with the batch.",
    section="sec-06-sum",
)
def not_divided(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), p - y


@task.wrong(
    "dz2 divided by the number of examples alone",
    hint="The loss is the mean over all entries of y, and y has a column for each output. "
    "Your gradient belongs to a loss that adds the outputs up; the two differ as soon as there are two outputs.",
    section="sec-05-nk",
)
def divided_by_examples(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / len(y)


@task.wrong(
    "dz2 with its sign turned",
    hint="Target minus output is the direction in which you would like z2 to move. The gradient points the other "
    "way, uphill; with yours, the update would climb.",
    section="sec-01-sign",
)
def sign_turned(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (y - p) / y.size


@task.wrong(
    "the slope of the sigmoid taken in once more",
    hint="You multiply by the slope of the sigmoid. But the slope of the logarithm has already cancelled it: with "
    "cross-entropy the error goes through undamped, even where the sigmoid is flat.",
    section="sec-06-delta",
)
def slope_twice(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) * p * (1 - p) / y.size


@task.wrong(
    "the first line of the squared error",
    hint="This is what the squared error sends back. The loss that you report is the cross-entropy, and the "
    "network would descend another one.",
    section="sec-06-delta",
)
def of_squared_error(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), 2 * (p - y) * p * (1 - p) / y.size


@task.wrong(
    "the gradient at p, and not at z2",
    hint="You went back through the logarithm and stopped in front of the sigmoid. What the layers below need is "
    "how the loss changes with the score z2; one link is still to go.",
    section="sec-05-binary",
)
def stopped_at_p(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / (p * (1 - p)) / y.size


@task.wrong(
    "the gradient multiplied by the loss",
    hint="A gradient is of the loss, not times the loss. Add a constant to the loss and no slope changes; yours "
    "would, and the steps would fade away while the network learns.",
    section="sec-06-times-loss",
)
def times_loss(p: Any, y: Any) -> Any:
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss, loss * (p - y) / y.size


@task.wrong(
    "the squared error for the loss",
    hint="This is the mean of the squared differences. The task asks for the cross-entropy, which "
    "can tell a bold mistake from a slight one: it grows without bound as a probability goes to the wrong end.",
    section="sec-06-delta",
)
def squared_error(p: Any, y: Any) -> Any:
    return np.mean((p - y) ** 2), (p - y) / y.size


@task.wrong(
    "logarithms to the base 2",
    hint="Your loss is measured in bits. The formula has the natural logarithm, and the gradient of "
    "the task belongs to that one.",
    section="sec-05-binary",
)
def base_two(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log2(p) + (1 - y) * np.log2(1 - p)), (p - y) / y.size


@task.wrong(
    "logarithms to the base 10",
    hint="The formula has the natural logarithm, and the gradient of the task belongs to that one.",
    section="sec-05-binary",
)
def base_ten(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log10(p) + (1 - y) * np.log10(1 - p)), (p - y) / y.size


@task.wrong(
    "the minus sign on the first term only",
    hint="Both logarithms are negative, so both terms need the sign. In yours the targets that are 0 "
    "lower the loss when the network is wrong about them.",
    section="sec-05-binary",
)
def one_minus(p: Any, y: Any) -> Any:
    return np.mean(-y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / y.size


@task.wrong(
    "a loss for each entry, where one number is asked for",
    hint="Each entry has its own term, and the loss is their mean: one number, which can be said to "
    "rise or to fall.",
    section="sec-06-sum",
)
def not_averaged(p: Any, y: Any) -> Any:
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / y.size


@task.wrong(
    "the gradient of the first term only, at p",
    hint="You went back through the logarithm of p where the target is 1. Where it is 0 nothing comes "
    "back in yours, and the way through the sigmoid is still missing.",
    section="sec-05-binary",
)
def only_the_ones(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), -y / p / y.size


@task.wrong(
    "a factor 2, which belongs to a squared error",
    hint="The 2 comes down from a square. There is no square in the cross-entropy, and its gradient at "
    "the scores has no such factor.",
    section="sec-06-delta",
)
def doubled(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), 2 * (p - y) / y.size


@task.wrong(
    "one number where each score has a gradient of its own",
    hint="You averaged the errors. The mean is in the loss; on the way back each entry of z2 is told "
    "its own share, and dz2 has the shape of z2.",
    section="sec-06-sum",
)
def one_number(p: Any, y: Any) -> Any:
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), np.mean(p - y)
