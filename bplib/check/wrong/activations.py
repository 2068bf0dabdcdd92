"""Wrong gradients of activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


@wrong("sigmoid", "x(1 − x) on the pre-activation: s(1 − s) wants the value s = σ(z)")
def sigmoid_slope_of_z(z: Any) -> Any:
    s, _ = ops.sigmoid(z)
    return s, lambda ds: ds * z * (1 - z)


@wrong("sigmoid", "σ′ is evaluated at σ(z) instead of at z: the sigmoid is applied twice")
def sigmoid_slope_at_value(z: Any) -> Any:
    s, _ = ops.sigmoid(z)
    twice, _ = ops.sigmoid(s)
    return s, lambda ds: ds * twice * (1 - twice)


@wrong("sigmoid", "the derivative is left out: the upstream gradient passes unchanged")
def sigmoid_slope_omitted(z: Any) -> Any:
    s, _ = ops.sigmoid(z)
    return s, lambda ds: ds * 1


@wrong("sigmoid", "the upstream gradient is ignored")
def sigmoid_ignores_upstream(z: Any) -> Any:
    s, _ = ops.sigmoid(z)
    return s, lambda ds: s * (1 - s)


@wrong("sigmoid", "computed as eᶻ / (1 + eᶻ), which is ∞/∞ for large z")
def sigmoid_unstable(z: Any) -> Any:
    with np.errstate(all="ignore"):
        s = np.exp(z) / (1 + np.exp(z))
    return s, lambda ds: ds * s * (1 - s)


@wrong("sigmoid", "the derivative is multiplied in before and after: s²(1 − s)²")
def sigmoid_slope_twice(z: Any) -> Any:
    s, back = ops.sigmoid(z)
    return s, lambda ds: back(back(ds))


@wrong("tanh", "1 − z²: the derivative 1 − a² wants the value a = tanh z")
def tanh_slope_of_z(z: Any) -> Any:
    a, _ = ops.tanh(z)
    return a, lambda da: da * (1 - z * z)


@wrong("tanh", "1 − a: the square is missing")
def tanh_without_square(z: Any) -> Any:
    a, _ = ops.tanh(z)
    return a, lambda da: da * (1 - a)


@wrong("tanh", "the sigmoid's derivative a(1 − a) was used")
def tanh_with_slope_of_sigmoid(z: Any) -> Any:
    a, _ = ops.tanh(z)
    return a, lambda da: da * a * (1 - a)


@wrong("tanh", "the derivative is left out: the upstream gradient passes unchanged")
def tanh_slope_omitted(z: Any) -> Any:
    a, _ = ops.tanh(z)
    return a, lambda da: da * 1


@wrong("relu", "the derivative is left out: the upstream gradient passes where z < 0 too")
def relu_slope_omitted(z: Any) -> Any:
    a, _ = ops.relu(z)
    return a, lambda da: da * 1


@wrong("relu", "the derivative at z = 0 is 1; the convention here is 0")
def relu_one_at_zero(z: Any) -> Any:
    a, _ = ops.relu(z)
    return a, lambda da: da * (z >= 0)


@wrong("relu", "the upstream gradient is ignored")
def relu_ignores_upstream(z: Any) -> Any:
    a, _ = ops.relu(z)
    return a, lambda da: (a > 0).astype(a.dtype)


@wrong("relu", "the mask is taken of the upstream gradient's sign, not of z")
def relu_masks_by_upstream(z: Any) -> Any:
    a, _ = ops.relu(z)
    return a, lambda da: np.maximum(da, 0)


@wrong("relu", "the upstream gradient is multiplied by the value relu(z), not by its slope")
def relu_times_value(z: Any) -> Any:
    a, _ = ops.relu(z)
    return a, lambda da: da * a


@wrong("leaky_relu", "the slope on the left is 0, as in plain ReLU")
def leaky_relu_dead_on_the_left(z: Any, alpha: float = 0.01) -> Any:
    a, _ = ops.leaky_relu(z, alpha)
    return a, lambda da: da * (z > 0)


@wrong("leaky_relu", "the slope on the left is 0.01 whatever alpha is")
def leaky_relu_fixed_slope(z: Any, alpha: float = 0.01) -> Any:
    a, _ = ops.leaky_relu(z, alpha)
    return a, ops.leaky_relu(z, 0.01)[1]


@wrong("leaky_relu", "at z = 0 the slope is 1; the convention here is alpha")
def leaky_relu_one_at_zero(z: Any, alpha: float = 0.01) -> Any:
    a, _ = ops.leaky_relu(z, alpha)
    return a, lambda da: da * np.where(z >= 0, 1, alpha).astype(da.dtype)


@wrong("elu", "the slope on the left is eᶻ without alpha")
def elu_without_alpha(z: Any, alpha: float = 1.0) -> Any:
    a, _ = ops.elu(z, alpha)
    return a, lambda da: da * np.exp(np.minimum(z, 0))


@wrong("elu", "the slope on the left is the value itself; it is the value plus alpha")
def elu_value_for_slope(z: Any, alpha: float = 1.0) -> Any:
    a, _ = ops.elu(z, alpha)
    return a, lambda da: da * np.where(z > 0, 1, a)


@wrong("softplus", "log(1 + eᶻ) as it is written: e^10000 is infinite")
def softplus_unstable(z: Any) -> Any:
    with np.errstate(all="ignore"):
        value = np.log(1 + np.exp(z))
    return value, ops.softplus(z)[1]


@wrong("softplus", "the slope is that of ReLU, 0 or 1, not the sigmoid")
def softplus_slope_of_relu(z: Any) -> Any:
    value, _ = ops.softplus(z)
    return value, lambda da: da * (z > 0)


@wrong("softplus", "the sigmoid is taken of the value, not of z")
def softplus_slope_of_value(z: Any) -> Any:
    value, _ = ops.softplus(z)
    return value, lambda da: da * ops.sigmoid(value)[0]


@wrong("gelu", "the product rule is half done: Φ(z) without z·φ(z)")
def gelu_without_density(z: Any, approximate: str = "none") -> Any:
    a, _ = ops.gelu(z, approximate)
    return a, lambda da: da * np.where(z == 0, 0.5, a / np.where(z == 0, 1, z)).astype(a.dtype)


@wrong("gelu", "the normal density lost its 1/√(2π)")
def gelu_density_not_normalised(z: Any, approximate: str = "none") -> Any:
    a, back = ops.gelu(z, approximate)
    near = np.clip(z, -40, 40)
    extra = near * np.exp(-0.5 * near * near) * (1 - 1 / math.sqrt(2 * math.pi))
    return a, lambda da: back(da) + da * extra


@wrong("gelu", "exact value, gradient of the tanh form (or the reverse): 1e-4 apart")
def gelu_forms_mixed(z: Any, approximate: str = "none") -> Any:
    a, _ = ops.gelu(z, approximate)
    return a, ops.gelu(z, "tanh" if approximate == "none" else "none")[1]


@wrong("silu", "the product rule is half done: σ(z) without z·σ′(z)")
def silu_without_slope_of_sigmoid(z: Any) -> Any:
    a, _ = ops.silu(z)
    return a, lambda da: da * ops.sigmoid(z)[0]


@wrong("silu", "σ(z) + z·(1 − σ(z)): σ′ = σ(1 − σ) lost its first factor")
def silu_half_slope_of_sigmoid(z: Any) -> Any:
    a, _ = ops.silu(z)
    s, _ = ops.sigmoid(z)
    return a, lambda da: da * (s + z * (1 - s))


@wrong("softmax", "diagonal only, p(1 − p): every output also looks at every other input")
def softmax_diagonal_only(z: Any, axis: int = -1) -> Any:
    p, _ = ops.softmax(z, axis)
    return p, lambda dp: dp * p * (1 - p)


@wrong("softmax", "the weighted mean is taken of dp alone, not of p·dp")
def softmax_unweighted_mean(z: Any, axis: int = -1) -> Any:
    p, _ = ops.softmax(z, axis)
    return p, lambda dp: p * (dp - dp.sum(axis=axis, keepdims=True))


@wrong("softmax", "the sum on the way back runs over the last axis, whichever axis was normalised")
def softmax_back_over_last_axis(z: Any, axis: int = -1) -> Any:
    p, _ = ops.softmax(z, axis)
    return p, lambda dp: p * (dp - (p * dp).sum(axis=-1, keepdims=True))


@wrong("softmax", "normalised over the first axis, not over the one that was asked for")
def softmax_over_wrong_axis(z: Any, axis: int = -1) -> Any:
    return ops.softmax(z, 0)


@wrong("softmax", "the exponentials are not shifted by the largest entry: e^10000 is infinite")
def softmax_unshifted(z: Any, axis: int = -1) -> Any:
    with np.errstate(all="ignore"):
        e = np.exp(z)
        p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda dp: p * (dp - (p * dp).sum(axis=axis, keepdims=True))


@wrong("log_softmax", "the second term is dropped: d for d − softmax(z)·Σd")
def log_softmax_without_sum(z: Any, axis: int = -1) -> Any:
    value, _ = ops.log_softmax(z, axis)
    return value, lambda d: d * 1


@wrong("log_softmax", "d − softmax(z): right only where the upstream gradient sums to 1")
def log_softmax_sum_taken_as_one(z: Any, axis: int = -1) -> Any:
    value, _ = ops.log_softmax(z, axis)
    return value, lambda d: d - np.exp(value)


@wrong("log_softmax", "computed as log(softmax(z)), which is log 0 where one entry leads by 1000")
def log_softmax_of_softmax(z: Any, axis: int = -1) -> Any:
    _, back = ops.log_softmax(z, axis)
    with np.errstate(all="ignore"):
        return np.log(ops.softmax(z, axis)[0]), back
