"""A list of ops made into one op."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.compose",
    "A chain of ops is an op",
    asks_for="compose",
    section="sec-03-op",
    parts={"value": 1, "gradient": 2},
)

MIX = np.array([[1.0, -2.0], [0.5, 1.0], [3.0, 0.0]])


def matrix(W: Any) -> Callable[[Any], Any]:
    """The op x ↦ x W."""
    return lambda x: (x @ W, lambda d: d @ W.T)


def tanh(x: Any) -> Any:
    a = np.tanh(x)
    return a, lambda d: d * (1 - a * a)


LINKS: dict[str, Callable[[Any], Any]] = {
    "square": lambda x: (x * x, lambda d: d * 2 * x),
    "tanh": tanh,
    "shift": lambda x: (x + 1.5, lambda d: d),
    "total": lambda x: (x.sum(), lambda d: np.full(x.shape, d)),
    "3 to 2": matrix(MIX),
    "2 to 3": matrix(MIX.T),
    "turn": matrix(np.array([[0.0, 2.0], [-1.0, 0.5]])),
}


for _name, _link in LINKS.items():
    _link.__name__ = _name  # so that an error in one says where


@task.reference
def compose(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            for pullback in reversed(pullbacks):
                d = pullback(d)
            return d

        return x, back

    return op


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(37)
    yield {"links": ["square", "total"], "x": np.array([1.0, 2.0]), "x2": np.array([3.0, 0.0]), "d": 0.5}
    yield {
        "links": ["square", "turn", "tanh"],
        "x": np.array([0.5, 1.0]),
        "x2": np.array([-0.25, 0.5]),
        "d": np.array([1.0, -2.0]),
    }
    yield {
        "links": ["3 to 2", "tanh", "2 to 3", "shift"],
        "x": rng.normal(size=(4, 3)),
        "x2": rng.normal(size=(4, 3)),
        "d": rng.normal(size=(4, 3)),
    }
    yield {"links": ["tanh"], "x": rng.normal(size=3), "x2": rng.normal(size=3), "d": rng.normal(size=3)}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    x, x2, d = case["x"], case["x2"], case["d"]
    op = call(answer, [LINKS[name] for name in case["links"]])
    value, back = unpack(tried(op, x, "the composed op"), "value", "pullback", of="the composed op")
    yield "value", "the value", value
    value2, back2 = unpack(tried(op, x2, "the composed op"), "value", "pullback", of="the composed op")
    yield "value", "the value at x2", value2
    yield "gradient", "dx", tried(back, d, "its pullback")
    yield "gradient", "dx at x2", tried(back2, d, "its pullback")
    yield "gradient", "dx, when called again", tried(back, -2 * d, "its pullback")


def tried(function: Any, x: Any, name: str) -> Any:
    """A call whose error counts by its kind: its words differ with the place where our links run."""
    try:
        return call(function, x, name=name)
    except StudentError as error:
        if error.kind == "raised":
            error.what = error.what.split(":")[0]
        raise


@task.wrong(
    "the pullbacks called in the order of the way forward",
    hint="The gradient comes from the end of the chain, and the last op is the only one that knows what to do with "
    "it. The first op's pullback expects the gradient of the first op's own output.",
    section="sec-03-chain",
)
def forward_order(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            for pullback in pullbacks:
                d = pullback(d)
            return d

        return x, back

    return op


@task.wrong(
    "the pullbacks used up by the first call",
    hint="Your pullback empties the list that it works from. Called a second time it finds nothing to do and "
    "returns d as it came.",
)
def used_up(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            while pullbacks:
                d = pullbacks.pop()(d)
            return d

        return x, back

    return op


@task.wrong(
    "the list turned round anew in every call of the pullback",
    hint="Turning the list round in place is remembered. The first call goes from the end to the beginning, the second "
    "one finds the list turned already and goes the wrong way.",
)
def turned_each_time(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            pullbacks.reverse()
            for pullback in pullbacks:
                d = pullback(d)
            return d

        return x, back

    return op


@task.wrong(
    "one list of pullbacks for all calls of the op",
    hint="The list was made once, when the chain was put together. When the op is called at another x, its pullbacks "
    "are added to those of the earlier call, and the way back runs through both.",
)
def list_shared(ops: Any) -> Any:
    pullbacks = []

    def op(x: Any) -> Any:
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            for pullback in reversed(pullbacks):
                d = pullback(d)
            return d

        return x, back

    return op


@task.wrong(
    "only the last op's pullback returned",
    hint="What you return goes back through the last op and stops. That is the gradient of the last op's input, and "
    "x lies further back.",
    section="sec-03-chain",
)
def last_only(ops: Any) -> Any:
    def op(x: Any) -> Any:
        back = lambda d: d
        for link in ops:
            x, back = link(x)
        return x, back

    return op


@task.wrong(
    "every op applied to x, and not to what the op before it gave",
    hint="The ops follow one another, like the steps of a program. Yours all start from the same x, and what the "
    "others computed is thrown away.",
)
def all_at_x(ops: Any) -> Any:
    def op(x: Any) -> Any:
        value, pullbacks = x, []
        for link in ops:
            value, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            for pullback in reversed(pullbacks):
                d = pullback(d)
            return d

        return value, back

    return op


@task.wrong(
    "the last op applied first, as one reads f(g(x))",
    hint="On paper the function that acts first stands closest to x, so on the right. In the list it stands at the "
    "beginning: the list is in the order of the program.",
)
def last_first(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in reversed(ops):
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            for pullback in reversed(pullbacks):
                d = pullback(d)
            return d

        return x, back

    return op


@task.wrong(
    "each pullback given d, and the results added",
    hint="Sums belong to a value that is used several times. In a chain every value is used once, and each pullback "
    "takes what the one behind it has sent.",
    section="sec-03-fanout",
)
def links_added(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)
        return x, lambda d: sum(pullback(d) for pullback in pullbacks)

    return op


from bplib.check.tasks.a03 import _compose_more  # noqa: E402, F401  # it enters more wrong answers
