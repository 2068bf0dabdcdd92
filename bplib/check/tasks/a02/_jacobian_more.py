"""One more wrong Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.jacobian import task


@task.wrong(
    "a reshape, where a transpose was needed",
    hint="The shape is right. A reshape reads the numbers row by row and fills other rows with them, so that "
    "slopes of one input end up in the columns of another.",
)
def reshaped(f: Any, x: Any, h: Any) -> Any:
    rows = np.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])
    return rows.reshape(-1, len(x))
