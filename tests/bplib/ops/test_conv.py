"""conv2d and conv_transpose2d with any geometry, against PyTorch, the plain loops and each other; what they refuse."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from bplib import ops
from bplib.ops import _columns, plain
from bplib.ops._window import Window
from tests.bplib.cases.conv import CASES
from tests.bplib.prove import Case, prove

some = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def two(low: int, high: int) -> st.SearchStrategy[Any]:
    """An int or a pair of ints."""
    one = st.integers(low, high)
    return one | st.tuples(one, one)


def pair(v: Any) -> tuple[int, int]:
    return (v, v) if isinstance(v, int) else v


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def spans(kernel: tuple[int, int], dilation: Any) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(kernel, pair(dilation), strict=True)]


def transposed(z: tuple[int, ...], w: tuple[int, ...], kwargs: dict[str, Any]) -> tuple[int, int]:
    """The size that conv_transpose2d makes of z without output_padding."""
    s, p, e = (pair(kwargs[name]) for name in ("stride", "padding", "dilation"))
    H, W = ((z[2 + i] - 1) * s[i] - 2 * p[i] + e[i] * (w[2 + i] - 1) + 1 for i in (0, 1))
    return H, W


@st.composite
def geometries(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]:
    """Shapes of x and w, and keyword arguments, of a conv2d whose output is not empty."""
    groups = draw(st.integers(1, 2))
    C, f = draw(st.sampled_from([1, 2, 8])), draw(st.integers(1, 3))
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    kwargs = {
        "stride": draw(two(1, 3)),
        "padding": draw(two(0, 2)),
        "dilation": draw(two(1, 2)),
        "groups": groups,
    }
    H, W = (
        max(1, span - 2 * p) + draw(st.integers(0, 3))
        for span, p in zip(spans(kernel, kwargs["dilation"]), pair(kwargs["padding"]), strict=True)
    )
    N = draw(st.integers(1, 3))
    return (N, C * groups, H, W), (f * groups, C, *kernel), kwargs


@some
@given(geometry=geometries(), bias=st.booleans(), seed=seeds)
def test_conv2d_with_any_geometry(geometry: Any, bias: bool, seed: int) -> None:
    x, w, kwargs = geometry
    r = np.random.default_rng(seed).standard_normal
    args = (r(x), r(w), r(w[0]))[: 3 if bias else 2]
    prove(ops.conv2d, Case("any", args, lambda *a: F.conv2d(*a, **kwargs), kwargs))


@some
@given(geometry=geometries(), extra=two(0, 2), bias=st.booleans(), seed=seeds)
def test_conv_transpose2d_with_any_geometry(geometry: Any, extra: Any, bias: bool, seed: int) -> None:
    x, w, kwargs = geometry
    r = np.random.default_rng(seed).standard_normal
    # The image that a conv2d with this geometry makes is one that the transpose can start from.
    z, _ = ops.conv2d(np.zeros(x), np.zeros(w), **kwargs)
    kwargs["output_padding"] = tuple(
        max(1 - size, min(e, max(s, d) - 1))  # not empty, and smaller than stride or dilation
        for size, e, s, d in zip(
            transposed(z.shape, w, kwargs),
            pair(extra),
            pair(kwargs["stride"]),
            pair(kwargs["dilation"]),
            strict=True,
        )
    )
    args = (r(z.shape), r(w), r(x[1]))[: 3 if bias else 2]
    prove(ops.conv_transpose2d, Case("any", args, lambda *a: F.conv_transpose2d(*a, **kwargs), kwargs))


@pytest.mark.parametrize("case", CASES["conv2d"], ids=str)
def test_the_plain_loops_are_right(case: Case) -> None:
    prove(plain.conv2d_loops, case)


@some
@given(geometry=geometries(), bias=st.booleans(), seed=seeds)
def test_the_fast_convolution_equals_the_plain_loops(geometry: Any, bias: bool, seed: int) -> None:
    x, w, kwargs = geometry
    r = np.random.default_rng(seed).standard_normal
    args = (r(x), r(w), r(w[0]))[: 3 if bias else 2]
    z, pullback = ops.conv2d(*args, **kwargs)
    z_loops, pullback_loops = plain.conv2d_loops(*args, **kwargs)
    np.testing.assert_allclose(z, z_loops, rtol=1e-12, atol=1e-12)
    dz = r(z.shape)
    for got, want in zip(pullback(dz), pullback_loops(dz), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_plain_is_not_among_the_ops() -> None:
    assert "conv2d_loops" not in ops.__all__


@pytest.mark.parametrize("thin", [0, 1000])
@pytest.mark.parametrize("images", [1, 2, 5])
@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d"])
def test_every_layout_and_every_number_of_images_at_a_time(
    op: str, images: int, thin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """_columns chooses by size; whatever it chooses, the numbers are the same."""
    monkeypatch.setattr(_columns, "_THIN", thin)
    monkeypatch.setattr(_columns, "_chunk", lambda N, shape, dtype: images)
    for case in CASES[op]:
        prove(getattr(ops, op), case)


def test_both_ways_to_the_gradient_of_the_image_agree() -> None:
    r = np.random.default_rng(0).standard_normal
    dz, w = r((3, 2, 5, 4, 6)), r((2, 5, 3, 3, 2))
    window = _columns.Window(image=(5, 4), out=(4, 6), kernel=(3, 2), padding=(2, 3), dilation=(2, 3))
    gathered = _columns.image_gradient(dz, w, window)
    scattered = _columns._scatter(dz, w, window)
    np.testing.assert_allclose(gathered, scattered, rtol=1e-12, atol=1e-12)


@some
@given(geometry=geometries(), seed=seeds)
def test_the_transposed_convolution_is_the_adjoint(geometry: Any, seed: int) -> None:
    """⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ once output_padding has restored the size of x."""
    x_shape, w_shape, kwargs = geometry
    r = np.random.default_rng(seed).standard_normal
    x, w = r(x_shape), r(w_shape)
    z, _ = ops.conv2d(x, w, **kwargs)
    y = r(z.shape)
    extra = tuple(H - size for H, size in zip(x_shape[2:], transposed(z.shape, w_shape, kwargs), strict=True))
    back, _ = ops.conv_transpose2d(y, w, output_padding=extra, **kwargs)
    assert back.shape == x.shape
    np.testing.assert_allclose((z * y).sum(), (x * back).sum(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("op", [ops.conv2d, ops.conv_transpose2d])
@pytest.mark.parametrize("bias", [True, False])
def test_the_gradient_of_the_data_can_be_left_out(op: Any, bias: bool) -> None:
    r = np.random.default_rng(0).standard_normal
    args = (r((2, 3, 4, 5)), r((3, 3, 2, 3)), r(3))[: 3 if bias else 2]
    z, pullback = op(*args, stride=2, padding=1)
    z_too, short = op(*args, stride=2, padding=1, need_dx=False)
    np.testing.assert_array_equal(z, z_too)
    none, *rest = short(np.ones(z.shape))
    assert none is None
    for got, want in zip(rest, pullback(np.ones(z.shape))[1:], strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("op", [ops.conv2d, ops.conv_transpose2d])
def test_an_upstream_gradient_may_be_a_broadcast_view(op: Any) -> None:
    """The pullback of a sum or a mean hands one on."""
    r = np.random.default_rng(0).standard_normal
    for stride in (1, 2):
        z, pullback = op(r((2, 8, 4, 5)), r((8, 8, 3, 3)), r(8), stride, 1)
        view = np.broadcast_to(r((1, 8, 1, 1)), z.shape)
        for got, want in zip(pullback(view), pullback(view.copy()), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("op", [ops.conv2d, ops.conv_transpose2d])
def test_an_empty_batch(op: Any) -> None:
    z, pullback = op(np.ones((0, 3, 4, 5)), np.ones((3, 3, 2, 2)), np.ones(3))
    assert len(z) == 0
    dx, dw, db = pullback(np.ones(z.shape))
    assert dx.shape == (0, 3, 4, 5)
    np.testing.assert_array_equal(dw, np.zeros((3, 3, 2, 2)))
    np.testing.assert_array_equal(db, np.zeros(3))


def test_the_pullback_keeps_its_arguments_and_nothing_larger() -> None:
    x, w, b = np.ones((3, 8, 6, 6)), np.ones((4, 8, 3, 3)), np.ones(4)
    for op, args in ((ops.conv2d, (x, w, b)), (ops.conv_transpose2d, (x, w.swapaxes(0, 1), b))):
        _, pullback = op(*args, padding=1)
        kept = [c.cell_contents for c in pullback.__closure__ or ()]
        arrays = [a for a in kept if isinstance(a, np.ndarray)]
        assert arrays and all(np.shares_memory(a, x) or np.shares_memory(a, w) for a in arrays)


def test_conv2d_refuses() -> None:
    x, w, b = np.ones((2, 4, 5, 6)), np.ones((6, 4, 3, 2)), np.ones(6)
    with refuses(ValueError, "conv2d: x must have 4 axes (N, C, H, W), got shape (4, 5, 6)."):
        ops.conv2d(x[0], w)
    with refuses(ValueError, "conv2d: w must have 4 axes (F, C/groups, K, L), got shape (4, 3, 2)."):
        ops.conv2d(x, w[0])
    with refuses(
        ValueError,
        "conv2d: w must be (F, C/groups, K, L) with C/groups = 4 (x has 4 channels, groups 1), "
        "got shape (6, 3, 3, 2).",
    ):
        ops.conv2d(x, w[:, :3])
    with refuses(
        ValueError,
        "conv2d: w must be (F, C/groups, K, L) with C/groups = 2 (x has 4 channels, groups 2), "
        "got shape (6, 4, 3, 2).",
    ):
        ops.conv2d(x, w, groups=2)
    with refuses(ValueError, "conv2d: groups must divide the channels, got groups 3 and 4 channels (x)."):
        ops.conv2d(x, w, groups=3)
    with refuses(ValueError, "conv2d: groups must divide the channels, got groups 4 and 6 channels (w)."):
        ops.conv2d(x, w[:, :1], groups=4)
    for bad in (0, 1.5, True):
        with refuses(ValueError, f"conv2d: groups must be an int of at least 1, got {bad!r}."):
            ops.conv2d(x, w, groups=bad)  # type: ignore[arg-type]
    with refuses(ValueError, "conv2d: w must not be empty, got shape (6, 4, 0, 2)."):
        ops.conv2d(x, w[:, :, :0])
    with refuses(
        ValueError, "conv2d: b must have shape (6,) (one bias for each output channel), got (6, 1, 1)."
    ):
        ops.conv2d(x, w, b[:, None, None])
    with refuses(
        TypeError,
        "conv2d: w is float32 but x is float64; use one dtype for both, for example w.astype(x.dtype).",
    ):
        ops.conv2d(x, w.astype(np.float32), b)
    with refuses(
        TypeError,
        "conv2d: b is float32 but x is float64; use one dtype for both, for example b.astype(x.dtype).",
    ):
        ops.conv2d(x, w, b.astype(np.float32))
    with refuses(
        TypeError,
        "conv2d: x must hold floating-point numbers, got dtype uint8. Convert it first: x.astype(np.float64).",
    ):
        ops.conv2d(x.astype(np.uint8), w)
    with refuses(ValueError, "conv2d: stride must be at least 1, got (2, 0)."):
        ops.conv2d(x, w, b, (2, 0))
    with refuses(ValueError, "conv2d: padding must be at least 0, got -1."):
        ops.conv2d(x, w, b, 1, -1)
    with refuses(ValueError, "conv2d: dilation must be at least 1, got 0."):
        ops.conv2d(x, w, b, dilation=0)
    with refuses(TypeError, "conv2d: padding must be an int or a pair of ints, got 'same'."):
        ops.conv2d(x, w, b, padding="same")  # type: ignore[arg-type]
    with refuses(
        ValueError,
        "conv2d: the output would be empty: the kernel (3, 2) with dilation (2, 7) spans 5 × 8, "
        "and the image (5, 6) with padding (1, 0) has only 7 × 6.",
    ):
        ops.conv2d(x, w, b, 2, (1, 0), (2, 7))


def test_conv_transpose2d_refuses() -> None:
    x, w, b = np.ones((2, 4, 5, 6)), np.ones((4, 3, 3, 2)), np.ones(3)
    with refuses(
        ValueError, "conv_transpose2d: w must have 4 axes (C, F/groups, K, L), got shape (3, 3, 2)."
    ):
        ops.conv_transpose2d(x, w[0])
    with refuses(
        ValueError,
        "conv_transpose2d: w must be (C, F/groups, K, L) with the C = 4 channels of x, got shape (3, 4, 3, 2).",
    ):
        ops.conv_transpose2d(x, w.swapaxes(0, 1))
    with refuses(
        ValueError, "conv_transpose2d: groups must divide the channels, got groups 3 and 4 channels (x)."
    ):
        ops.conv_transpose2d(x, w, groups=3)
    with refuses(
        ValueError,
        "conv_transpose2d: b must have shape (6,) (one bias for each output channel), got (3,).",
    ):
        ops.conv_transpose2d(x, w, b, groups=2)
    with refuses(
        ValueError,
        "conv_transpose2d: output_padding must be smaller than stride (2, 1) or dilation (1, 1), got (1, 1).",
    ):
        ops.conv_transpose2d(x, w, b, (2, 1), output_padding=1)
    with refuses(
        ValueError,
        "conv_transpose2d: the output would be empty (1 × -1): the image (5, 6) with kernel (3, 2), "
        "stride (1, 1) and padding (3, 4).",
    ):
        ops.conv_transpose2d(x, w, b, padding=(3, 4))
    with refuses(
        TypeError,
        "conv_transpose2d: w is float32 but x is float64; use one dtype for both, "
        "for example w.astype(x.dtype).",
    ):
        ops.conv_transpose2d(x, w.astype(np.float32))


def test_an_upstream_gradient_of_another_shape_is_refused() -> None:
    for name, op in (("conv2d", ops.conv2d), ("conv_transpose2d", ops.conv_transpose2d)):
        _, pullback = op(np.ones((2, 3, 4, 5)), np.ones((3, 3, 1, 1)))
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (2, 3, 4, 5), got (4, 5).",
        ):
            pullback(np.ones((4, 5)))


def test_the_result_has_the_size_that_pytorch_gives_it() -> None:
    """Every combination of small sizes: the two formulas are the ones PyTorch uses."""
    for H, K, s, p, d in np.ndindex(6, 3, 3, 3, 2):
        x, w = np.ones((1, 1, H + 1, 4)), np.ones((1, 1, K + 1, 1))
        kwargs: dict[str, Any] = {"stride": (s + 1, 1), "padding": (p, 0), "dilation": (d + 1, 1)}
        for op, torch_fn in ((ops.conv2d, F.conv2d), (ops.conv_transpose2d, F.conv_transpose2d)):
            try:
                want = tuple(torch_fn(torch.tensor(x), torch.tensor(w), **kwargs).shape)
            except RuntimeError:
                with pytest.raises(ValueError, match="the output would be empty"):
                    op(x, w, **kwargs)
            else:
                assert op(x, w, **kwargs)[0].shape == want


def test_the_example_of_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrices in the docstring of _columns, as it draws them."""
    window = Window((3, 3), (2, 2), (2, 2))
    x = np.arange(1.0, 10).reshape(1, 1, 1, 3, 3)
    ((_, (whole,)),) = _columns._Columns(window, x)
    assert whole[0, 0].tolist() == [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
    monkeypatch.setattr(_columns, "_THIN", 0)
    columns = _columns._Columns(window, x)
    ((_, (first, second)),) = columns
    assert columns.buffer.reshape(2, 6).tolist() == [[1, 2, 4, 5, 7, 8], [2, 3, 5, 6, 8, 9]]
    assert first[0, 0].tolist() == [[1, 2, 4, 5], [2, 3, 5, 6]]
    assert second[0, 0].tolist() == [[4, 5, 7, 8], [5, 6, 8, 9]]
