"""Still more wrong answers to 13.masked_softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.masked_softmax import task


@task.wrong(
    "the sign of the gradient turned",
    hint="Your gradient is the negative of what it should be: raising a score lowers its own weight, "
    "as you have it.",
    section="sec-13-backward",
)
def sign_turned(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * ((p * d).sum(axis=-1, keepdims=True) - d)

    return p, pullback


@task.wrong(
    "a way back that does not know the mask",
    hint="Your value is masked, and your gradient belongs to the softmax over all keys. Hidden scores "
    "had no influence: nothing may come back to them.",
    section="sec-13-mask",
)
def back_unmasked(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        r = np.exp(s - s.max(axis=-1, keepdims=True))
        r = r / r.sum(axis=-1, keepdims=True)
        return r * (d - (r * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the scores in the place of the weights",
    hint="Your gradient is made of the scores. The slope of the exponential is the exponential itself:"
    " what is needed on the way back is the value, the weights.",
    section="sec-13-backward",
)
def scores_for_weights(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return s * (d - (s * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return is the slope of each weight by its own score. The pullback is asked for the "
    "slope of the loss: what comes from above, d, has to be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (1 - p) + 0 * d

    return p, pullback


@task.wrong(
    "the weights in it twice",
    hint="The factor p stands in your gradient once more than in the derivation: before the difference"
    " and in both of its terms.",
    section="sec-13-backward",
)
def weights_twice(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (p * d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback
