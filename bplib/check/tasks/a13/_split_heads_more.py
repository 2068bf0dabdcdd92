"""More wrong answers to 13.split_heads."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a13.split_heads import task


@task.wrong(
    "the heads joined in the other order",
    hint="Your last head's columns come first. Each head goes back to the columns that it came from.",
    section="sec-13-heads",
)
def heads_backwards(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d[:, ::-1].transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "x returned by the pullback",
    hint="Your pullback gives back the input. It is asked about d: where each of its numbers belongs "
    "in the shape of x.",
    section="sec-02-upstream",
)
def x_returned(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return 0 * d.sum() + x

    return value, pullback


@task.wrong(
    "the gradient divided by the number of heads",
    hint="You average over the heads. Every number of x went to one head only, and there is nothing to"
    " average.",
    section="sec-13-heads",
)
def shared_out(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D) / heads

    return value, pullback


@task.wrong(
    "the positions turned round",
    hint="Your last position comes first. The order of the positions is the order of the sequence, in "
    "every head.",
    section="sec-13-heads",
)
def positions_backwards(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x[:, ::-1].reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback
