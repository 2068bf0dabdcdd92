"""Wrong versions of dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


@wrong("dropout", "the inverse scaling 1/(1 − p) is missing: training and evaluation differ in their mean")
def not_rescaled(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, back = ops.dropout(x, p, rng, training)
    keep = 1 - p if training else 1.0
    return value * keep, lambda d: back(d) * keep


@wrong("dropout", "the scale is in the value but not in the gradient")
def not_rescaled_in_backward(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, back = ops.dropout(x, p, rng, training)
    return value, lambda d: back(d) * (1 - p if training else 1.0)


@wrong("dropout", "no mask in backward: dropped units receive a gradient too")
def unmasked_in_backward(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, _ = ops.dropout(x, p, rng, training)
    return value, lambda d: d / (1 - p) if training else d


@wrong("dropout", "scaled twice: in training and by 1 − p in evaluation")
def scaled_in_evaluation_too(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, back = ops.dropout(x, p, rng, training)
    keep = 1.0 if training else 1 - p
    return value * keep, lambda d: back(d) * keep


@wrong("dropout", "the pullback applies the scale twice")
def scaled_twice(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, back = ops.dropout(x, p, rng, training)
    return value, lambda d: back(d) / (1 - p) if training else back(d)


@wrong("dropout", "a new mask is drawn in backward: units that were silent are taught")
def fresh_mask_in_backward(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    value, _ = ops.dropout(x, p, rng, training)
    return value, lambda d: ops.dropout(x, p, rng, training)[1](d)


@wrong("dropout", "units are still dropped in evaluation")
def drops_in_evaluation(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    return ops.dropout(x, p, rng, True)


@wrong("dropout", "p is the probability to keep, not to drop")
def keeps_with_probability_p(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    return ops.dropout(x, min(1 - p, np.nextafter(1.0, 0.0)), rng, training)


@wrong("dropout", "one mask for all rows of the batch")
def one_mask_for_the_batch(x: Any, p: float, rng: Any, training: bool = True) -> Any:
    _, mask_of = ops.dropout(np.ones_like(x[:1]), p, rng, training)
    mask = mask_of(np.ones_like(x[:1]))
    return x * mask, lambda d: d * mask
