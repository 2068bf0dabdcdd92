"""The discriminator's loss from logits, with its way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.detective_loss",
    "The detective's loss",
    asks_for="detective_loss",
    section="sec-12-detective",
    parts={"value": 1, "gradient": 2},
)


@task.reference
def detective_loss(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1) / len(s_real), d * fake / len(s_fake)

    return value, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(121)
    yield {"s_real": np.array([[0.0], [2.0]]), "s_fake": np.array([[-1.0]]), "d": 1.0}
    yield {"s_real": 2 * rng.standard_normal((4, 1)), "s_fake": 2 * rng.standard_normal((3, 1)), "d": -1.7}
    yield {"s_real": np.array([[-800.0], [800.0]]), "s_fake": np.array([[800.0], [-800.0], [3.0]]), "d": 0.5}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    s_real, s_fake = case["s_real"], case["s_fake"]
    value, pullback = unpack(call(answer, s_real, s_fake), "value", "pullback", of="detective_loss")
    yield "value", "the loss", value
    yield "gradient", "the loss", value  # a gradient belongs to its value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        grads = call(pullback, d, name="pullback")
        ds_real, ds_fake = unpack(grads, "ds_real", "ds_fake", of="pullback")
        yield "gradient", f"ds_real{again}", ds_real
        yield "gradient", f"ds_fake{again}", ds_fake


@task.wrong(
    "the labels swapped",
    hint="In your loss the detective is rewarded for calling the real ones fake. Real has the label 1.",
    section="sec-12-sign",
)
def labels_swapped(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, s_real)) + np.mean(np.logaddexp(0, -s_fake))

    def pullback(d: Any) -> Any:
        return d * real / len(s_real), d * (fake - 1) / len(s_fake)

    return value, pullback


@task.wrong(
    "the sign turned: a detective who maximises its error",
    hint="Your loss is the negative of what is asked for. Whoever descends on it makes the detective as "
    "wrong as it can be.",
    section="sec-12-sign",
)
def sign_turned_detective_who_maximises(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = -(np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake)))

    def pullback(d: Any) -> Any:
        return d * (1 - real) / len(s_real), -d * fake / len(s_fake)

    return value, pullback


@task.wrong(
    "one mean over all the samples",
    hint="You throw real and fake into one pot and average. Each of the two has its own mean, however many "
    "samples there are of each.",
)
def one_mean_over_all_samples(s_real: Any, s_fake: Any) -> Any:
    n = len(s_real) + len(s_fake)
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = (np.sum(np.logaddexp(0, -s_real)) + np.sum(np.logaddexp(0, s_fake))) / n

    def pullback(d: Any) -> Any:
        return d * (real - 1) / n, d * fake / n

    return value, pullback


@task.wrong(
    "half of the sum of the means",
    hint="You take the mean of the two means. In this chapter the loss is their sum, so that a shrug costs "
    "log 4.",
)
def half_sum_means(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = 0.5 * (np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake)))

    def pullback(d: Any) -> Any:
        return 0.5 * d * (real - 1) / len(s_real), 0.5 * d * fake / len(s_fake)

    return value, pullback


@task.wrong(
    "sums over the samples",
    hint="Your loss grows with the batch. Each of the two terms is a mean.",
    section="sec-05-sum",
)
def sums_over_samples(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.sum(np.logaddexp(0, -s_real)) + np.sum(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1), d * fake

    return value, pullback


@task.wrong(
    "the gradient not divided by the number of samples",
    hint="Your value is a mean and your gradient that of a sum.",
    section="sec-05-sum",
)
def gradient_divided_number_samples(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1), d * fake

    return value, pullback


@task.wrong(
    "an overflow at large logits",
    hint="At a logit of 800 your exponential does not fit into the number type, and the loss is infinite or "
    "not a number. It should be 800.",
    section="sec-05-binary",
)
def overflow_at_large_logits(s_real: Any, s_fake: Any) -> Any:
    with np.errstate(all="ignore"):
        real, fake = 1 / (1 + np.exp(-s_real)), 1 / (1 + np.exp(-s_fake))
        value = -np.mean(np.log(real)) - np.mean(np.log(1 - fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1) / len(s_real), d * fake / len(s_fake)

    return value, pullback


@task.wrong(
    "the sigmoid's slope in it once more",
    hint="Your gradient carries the factor D(1 − D). In the cross-entropy from logits it has cancelled; with "
    "it, the most confident mistakes send the least.",
    section="sec-05-stands-still",
)
def sigmoid_s_slope_once_more(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1) * real * (1 - real) / len(s_real), d * fake * fake * (1 - fake) / len(s_fake)

    return value, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="What arrives at the loss, d, is not in your gradients.",
    section="sec-02-upstream",
)
def upstream_gradient_ignored(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return (real - 1) / len(s_real), fake / len(s_fake)

    return value, pullback


@task.wrong(
    "the gradient of the fakes given the other sign",
    hint="A descent step on your loss would raise the logits of the fakes. That is what the forger wants.",
    section="sec-12-slopes",
)
def gradient_fakes_given_other_sign(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1) / len(s_real), -d * fake / len(s_fake)

    return value, pullback


@task.wrong(
    "probabilities taken for logits",
    hint="You take the logarithm of what comes in, as if it were a probability. These are logits: any real "
    "number.",
    section="sec-05-binary",
)
def probabilities_taken_logits(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    with np.errstate(all="ignore"):
        value = -np.mean(np.log(s_real)) - np.mean(np.log(1 - s_fake))

    def pullback(d: Any) -> Any:
        return d * (real - 1) / len(s_real), d * fake / len(s_fake)

    return value, pullback


@task.wrong(
    "the two gradients in the other order",
    hint="You return the gradient of the fakes first. They come in the order of the arguments.",
)
def two_gradients_other_order(s_real: Any, s_fake: Any) -> Any:
    real, fake = 0.5 * (1 + np.tanh(s_real / 2)), 0.5 * (1 + np.tanh(s_fake / 2))
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))

    def pullback(d: Any) -> Any:
        return d * fake / len(s_fake), d * (real - 1) / len(s_real)

    return value, pullback


@task.wrong(
    "both gradients with the other sign",
    hint="Your gradients say where the loss falls. A gradient says where it grows; the step subtracts it.",
    section="sec-12-sign",
)
def both_signs(s_real: Any, s_fake: Any) -> Any:
    value = np.mean(np.logaddexp(0, -s_real)) + np.mean(np.logaddexp(0, s_fake))
    on_real, on_fake = np.exp(-np.logaddexp(0, s_real)), np.exp(-np.logaddexp(0, -s_fake))
    return value, lambda d: (d * on_real / len(s_real), -d * on_fake / len(s_fake))
