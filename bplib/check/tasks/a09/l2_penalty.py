"""The L2 penalty on a network's weights, and not on its biases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.l2_penalty",
    "L2: pay for length",
    asks_for="l2_penalty",
    section="sec-09-l2",
    parts={"value": 1, "gradient": 2},
)


@task.reference
def l2_penalty(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))

    def pullback(d: Any) -> Any:
        return {name: d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()}

    return lam / 2 * total, pullback


def net(seed: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Random weights and biases of a network with such layers."""
    rng = np.random.default_rng(seed)
    params: dict[str, Any] = {}
    for k, (a, b) in enumerate(pairwise(sizes), start=1):
        params[f"W{k}"], params[f"b{k}"] = rng.standard_normal((a, b)), rng.standard_normal(b)
    return params


@task.cases
def cases() -> Iterator[Case]:
    yield {"params": {"W": np.array([[1.0, -2.0]]), "b": np.array([3.0, 3.0])}, "lam": 0.2, "d": 1.0}
    yield {"params": net(1, (3, 2, 4)), "lam": 0.7, "d": -1.5}
    yield {"params": net(2, (2, 2, 2, 1)), "lam": 0.05, "d": 0.3}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    params = case["params"]
    before = {name: w.copy() for name, w in params.items()}
    value, pullback = unpack(call(answer, params, case["lam"]), "value", "pullback", of="l2_penalty")
    yield "value", "the penalty", value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        grads = call(pullback, d, name="pullback")
        if not isinstance(grads, dict) or sorted(grads) != sorted(params):
            names = ", ".join(sorted(params))
            raise StudentError(
                "form", f"the pullback must return a dict with a gradient for each of: {names}."
            )
        for name in params:
            yield "gradient", f"d{name}{again}", grads[name]
    changed = any(not np.array_equal(before[name], params[name]) for name in before)
    yield "gradient", "whether the parameters were changed", changed


@task.wrong(
    "biases pay too",
    hint="You let every parameter pay. A bias moves a prediction up or down and multiplies nothing; pulling "
    "it towards zero pulls the mean prediction away from the data. Only what begins with W pays here.",
)
def biases_pay(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for w in params.values())
    return lam / 2 * total, lambda d: {name: d * lam * w for name, w in params.items()}


@task.wrong(
    "the half forgotten in the value",
    hint="Your value is twice as large as the task's. The gradient of a square has a 2, and the half is there "
    "to take it away.",
)
def half_forgotten(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam * total, lambda d: {
        name: d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "a gradient of 2λW",
    hint="Your gradient is twice the slope of the value that you return. The half in front of the square "
    "takes the 2 away.",
)
def twice(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * 2 * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "λ itself given as the gradient",
    hint="You send the same λ to every weight, whatever it is. The slope of a square grows with what is "
    "squared: a weight that is twice as large is pulled twice as hard.",
)
def lam_alone(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam * np.ones_like(w) if name.startswith("W") else np.zeros_like(w)
        for name, w in params.items()
    }


@task.wrong(
    "the gradient of the L1 penalty",
    hint="You pull every weight with the same strength and only look at its sign. That belongs to the sum of "
    "absolute values; the square pulls in proportion to the weight.",
    section="sec-09-l1",
)
def signs(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam * np.sign(w) if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the penalty's own slope. What arrives from above, d, must be in it: the penalty may be "
    "one part of a loss that is scaled as a whole.",
    section="sec-02-upstream",
)
def upstream_ignored(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "the sign of the gradient reversed",
    hint="Your gradient points towards zero. A gradient points to where the penalty grows, away from zero; "
    "the descent turns it round later, and yours would make weights grow.",
)
def towards_zero(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: -d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "means in the place of sums",
    hint="You average the squares of a matrix. Then a weight in a large layer pays less than the same weight "
    "in a small one. The length of a vector adds up all its squares.",
)
def averaged(params: Any, lam: Any) -> Any:
    total = sum(np.mean(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam * w / w.size if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "the length, not its square",
    hint="Your value is the root of the sum of squares. That is another penalty: its slope does not shrink "
    "as the weights do.",
)
def not_the_square(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * np.sqrt(total), lambda d: {
        name: d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "only the last layer's weights counted",
    hint="Your value knows one matrix, the last that your loop met. The penalty adds up over all of them.",
)
def last_layer(params: Any, lam: Any) -> Any:
    total = 0.0
    for name, w in params.items():
        if name.startswith("W"):
            total = np.sum(w**2)
    return lam / 2 * total, lambda d: {
        name: d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "λ squared on the way back",
    hint="In your gradient λ comes twice. It is a factor of the value, and stays a factor, once.",
)
def lam_squared(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam**2 * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }


@task.wrong(
    "the gradient of a bias given as its value",
    hint="The biases do not pay, and so their penalty has slope zero. You return the biases themselves "
    "there.",
)
def bias_itself(params: Any, lam: Any) -> Any:
    total = sum(np.sum(w**2) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam * w if name.startswith("W") else w for name, w in params.items()
    }


@task.wrong(
    "lengths added up, where squared lengths are due",
    hint="You add the lengths of the weights. A length is a root; the penalty adds the squares, and its slope "
    "is λW only then.",
)
def lengths(params: Any, lam: Any) -> Any:
    total = sum(np.sqrt(np.sum(w**2)) for name, w in params.items() if name.startswith("W"))
    return lam / 2 * total, lambda d: {
        name: d * lam * w if name.startswith("W") else np.zeros_like(w) for name, w in params.items()
    }
