"""Images moved by whole pixels, each by its own amount: what augmentation does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.shifted",
    "Augmentation: a digit moved is the same digit",
    asks_for="shifted",
    section="sec-09-augmentation",
    parts={"value": 2},
)


@task.reference
def shifted(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    m = np.abs(moves).max()
    out = []
    for image, (down, right) in zip(images, moves, strict=True):
        rows, columns = m - down, m - right
        out.append(np.pad(image, m)[rows : rows + H, columns : columns + W])
    return np.stack(out)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(95)
    yield {
        "images": np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
        "moves": np.array([[1, 0], [0, -1]]),
    }
    yield {"images": rng.random((4, 3, 4)), "moves": np.array([[1, 2], [-1, 1], [0, 0], [-2, -1]])}
    yield {"images": rng.random((3, 4, 4)), "moves": np.array([[0, 3], [-1, 0], [2, -2]])}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = case["images"].copy()
    yield "value", "the moved images", call(answer, *case.values())
    yield "value", "whether images was changed", not np.array_equal(before, case["images"])


@task.wrong(
    "what leaves on one side comes in on the other",
    hint="You roll the image like a cylinder. A stroke that leaves at the top appears at the bottom, and a 7 "
    "becomes a shape that nobody writes.",
)
def rolled(images: Any, moves: Any) -> Any:
    return np.stack(
        [np.roll(x, (int(a), int(b)), axis=(0, 1)) for x, (a, b) in zip(images, moves, strict=True)]
    )


@task.wrong(
    "rows and columns swapped",
    hint="You move to the right by the first number and down by the second. The first axis of an image "
    "counts its rows, from the top.",
)
def axes_swapped(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    out = np.zeros_like(images)
    for n, (right, down) in enumerate(moves):
        for r in range(H):
            for c in range(W):
                if 0 <= r - down < H and 0 <= c - right < W:
                    out[n, r, c] = images[n, r - down, c - right]
    return out


@task.wrong(
    "moved the other way",
    hint="Positive numbers move the image up and to the left in your code. They should move it down and to "
    "the right.",
)
def other_way(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    out = np.zeros_like(images)
    for n, (down, right) in enumerate(moves):
        for r in range(H):
            for c in range(W):
                if 0 <= r + down < H and 0 <= c + right < W:
                    out[n, r, c] = images[n, r + down, c + right]
    return out


@task.wrong(
    "every image moved by the first image's numbers",
    hint="All your images move together, by the first row of moves. Each image has its own row.",
)
def first_for_all(images: Any, moves: Any) -> Any:
    down, right = moves[0]
    _, H, W = images.shape
    out = np.zeros_like(images)
    for r in range(H):
        for c in range(W):
            if 0 <= r - down < H and 0 <= c - right < W:
                out[:, r, c] = images[:, r - down, c - right]
    return out


@task.wrong(
    "the edge repeated",
    hint="What comes in from outside repeats the last row or column in your images. The paper around a digit "
    "is empty: zeros come in.",
)
def edge_repeated(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    rows, columns = np.arange(H), np.arange(W)
    return np.stack(
        [
            x[np.clip(rows - down, 0, H - 1)[:, None], np.clip(columns - right, 0, W - 1)]
            for x, (down, right) in zip(images, moves, strict=True)
        ]
    )


@task.wrong(
    "only the rows moved",
    hint="Your images move up and down and never sideways. The second number of each row is not used.",
)
def rows_only(images: Any, moves: Any) -> Any:
    H = images.shape[1]
    out = np.zeros_like(images)
    for n, (down, _) in enumerate(moves):
        for r in range(H):
            if 0 <= r - down < H:
                out[n, r] = images[n, r - down]
    return out


@task.wrong(
    "negative moves taken as positive",
    hint="You use the size of the number and not its sign: every image moves down and to the right.",
)
def sign_ignored(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    out = np.zeros_like(images)
    for n, (down, right) in enumerate(np.abs(moves)):
        for r in range(down, H):
            for c in range(right, W):
                out[n, r, c] = images[n, r - down, c - right]
    return out


@task.wrong(
    "negative moves left out",
    hint="Images whose number is negative stay where they are in your code.",
)
def negative_left_out(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    out = np.zeros_like(images)
    for n, (down, right) in enumerate(np.maximum(moves, 0)):
        for r in range(down, H):
            for c in range(right, W):
                out[n, r, c] = images[n, r - down, c - right]
    return out


@task.wrong(
    "the old pixels left in the border",
    hint="You begin with a copy of the image and overwrite what moves. At the border, where nothing moved "
    "to, the old pixels are still there, and the digit appears twice.",
)
def old_border(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    out = images.copy()
    for n, (down, right) in enumerate(moves):
        for r in range(H):
            for c in range(W):
                if 0 <= r - down < H and 0 <= c - right < W:
                    out[n, r, c] = images[n, r - down, c - right]
    return out


@task.wrong(
    "written into the array that came in",
    hint="You overwrite the images that you were given. In the next epoch they would move on from where they "
    "are, and after a few epochs be out of the picture.",
)
def in_place(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    for n, (down, right) in enumerate(moves):
        old = images[n].copy()
        images[n] = 0.0
        for r in range(H):
            for c in range(W):
                if 0 <= r - down < H and 0 <= c - right < W:
                    images[n, r, c] = old[r - down, c - right]
    return images
