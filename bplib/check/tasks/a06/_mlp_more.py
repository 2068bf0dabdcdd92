"""More wrong networks of any depth: calls that remember each other, and slips of the single layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a06.mlp import task


@task.wrong(
    "the pullback used up by its first call",
    hint="Walking back, you take the kept values out of their list. A second call finds nothing left, and passes "
    "through no layer at all.",
)
def used_up(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        while ins:
            a = ins.pop()
            grads = [a.T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * len(ins)].T) * (1 - a**2 if ins else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "a list of gradients that goes on growing from call to call",
    hint="Your list is made once, outside of the pullback. The second call puts its gradients in front of those of the "
    "first, and returns both.",
)
def list_outlives_call(x: Any, params: Any) -> Any:
    ins: list[np.ndarray] = []
    grads: list[np.ndarray] = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        for k in range(len(ins) - 1, -1, -1):
            grads[:0] = [ins[k].T @ d, d.sum(axis=0)]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, list(grads)

    return x, pullback


@task.wrong(
    "the kept values taken out of their list by the first call",
    hint="A pop takes the value away for good. The first call of your pullback empties the list, and "
    "the second one asks an empty list for more.",
)
def popped_empty(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(params) - 2, -1, -2):
            a = ins.pop()
            grads = [a.T @ d, d.sum(axis=0), *grads]
            d = (d @ params[k].T) * (1 - a**2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "gradients added to those of the call before",
    hint="Your totals are made once, outside of the pullback, and every call adds to them. A second "
    "call is to answer as though there had been no first one.",
)
def totals_kept(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]
    totals = [np.zeros_like(p) for p in params]

    def pullback(d: Any) -> Any:
        for k in range(len(ins) - 1, -1, -1):
            totals[2 * k] += ins[k].T @ d
            totals[2 * k + 1] += d.sum(axis=0)
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, [t.copy() for t in totals]

    return x, pullback


@task.wrong(
    "the list of gradients returned before dx",
    hint="The task asks for dx first and the list second. Whoever calls your pullback unpacks them in "
    "that order.",
)
def grads_first(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return grads, d

    return x, pullback


@task.wrong(
    "the biases' gradients not summed over the examples",
    hint="Every example uses the same bias, so what all of them send back to it adds up. Yours still "
    "has a row for each example.",
    section="sec-06-bias",
)
def bias_not_summed(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d, *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "a slope behind the last layer as well",
    hint="Your way back begins with a slope of tanh. The scores leave the last layer without a bend, so that what "
    "arrives at the scores has already arrived at the last layer's sums.",
    section="sec-06-derivation",
)
def slope_at_the_end(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        d = d * (1 - np.tanh(x) ** 2)
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "the slope formed from the sums, where the formula wants what tanh made of them",
    hint="One minus the square is the slope of tanh written with its output. You put its input in: where "
    "the sum is larger than 1, your slope even becomes negative.",
    section="sec-04-bug-slope",
)
def slope_of_the_sums(x: Any, params: Any) -> Any:
    ins, sums = [], []
    for k in range(0, len(params), 2):
        sums.append(x)
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = d @ params[2 * k].T
            if k:
                d = d * (1 - sums[k] ** 2)
        return d, grads

    return x, pullback


@task.wrong(
    "dx one layer short",
    hint="What you return as dx is what came back to the sums of the first layer. One more step, through "
    "its weights, and you are at the data.",
    section="sec-06-derivation",
)
def dx_too_short(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            if k:
                d = (d @ params[2 * k].T) * (1 - ins[k] ** 2)
        return d, grads

    return x, pullback


@task.wrong(
    "each bias in front of its weights",
    hint="You collected the gradients on the way back and turned the list round. That puts the layers in "
    "the right order, and in each layer the bias in front; params has the weights in front.",
)
def bias_before_weight(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [d.sum(axis=0), ins[k].T @ d, *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback
