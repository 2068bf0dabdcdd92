"""Where a sliding window meets its image: the arithmetic that convolution and pooling share.

Row k of a window looks, when it computes output row i, at input row i·stride + k·dilation − padding; columns
work the same way. Rows outside the image are padding. For one tap (k, l) of the window the inputs that it
meets, over all outputs at once, form a plain slice: so conv.py and pool.py are loops over taps, not pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Size = tuple[int, int]
Slices = tuple[slice, slice]


class Window(NamedTuple):
    """A window that slides over an image. Every field is (rows, columns)."""

    image: Size  # (H, W)
    out: Size  # (P, Q): the places where the window stops
    kernel: Size  # (K, L)
    stride: Size = (1, 1)
    padding: Size = (0, 0)  # above and to the left; what is needed below and to the right follows from `out`
    dilation: Size = (1, 1)

    def taps(self) -> Iterator[tuple[int, int, Slices, Slices]]:
        """For each tap (k, l), row by row: the outputs that meet the image there, and those inputs."""
        for k in range(self.kernel[0]):
            out_rows, in_rows = self.meet(0, k)
            for l in range(self.kernel[1]):
                out_columns, in_columns = self.meet(1, l)
                yield k, l, (out_rows, out_columns), (in_rows, in_columns)

    def meet(self, axis: int, tap: int) -> Slices:
        """``meet`` for one tap along one axis."""
        offset = tap * self.dilation[axis] - self.padding[axis]
        return meet(self.image[axis], self.out[axis], self.stride[axis], offset)


def meet(size: int, count: int, stride: int, offset: int) -> Slices:
    """Those i in 0..count−1 for which i·stride + offset lies in 0..size−1, and these inputs: two slices."""
    first = max(0, -(offset // stride))
    stop = min(count, (size - 1 - offset) // stride + 1)
    if stop <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first, stop), slice(first * stride + offset, (stop - 1) * stride + offset + 1, stride)


def out_size(op: str, image: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """How often the window stops: ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 rows, and so on."""
    span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    room = [n + 2 * p for n, p in zip(image, padding, strict=True)]
    if room[0] < span[0] or room[1] < span[1]:
        raise ValueError(
            f"{op}: the output would be empty: the kernel {kernel} with dilation {dilation} spans "
            f"{span[0]} × {span[1]}, and the image {image} with padding {padding} has only "
            f"{room[0]} × {room[1]}."
        )
    return (room[0] - span[0]) // stride[0] + 1, (room[1] - span[1]) // stride[1] + 1
