"""Where a sliding window meets its image: the arithmetic that convolution and pooling share.

Tap k of a window of K rows looks, at output row i, at input row ``i·stride + k·dilation − padding``. Rows that
fall outside the image count as padding. Columns work the same way. Everything in conv.py and pool.py is a
loop over taps: for one tap the inputs that it meets form a plain slice, whatever stride and padding are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Size = tuple[int, int]
Slices = tuple[slice, slice]


class Window(NamedTuple):
    """A window sliding over an image: sizes in (rows, columns)."""

    image: Size  # (H, W)
    out: Size  # (P, Q), how many places the window stops at
    kernel: Size  # (K, L)
    stride: Size = (1, 1)
    padding: Size = (0, 0)  # above and to the left; below and to the right is whatever `out` needs
    dilation: Size = (1, 1)

    def taps(self) -> Iterator[tuple[int, int, Slices, Slices]]:
        """For each tap (k, l): which outputs meet the image there, and which inputs they meet."""
        rows = [self.meet(0, k) for k in range(self.kernel[0])]
        columns = [self.meet(1, l) for l in range(self.kernel[1])]
        for k, (out_rows, in_rows) in enumerate(rows):
            for l, (out_columns, in_columns) in enumerate(columns):
                yield k, l, (out_rows, out_columns), (in_rows, in_columns)

    def meet(self, axis: int, tap: int) -> Slices:
        """Along one axis: the outputs whose ``tap`` lies on the image, and the inputs under it."""
        offset = tap * self.dilation[axis] - self.padding[axis]
        return meet(self.image[axis], self.out[axis], self.stride[axis], offset)


def meet(size: int, count: int, stride: int, offset: int) -> Slices:
    """The i in 0..count−1 with i·stride + offset in 0..size−1, and those inputs, both as slices."""
    first = max(0, -(offset // stride))
    stop = min(count, (size - 1 - offset) // stride + 1)
    if stop <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first, stop), slice(first * stride + offset, (stop - 1) * stride + offset + 1, stride)


def out_size(op: str, image: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """How many places the window stops at: ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 by axis."""
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    room = [n + 2 * p for n, p in zip(image, padding, strict=True)]
    if room[0] < reach[0] or room[1] < reach[1]:
        raise ValueError(
            f"{op}: the output would be empty: the kernel spans {reach[0]} × {reach[1]} "
            f"(kernel {kernel}, dilation {dilation}), but the padded image is only {room[0]} × {room[1]} "
            f"(image {image}, padding {padding})."
        )
    return (room[0] - reach[0]) // stride[0] + 1, (room[1] - reach[1]) // stride[1] + 1
