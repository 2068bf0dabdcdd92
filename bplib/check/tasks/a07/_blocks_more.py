"""More wrong stacks of blocks: the layer inside, and the order of things."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.blocks import task


@task.wrong(
    "W in the place of its transpose on the way back",
    hint="Forward, a row is multiplied by W. Backward, it is multiplied by the transpose. Your W is square, so "
    "nothing complains.",
    section="sec-06-transpose",
)
def untransposed(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d + scale * (d @ W) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the slope of ReLU left out",
    hint="Where the block's input is negative, ReLU lets nothing through to the weights, and nothing comes back.",
    section="sec-04-three",
)
def slope_left_out(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d + scale * (d @ W.T)
        return d, grads

    return h, pullback


@task.wrong(
    "ReLU's slope put on the shortcut too",
    hint="The shortcut goes past the ReLU. What comes back along it is not cut off where the input is negative.",
)
def mask_on_shortcut(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = (keep * d + scale * (d @ W.T)) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the slope of ReLU at zero taken as 1",
    hint="At 0 the slope of ReLU is a convention, and it is 0 in this course.",
    section="sec-04-zero",
)
def slope_one_at_zero(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d + scale * (d @ W.T) * (h >= 0)
        return d, grads

    return h, pullback


@task.wrong(
    "ReLU after the weights",
    hint="The block sends its input through ReLU and then through the weights. Yours does it the other way round, "
    "so that corrections are never negative.",
)
def relu_after(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append((h, h @ W))
        h = keep * h + scale * np.maximum(h @ W, 0)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (h[0].T @ (d * (h[1] > 0)))] + grads
            d = keep * d + scale * ((d * (h[1] > 0)) @ W.T)
        return d, grads

    return h, pullback


@task.wrong(
    "the weights' gradient taken with the block's input",
    hint="What went into the weights is the input behind the ReLU. You take the input before it.",
)
def raw_input_in_dw(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (h.T @ d)] + grads
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the weights' gradients taken from what has already passed on",
    hint="The weights of a block receive what arrives at its output. You have carried it to the block's input "
    "before you use it.",
    section="sec-06-derivation",
)
def late_dw(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            d = keep * d + scale * (d @ W.T) * (h > 0)
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
        return d, grads

    return h, pullback


@task.wrong(
    "the gradients listed from the last block to the first",
    hint="The way back meets the last block first, and your list is in that order. The task asks for the order of "
    "`weights`.",
)
def reversed_list(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = grads + [scale * (np.maximum(h, 0).T @ d)]
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the pullbacks called in the order of the way forward",
    hint="A gradient comes in at the last block. You begin at the first.",
    section="sec-06-derivation",
)
def forward_order(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(kept, weights, strict=True):
            grads = grads + [scale * (np.maximum(h, 0).T @ d)]
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "no shortcut at all",
    hint="You compute a plain network. Each block adds its correction to `keep` times its input.",
)
def no_shortcut(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the list kept from one call to the next",
    hint="The pullback may be called again, with another gradient. Yours goes on with the list of the last call.",
    section="sec-06-pullbacks",
)
def grads_pile_up(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept: list = []
    grads: list = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        nonlocal grads
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback
