"""Shapes that do not fit, whichever of NumPy's functions noticed."""

from __future__ import annotations

from typing import Any

from bplib.check.probes import StudentError, call


def calling(function: Any, *args: Any, name: str = "") -> Any:
    """``call``, with one and the same error for ``@``, ``np.dot`` and ``np.einsum`` where shapes do not fit.

    Each words it differently. A mistake that shows by its values on square matrices and by an error on others
    would be named for the student who wrote ``@``, and not for the one who wrote ``np.dot``.
    """
    try:
        return call(function, *args, name=name)
    except StudentError as error:
        if error.kind == "raised" and error.what.startswith("ValueError"):
            raise StudentError("raised", error.text, "shapes that do not fit") from None
        raise
