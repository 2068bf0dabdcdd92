"""Compares what a student's code gave with what it should give, and says in words what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bplib.check.student import describe

Number = bool | int | float | np.number | np.ndarray
SMALL = 12  # arrays up to this size are shown whole


@dataclass
class Difference:
    """The first thing that differs. ``kind``: none, form, shape, dtype, nan or value."""

    kind: str
    text: str
    index: tuple[int, ...] = ()
    place: str = ""  # which of several results, as in "[1]"


def differ(expected: Any, got: Any, tolerance: float) -> Difference | None:
    """None where ``got`` will do for ``expected``, else the first difference."""
    if got is None and expected is not None:
        return Difference("none", "got None. Is a `return` missing, or a branch without one?")
    if isinstance(expected, dict):
        return _dicts(expected, got, tolerance)
    if isinstance(expected, tuple | list) and not _is_numbers(expected):
        return _sequences(expected, got, tolerance)
    if isinstance(expected, str | bool | np.bool_) or expected is None:
        same = isinstance(got, np.bool_ | type(expected)) and bool(got == expected)
        if same:
            return None
        words = got if isinstance(got, str) and isinstance(expected, str) else describe(got)
        return Difference("form", f"expected {expected}, got {words}")
    return _numbers(np.asarray(expected), got, tolerance, lenient=isinstance(expected, tuple | list))


def _dicts(expected: dict[Any, Any], got: Any, tolerance: float) -> Difference | None:
    if not isinstance(got, dict):
        return Difference("form", f"expected a dict with the keys {sorted(expected)}, got {describe(got)}")
    if set(got) != set(expected):
        return Difference(
            "form", f"expected a dict with the keys {sorted(expected)}, got {sorted(map(str, got))}"
        )
    for key, value in expected.items():
        if found := differ(value, got[key], tolerance):
            found.place = f"[{key!r}]{found.place}"
            return found
    return None


def _sequences(expected: Any, got: Any, tolerance: float) -> Difference | None:
    if not isinstance(got, tuple | list):
        return Difference(
            "form", f"expected {len(expected)} things in a {type(expected).__name__}, got {describe(got)}"
        )
    if len(got) != len(expected):
        return Difference("form", f"expected {len(expected)} things, got {len(got)}")
    for at, (e, g) in enumerate(zip(expected, got, strict=True)):
        if found := differ(e, g, tolerance):
            found.place = f"[{at}]{found.place}"
            return found
    return None


def _is_numbers(values: Any) -> bool:
    return len(values) > 0 and all(isinstance(v, int | float | np.number) for v in values)


def _numbers(e: np.ndarray, got: Any, tolerance: float, lenient: bool = False) -> Difference | None:
    if isinstance(got, list | tuple) and not lenient:
        try:
            array = np.asarray(got, dtype=float)
        except (TypeError, ValueError):
            array = None
        advice = (
            "Its numbers may be right: wrap them in np.array(…)."
            if array is not None and array.shape == e.shape
            else ""
        )
        wanted = f"an array of shape {e.shape}" if e.ndim else "one number"
        return Difference(
            "form",
            f"expected {wanted}, got a {type(got).__name__} of length {len(got)}. {advice}".strip(),
        )
    try:
        g = np.asarray(got)
    except (TypeError, ValueError):
        g = np.asarray(None)
    if g.dtype.kind not in "biuf":
        wanted = f"an array of shape {e.shape}" if e.ndim else "a number"
        return Difference("form", f"expected {wanted}, got {describe(got)}")
    if g.shape != e.shape:
        return _shapes(e, g, tolerance)
    if e.dtype.kind == "f" and g.dtype.kind == "f" and e.ndim and g.dtype != e.dtype:
        return Difference(
            "dtype",
            f"its dtype is {g.dtype}, expected {e.dtype}: some array on the way has another type",
        )
    if (
        e.dtype.kind == "f"
        and isinstance(got, np.float16 | np.float32)
        and not e.ndim
        and e.dtype == np.float64
    ):
        return Difference(
            "dtype", f"its dtype is {g.dtype}, expected {e.dtype}: some array on the way is {g.dtype}"
        )
    if e.ndim and (e.dtype.kind == "f") != (g.dtype.kind == "f"):
        return Difference("dtype", f"its dtype is {g.dtype}, expected {e.dtype}")
    if e.dtype == np.float32:
        tolerance = max(tolerance, 1e-5)  # two right formulas differ by some dozen of its roundings
    wrong = ~np.isclose(g, e, rtol=tolerance, atol=_floor(e, tolerance), equal_nan=True)
    if not wrong.any():
        return None
    with np.errstate(invalid="ignore"):  # two infinities that agree
        gap = np.abs(np.where(wrong, g.astype(float) - e.astype(float), 0.0))
    gap = np.where(wrong & ~np.isfinite(gap), np.inf, gap)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), e.shape))
    kind = "value" if np.isfinite(g[index]) or not np.isfinite(e[index]) else "nan"
    return Difference(kind, _values(e, g, index, int(wrong.sum())), index)


def _floor(e: np.ndarray, tolerance: float) -> float:
    """Rounding leaves something of the size of the largest number where zero is expected."""
    finite = np.abs(e[np.isfinite(e)]) if e.size else np.zeros(1)
    top = float(finite.max()) if finite.size else 0.0
    return tolerance * 1e-3 * top + 1e-300 if e.dtype != np.float32 else 1e-6 * top + 1e-30


def _shapes(e: np.ndarray, g: np.ndarray, tolerance: float) -> Difference:
    text = f"its shape is {g.shape}, expected {e.shape}"
    if g.ndim == e.ndim and g.shape == e.shape[::-1] and np.allclose(g.T, e, rtol=tolerance):
        return Difference("shape", f"{text}: it is the transpose of what was expected")
    if g.size == e.size and np.allclose(g.ravel(), e.ravel(), rtol=tolerance):
        return Difference("shape", f"{text}; the numbers in it are right")
    return Difference("shape", text)


def _values(e: np.ndarray, g: np.ndarray, index: tuple[int, ...], wrong: int) -> str:
    lines = []
    if 1 < e.size <= SMALL:
        lines += [f"expected  {show(e, 10)}", f"got       {show(g, 10)}"]
        if wrong < e.size:
            lines.append(f"the largest difference stands at {list(index)}")
    elif e.size > 1:
        lines.append(f"{wrong} of {e.size} numbers are wrong; the worst stands at {list(index)}:")
    if e.size == 1 or e.size > SMALL:
        x, y = float(g[index]), float(e[index])
        lines += [f"expected    {y:.8g}", f"got         {x:.8g}"]
        lines += [f"difference  {x - y:.3g}"] if np.isfinite(x) and np.isfinite(y) else []
    return "\n".join(lines)


def show(value: Any, indent: int = 0) -> str:
    """An array on few lines, later lines moved right by ``indent``."""
    if not isinstance(value, np.ndarray):
        return f"{value:.6g}" if isinstance(value, float) else repr(value)
    value = value + 0 if value.dtype.kind == "f" else value  # −0 reads as a riddle
    if value.dtype.kind == "f":
        wide = max((len(f"{v:.6g}") for v in value.ravel()), default=0)
        form = {"float_kind": lambda v: f"{v:.6g}".rjust(wide)}  # without e+03 where 1000 will do
        text = np.array2string(value, formatter=form, max_line_width=66, separator=", ")  # type: ignore[arg-type]
    else:
        text = np.array2string(value, max_line_width=66, separator=", ")
    return text.replace("\n", "\n" + " " * indent)


def relation(expected: list[Any], got: list[Any], tolerance: float) -> str:
    """In words, a plain relation that holds between all of these arrays and what was expected, or ''."""
    pairs = [(np.asarray(e, float), np.asarray(g, float)) for e, g in zip(expected, got, strict=True)]
    pairs = [(e, g) for e, g in pairs if e.any() or g.any()]
    if not pairs or any(e.shape != g.shape for e, g in pairs):
        return ""
    if all(
        e.ndim == 2 and e.shape[0] == e.shape[1] and np.allclose(g, e.T, rtol=tolerance) for e, g in pairs
    ):
        return "It is the transpose of what was expected."
    ratios = [_ratio(e, g, tolerance) for e, g in pairs]
    if None in ratios:
        return ""
    first = float(ratios[0] or 0.0)
    if all(np.isclose(float(r or 0.0), first, rtol=1e-5) for r in ratios):
        if first == 0:
            return "It is zero everywhere."
        if np.isclose(first, 1):
            return ""
        if np.isclose(first, -1):
            return "It is the right one with its sign turned."
        return f"It is {first:.4g} times the right one, everywhere."
    firsts = [e.shape[0] if e.ndim else 1 for e, _ in pairs]
    if all(np.isclose(float(r or 0.0), n, rtol=1e-5) for r, n in zip(ratios, firsts, strict=True)):
        return "It is N times the right one, N being the number of rows."
    return ""


def _ratio(e: np.ndarray, g: np.ndarray, tolerance: float) -> float | None:
    """The c for which g = c e in every entry, or None. Unsure where e is zero throughout."""
    top = float(np.vdot(e, e))
    if not np.isfinite(top) or top == 0.0 or not np.isfinite(g).all():
        return None
    c = float(np.vdot(e, g)) / top
    return c if np.allclose(g, c * e, rtol=tolerance, atol=1e-9 * float(np.abs(e).max())) else None
