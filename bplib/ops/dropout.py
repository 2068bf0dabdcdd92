"""Dropout: random units fall silent during training, so that none can rely on one other."""

from __future__ import annotations

import numpy as np

from bplib.ops._door import Array, ArrayLike, Pullback, differentiable, floats, number, upstream


@differentiable("x")
def dropout(
    x: ArrayLike, p: float, rng: np.random.Generator, training: bool = True
) -> tuple[Array, Pullback]:
    """Each entry is 0 with probability p and divided by 1 − p otherwise ("inverted": its mean stays x).

    x: any shape; p in [0, 1). The mask is drawn from ``rng`` in the forward call, and the pullback applies the
    very same one. With ``training=False``, or p = 0, x passes unchanged and nothing is drawn. Equal seeds give
    equal masks in float32 and float64.
    """
    x = floats("dropout", "x", x)
    p = number("dropout", "p", p, lambda v: 0 <= v < 1, "lie in [0, 1)")
    if not isinstance(training, bool):
        raise TypeError(f"dropout: training must be True or False, got {training!r}.")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"dropout: rng must be a numpy.random.Generator, such as np.random.default_rng(0), "
            f"got {type(rng).__name__}."
        )
    shape, dtype = x.shape, x.dtype
    if not training or p == 0:
        return x, lambda d: upstream("dropout", d, shape, dtype)
    keep = rng.random(shape, dtype=np.float32) >= p  # one byte an element is all that the pullback keeps
    scale = 1 / (1 - p)

    def pullback(d: ArrayLike) -> Array:
        return upstream("dropout", d, shape, dtype) * keep * scale

    return x * keep * scale, pullback
