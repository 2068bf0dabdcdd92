"""More wrong answers to 13.masked_softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.masked_softmax import task


@task.wrong(
    "a shift by a score that is hidden",
    hint="You subtract the largest score of the row, and it may be one that the mask hides. If it is "
    "far above the others, all the visible exponentials become 0, and so does their sum.",
    section="sec-04-stable",
)
def shifted_by_hidden(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = s.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "nan where a query may see nothing",
    hint="In a row without any visible key your sum is 0, and 0 divided by 0 is not a number. One such"
    " row is enough to spoil every parameter of a network. The task asks for zeros there.",
    section="sec-13-mask",
)
def empty_row_nan(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / total

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "equal weights where a query may see nothing",
    hint="A large negative number in the place of minus infinity is the same for all hidden keys. "
    "Where all are hidden, all become equally likely, and the query looks at everything that it "
    "may not see.",
    section="sec-13-mask",
)
def empty_row_uniform(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -1e9)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "a large penalty added to the hidden scores",
    hint="You take the same large number from every hidden score. Where all of a row are hidden, the "
    "number cancels in the softmax, and the query sees all keys as if there were no mask.",
    section="sec-13-mask",
)
def penalty_added(s: Any, mask: Any) -> Any:
    z = s - 1e6 * ~np.broadcast_to(mask, s.shape)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "a hidden score of minus one hundred",
    hint="A hundred is not infinite. Beside visible scores of -900 your hidden key is by far the best one.",
    section="sec-13-mask",
)
def penalty_too_small(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -100.0)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return mask * p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "plain shares, without the exponential",
    hint="You divide the scores by their sum. Scores may be negative, and their sum may be 0; it is "
    "the exponential that makes weights of them.",
    section="sec-04-softmax",
)
def no_softmax(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.where(mask, s, 0.0) + 0 * top
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the diagonal of the Jacobian only",
    hint="You treated softmax as if each weight looked at its own score. Raise one score and the other"
    " weights of the row fall; those routes back are missing.",
    section="sec-04-bug-diagonal",
)
def diagonal_only(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (1 - p) * d

    return p, pullback


@task.wrong(
    "the shared sum left out of the way back",
    hint="Your gradient has the route through the numerator. The score is in the denominator as well, "
    "which all weights of the row share.",
    section="sec-13-backward",
)
def no_subtraction(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * d

    return p, pullback


@task.wrong(
    "the sum of d not weighted",
    hint="What you subtract is the plain sum of what comes back. Each key contributes to it by its "
    "weight: a key that nobody looks at should not matter.",
    section="sec-13-backward",
)
def plain_sum(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - d.sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the plain mean of d subtracted",
    hint="What you subtract is the mean of what comes back, all keys counted alike. It has to be the "
    "mean under the weights of this row.",
    section="sec-13-backward",
)
def plain_mean(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - d.mean(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the gradient's sum over all rows",
    hint="The sum in your gradient runs over all rows. Each row is a softmax of its own, and nothing "
    "flows from one query to another.",
    section="sec-13-wrong-axis",
)
def sum_of_all(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum())

    return p, pullback


@task.wrong(
    "the gradient's sum over the queries",
    hint="Your value is shared out among the keys, and the sum in your gradient runs over the queries:"
    " two different axes.",
    section="sec-13-wrong-axis",
)
def sum_over_queries(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-2, keepdims=True))

    return p, pullback
