"""The distribution function of the normal law, which GELU needs and NumPy lacks."""

from __future__ import annotations

import math

import numpy as np

from bplib.ops._door import Array

# (1 + 2x) eˣ² erfc(x) is smooth and bounded for all x ≥ 0. Below are the coefficients of its Chebyshev
# interpolant of degree 20 in t = (x − 2.5) / (x + 2.5), computed from 40-digit values; the relative error
# is 2e-14 (tests/bplib/ops/test_activations.py compares with math.erfc).
_COEFFICIENTS = (
    1.1771189339755783, 0.014212740827324263, -0.10037710257743712, 0.048384221974958418,
    -0.012607425531068521, 0.0016421555334710316, 5.2927052290046265e-05, -5.106088378410867e-05,
    2.3714285583404673e-06, 1.5839410900934279e-06, -1.248395826733848e-07, -6.0456573976520141e-08,
    4.092593268983542e-09, 2.7374084162481932e-09, -4.588792378202667e-11, -1.3187852382173251e-10,
    -8.2690494480532998e-12, 5.9370928846918512e-12, 1.0588807805315709e-12, -1.9944283451640651e-13,
    -8.5171382709928021e-14,
)  # fmt: skip


def normal_cdf(z: Array) -> Array:
    """Φ(z), element by element, accurate relative to its own size far into the left tail."""
    positive = z.real > 0
    x = np.where(positive, z, -z) / math.sqrt(2)
    t2 = 2 * (x - 2.5) / (x + 2.5)
    b1 = b2 = np.zeros_like(x)
    for c in _COEFFICIENTS[:0:-1]:  # Clenshaw's recurrence
        b1, b2 = t2 * b1 - b2 + c, b1
    scaled = (0.5 * t2 * b1 - b2 + _COEFFICIENTS[0]) / (1 + 2 * x)
    tail = 0.5 * np.exp(-x * x) * scaled
    return np.where(positive, 1 - tail, tail)
