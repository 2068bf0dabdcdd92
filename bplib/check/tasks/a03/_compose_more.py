"""More wrong ways of making one op out of many."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a03.compose import task


@task.wrong(
    "one list of pullbacks for all calls of the op, emptied at the beginning of each",
    hint="Emptying the list helps the newest call and harms those before it: their pullbacks look into the "
    "same list. After a call at another x they answer for that one.",
)
def list_emptied(ops: Any) -> Any:
    pullbacks: list = []

    def op(x: Any) -> Any:
        pullbacks.clear()
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
    "a pullback that calls itself",
    hint="The name in your inner function is looked up when it is called, and by then it means that function "
    "itself. Each turn of the loop has to keep its own pullbacks.",
)
def calls_itself(ops: Any) -> Any:
    def op(x: Any) -> Any:
        back = lambda d: d
        for link in ops:
            x, pullback = link(x)
            back = lambda d: back(pullback(d))  # noqa: B023
        return x, back

    return op


@task.wrong(
    "each pullback given d, and the results multiplied",
    hint="Slopes multiply, but what a pullback returns is not a slope: it has taken in what was sent to it. "
    "Each pullback takes what the one behind it has sent.",
    section="sec-03-chain",
)
def links_multiplied(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            sent = 1.0
            for pullback in pullbacks:
                sent = sent * pullback(d)
            return sent

        return x, back

    return op


@task.wrong(
    "the upstream gradient ignored, and the way back begun at 1",
    hint="1 is the slope of the loss by itself. The composed op need not stand at the end of a program; what "
    "the loss says about its output comes in as d.",
)
def begun_at_one(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks = []
        for link in ops:
            x, pullback = link(x)
            pullbacks.append(pullback)

        def back(d: Any) -> Any:
            d = d * 0 + 1.0
            for pullback in reversed(pullbacks):
                d = pullback(d)
            return d

        return x, back

    return op
