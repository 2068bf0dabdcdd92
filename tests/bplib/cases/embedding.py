"""Embedding: rows asked for twice, rows never asked for, ids of any shape."""

from __future__ import annotations

import numpy as np
from torch.nn import functional as F

from tests.bplib.prove import Case

r = np.random.default_rng(43).standard_normal

CASES = {
    "embedding": [
        Case("repeated", (np.array([1, 3, 1, 1, 0]), r((5, 3))), F.embedding),
        Case("sentences", (np.array([[0, 2, 2], [4, 0, 2]]), r((6, 4))), F.embedding),
        Case("one id", (np.array(2), r((4, 3))), F.embedding),
        Case("int32", (np.array([[3, 3]], np.int32), r((4, 2))), F.embedding),
        Case("strided", (np.arange(6).reshape(2, 3).T, r((4, 6)).T), F.embedding),
        Case("distinct", (np.array([4, 0, 2]), r((5, 3))), F.embedding),
    ]
}
