"""A program with a value that is used twice, directly and through an inner node, and its pullback by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "03.growth",
    "Routes add",
    asks_for="growth",
    section="sec-03-fanout",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("x", "w"))


@task.reference
def growth(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        de = d * x + d
        dp = de * e
        return d * e + dp * w, dp * x

    return x * e + e, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(35)
    yield {"x": np.array([0.0, 1.0]), "w": np.array([3.0, 0.0]), "d": np.array([0.5, -1.0])}
    yield {"x": rng.normal(size=(4, 3)), "w": rng.normal(size=(4, 3)), "d": rng.normal(size=(4, 3))}
    yield {"x": rng.normal(size=(2, 1, 3)), "w": rng.normal(size=(2, 1, 3)), "d": rng.normal(size=(2, 1, 3))}
    yield {
        "x": np.array([0.5, -2.0], dtype=np.float32),
        "w": np.array([-1.0, 0.25], dtype=np.float32),
        "d": np.array([2.0, 1.0], dtype=np.float32),
    }


@task.wrong(
    "the short route from x forgotten",
    hint="x reaches y along two routes: through the exponential, and as a factor of it. Your gradient knows the "
    "first only.",
)
def short_route_lost(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: ((d * x + d) * e * w, (d * x + d) * e * x)


@task.wrong(
    "the long route from x forgotten",
    hint="x is a factor of s, and it also stands inside the exponential. A change of x moves e as well, and "
    "through e the result.",
)
def long_route_lost(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: (d * e, (d * x + d) * e * x)


@task.wrong(
    "one of the two uses of e forgotten: the one in s",
    hint="Two arrows leave e, one to s and one straight to y. The gradient of e was handed on before the share that "
    "comes back from s had been added.",
    section="sec-03-bug-overwrite",
)
def use_in_s_lost(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: (d * e + d * e * w, d * e * x)


@task.wrong(
    "one of the two uses of e forgotten: the one in y",
    hint="Two arrows leave e, one to s and one straight to y. The share that comes straight from y is missing, as if "
    "y were s alone.",
    section="sec-03-bug-overwrite",
)
def use_in_y_lost(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: (d * e + d * x * e * w, d * x * e * x)


@task.wrong(
    "the slope of the exponential taken to be its input",
    hint="At the exponential you multiply by p. Its slope at p is as large as its value there, and that value "
    "was computed on the way forward and is still at hand.",
    section="sec-03-op",
)
def slope_is_input(x: Any, w: Any) -> Any:
    p = x * w
    e = np.exp(p)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) * p
        return d * e + dp * w, dp * x

    return x * e + e, pullback


@task.wrong(
    "the exponential applied to its own output before the slope is taken",
    hint="e is an exponential already. The slope is wanted at p, in front of it; you took it at e, behind it.",
    section="sec-03-op",
)
def slope_at_output(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) * np.exp(e)
        return d * e + dp * w, dp * x

    return x * e + e, pullback


@task.wrong(
    "the slope of the exponential left out",
    hint="What arrives at e is handed on to p as it is. Between them stands the exponential, and one unit of p buys "
    "more or less than one unit of e.",
    section="sec-03-chain",
)
def slope_left_out(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = d * x + d
        return d * e + dp * w, dp * x

    return x * e + e, pullback


@task.wrong(
    "the factors of the product x w mixed up",
    hint="At a product, each factor is told the value of the other one: a change of x counts for more where w is "
    "large. You told each its own.",
    section="sec-03-op",
)
def factors_mixed_up(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) * e
        return d * e + dp * x, dp * w

    return x * e + e, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return are the slopes of y. The pullback is asked for slopes of the loss, and what the loss says "
    "about y comes in as d.",
    section="sec-03-chain",
)
def upstream_ignored(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: (e + (x + 1) * e * w, (x + 1) * e * x)


@task.wrong(
    "the share that came last kept, where shares should be added",
    hint="x and e are used twice each. The second line that gives such a gradient a value throws the first one away.",
    section="sec-03-bug-overwrite",
)
def last_share_kept(x: Any, w: Any) -> Any:
    e = np.exp(x * w)
    return x * e + e, lambda d: (d * e * w, d * e * x)


@task.wrong(
    "the two gradients in the wrong order",
    hint="The gradients come back in the order of the arguments. Whoever unpacks yours moves x by the gradient of w.",
    section="sec-03-op",
)
def swapped(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) * e
        return dp * x, d * e + dp * w

    return x * e + e, pullback


@task.wrong(
    "the routes averaged",
    hint="You divide by the number of routes. Every route moves y by its full amount; where two meet, what they do is "
    "added.",
)
def averaged(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) / 2 * e
        return (d * e + dp * w) / 2, dp * x

    return x * e + e, pullback


@task.wrong(
    "the two routes multiplied with each other",
    hint="Along one route the slopes multiply. From one route to the next they add: each of them moves y by "
    "itself.",
)
def routes_multiplied(x: Any, w: Any) -> Any:
    e = np.exp(x * w)

    def pullback(d: Any) -> Any:
        dp = (d * x + d) * e
        return d * e * dp * w, dp * x

    return x * e + e, pullback
