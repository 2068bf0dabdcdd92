"""ELU whose height on the left, alpha, is learned: gradients for z and for alpha."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "04.elu",
    "ELU with an alpha that is learned",
    asks_for="elu",
    section="sec-04-family",
    parts={"value": 1, "dz": 2, "dalpha": 1},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    result = probes.call(answer, case["z"], case["alpha"])
    value, pullback = probes.unpack(result, "value", "pullback", of="elu")
    yield "value", "the value", value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        grads = probes.call(pullback, d, name="pullback")
        dz, dalpha = probes.unpack(grads, "dz", "dalpha", of="pullback")
        yield "dz", f"dz{again}", dz
        yield "dalpha", f"dalpha{again}", dalpha


@task.reference
def elu(z: Any, alpha: float) -> Any:
    left = z <= 0
    curve = np.expm1(np.where(left, z, 0))  # never the exponential of a large z

    def pullback(d: Any) -> Any:
        return d * np.where(left, alpha * (curve + 1), 1), (d * curve).sum()

    return np.where(left, alpha * curve, z), pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(44)
    yield {"z": np.array([-np.log(2.0), 0.0, 3.0]), "alpha": 4.0, "d": np.array([3.0, 0.5, -1.0])}
    yield {
        "z": np.array([[-1000.0, -1.0], [2.0, 1000.0]]),
        "alpha": 1.0,
        "d": np.array([[1.0, 2.0], [3.0, -1.0]]),
    }
    yield {"z": rng.normal(size=(4, 3)), "alpha": 0.7, "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(size=(2, 1, 5)), "alpha": 1.5, "d": rng.normal(size=(2, 1, 5))}
    small = rng.normal(size=(2, 2, 4)).astype(np.float32)
    yield {"z": small[0], "alpha": 0.5, "d": small[1]}


@task.wrong(
    "the slope at zero taken from the right",
    hint="Unless alpha is 1, ELU has a corner at zero: its slope is 1 from the right and alpha from the left. The "
    "task takes the left one.",
    section="sec-04-zero",
)
def one_at_zero(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z < 0, alpha * (curve + 1), 1), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "the value itself taken for the slope on the left",
    hint="On the left the value is below zero, and your slope with it: you say that the curve falls there. It "
    "rises. Subtracting a constant from a curve moves it down and leaves its slope as it was.",
)
def value_for_slope(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * curve), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "the slope on the left read off the value as if alpha were 1",
    hint="The slope can be read off the value: it is the height of the value above the floor that the curve tends "
    "to. You took that floor at −1, and it lies at −alpha.",
)
def floor_at_one(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * curve + 1).astype(z.dtype), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "alpha itself as the slope on the left",
    hint="A slope of alpha all the way is leaky ReLU's, a straight line. ELU bends: its slope is alpha at zero and "
    "fades to nothing further left.",
)
def leaky_slope(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha).astype(z.dtype), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "no gradient on the left at all",
    hint="That is ReLU's way back, and it is what ELU was made to avoid: a unit on the left could never return.",
)
def left_is_dead(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * (z > 0), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "the branch not taken, multiplied by zero",
    hint="A mask of zeros and ones removes a number, and it cannot remove an infinity: zero times infinity is not a "
    "number. The exponential of a large positive z must not be formed at all.",
    section="sec-04-bug-where",
)
def zero_times_infinity(z: Any, alpha: float) -> Any:
    right, left = (z > 0).astype(z.dtype), (z <= 0).astype(z.dtype)
    curve = np.exp(z) - 1

    def pullback(d: Any) -> Any:
        return d * (right + left * alpha * np.exp(z)), (d * left * curve).sum()

    return right * z + left * alpha * curve, pullback


@task.wrong(
    "alpha left out of the curve",
    hint="Your curve tends to −1 on the left whatever alpha is. It should tend to −alpha.",
)
def alpha_forgotten(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * curve).sum()

    return np.where(z > 0, z, curve), pullback


@task.wrong(
    "alpha left out of the slope",
    hint="Your slope on the left is the same for every alpha. A curve that is alpha times as deep is alpha times as "
    "steep, too.",
)
def slope_without_alpha(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, curve + 1), (d * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "alpha times the exponential, and 1 taken off afterwards",
    hint="Alpha multiplies the whole bracket. Your two halves do not meet at zero: just left of it yours is alpha − 1, "
    "and just right of it 0.",
)
def bracket_lost(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * curve).sum()

    return np.where(z > 0, z, alpha * (curve + 1) - 1).astype(z.dtype), pullback


@task.wrong(
    "dalpha not added up",
    hint="There is one alpha for all entries of z, and dalpha has its shape: one number. A number that goes into "
    "many places collects what comes back from all of them.",
    section="sec-03-fanout",
)
def not_added_up(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), d * curve

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "dalpha averaged",
    hint="Routes add. If a mean is wanted, the loss takes it, and its 1/N has already come down in d.",
    section="sec-03-fanout",
)
def averaged(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * curve).mean()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "dalpha taken from the value, with alpha still in it",
    hint="On the left the value is alpha times something. Its rate with respect to alpha is that something alone; "
    "you kept alpha as a factor.",
    section="sec-02-derivative",
)
def alpha_kept(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * alpha * curve).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "dalpha collected on the right too",
    hint="Where z is positive alpha does not appear in the value, so no change of alpha can change the loss through "
    "those entries. You added something for them.",
    section="sec-03-fanout",
)
def right_counted(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * np.where(z > 0, z, curve)).sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "dalpha without what arrives from above",
    hint="You added up how each value changes with alpha. The question is how the loss changes: each of these rates "
    "has to be weighed with the d of its entry.",
    section="sec-04-rule",
)
def dalpha_without_d(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), curve.sum()

    return np.where(z > 0, z, alpha * curve), pullback


@task.wrong(
    "the −1 of the bracket forgotten in dalpha",
    hint="Alpha multiplies the bracket with the exponential and the −1. Both of them change the value when alpha "
    "changes; you kept the exponential only.",
    section="sec-02-derivative",
)
def one_lost(z: Any, alpha: float) -> Any:
    curve = np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        return d * np.where(z > 0, 1, alpha * (curve + 1)), (d * np.where(z > 0, 0, curve + 1)).sum()

    return np.where(z > 0, z, alpha * curve), pullback
