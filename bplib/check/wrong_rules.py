"""Wrong update rules, clippings and initialisations that people really write, kept as runnable code.

Each stands for a rule of ``bplib.optim.rules`` (and gets all of that rule's hyper-parameters by name), for
``clip_grad_norm`` or for a function of ``bplib.init``. tests/bplib/test_wrong_rules.py puts it in the place
of the right one, and asserts that our own proof notices. ``make()`` gives a fresh function: one has a memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from bplib.optim import rules

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class WrongRule:
    """A wrong version of the function named ``of``, and in one sentence what is wrong with it."""

    of: str
    name: str
    why: str
    make: Callable[[], Callable[..., Any]]

    def __str__(self) -> str:
        return f"{self.of}-{self.name}"


RULE_BANK: list[WrongRule] = []


def wrong_rule(of: str, why: str) -> Callable[[F], F]:
    """Enter a function in the bank as a wrong version of ``of``."""

    def enter(function: F) -> F:
        RULE_BANK.append(WrongRule(of, function.__name__, why, lambda: function))
        return function

    return enter


def wrong_rule_maker(of: str, why: str) -> Callable[[F], F]:
    """The same for a function that makes the wrong one."""

    def enter(make: F) -> F:
        RULE_BANK.append(WrongRule(of, make.__name__, why, make))
        return make

    return enter


@wrong_rule("sgd", "the update is added, so the loss is climbed, not descended")
def uphill(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    down, state = rules.sgd(w, g, state, **hyper)
    return w + (w - down), state


@wrong_rule("sgd", "the momentum buffer is not carried to the next step, so that there is no momentum")
def buffer_not_carried(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.sgd(w, g, {}, **hyper)[0], {}


@wrong_rule("sgd", "the learning rate is folded in twice: in the momentum buffer, and again in the update")
def lr_twice(w: Any, g: Any, state: Any, lr: float, momentum: float, weight_decay: float, **_: Any) -> Any:
    u = momentum * state.get("u", 0) + lr * (g + weight_decay * w)
    return w - lr * u, {"u": u}


@wrong_rule("sgd", "Nesterov takes its gradient at w, not at the look-ahead: momentum by another name")
def nesterov_at_w(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.sgd(w, g, state, **{**hyper, "nesterov": False})


@wrong_rule("sgd", "Nesterov adds the whole buffer to the gradient, without the factor μ")
def nesterov_without_mu(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    after, memory = nesterov_at_w(w, g, state, **hyper)
    return (after - hyper["lr"] * g if hyper["nesterov"] else after), memory


@wrong_rule("sgd", "the buffer is an average, (1 − μ) g, where it is a sum: steps are 1 − μ times as long")
def momentum_averaged(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.sgd(w, g, state or {"u": 0.0}, **{**hyper, "dampening": hyper["momentum"]})


@wrong_rule("adagrad", "the squared gradients are averaged with decay: that is RMSprop")
def adagrad_decaying(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.rmsprop(w, g, state, **hyper, alpha=0.9)


@wrong_rule("adagrad", "the step is divided by the sum of squares, the root is missing")
def adagrad_without_root(w: Any, g: Any, state: Any, lr: float, eps: float, weight_decay: float) -> Any:
    g = g + weight_decay * w
    total = state.get("total", 0) + g * g
    return w - lr * g / (total + eps), {"total": total}


@wrong_rule("adagrad", "ε is added inside the root, where it counts as √ε")
def adagrad_eps_inside(w: Any, g: Any, state: Any, lr: float, eps: float, weight_decay: float) -> Any:
    g = g + weight_decay * w
    total = state.get("total", 0) + g * g
    return w - lr * g / np.sqrt(total + eps), {"total": total}


def _average(w: Any, g: Any, state: Any, hyper: Any) -> tuple[Any, Any]:
    """The gradient with its decay, and v: the part of RMSprop that the next mistakes leave right."""
    g = g + hyper["weight_decay"] * w
    return g, hyper["alpha"] * state.get("v", 0) + (1 - hyper["alpha"]) * g * g


@wrong_rule("rmsprop", "the squared gradients are summed and never forgotten: that is AdaGrad")
def rmsprop_sum(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.adagrad(w, g, state, hyper["lr"], hyper["eps"], hyper["weight_decay"])


@wrong_rule("rmsprop", "the step is divided by the average of squares, the root is missing")
def rmsprop_without_root(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    g, v = _average(w, g, state, hyper)
    u = hyper["momentum"] * state.get("u", 0) + g / (v + hyper["eps"])
    return w - hyper["lr"] * u, {"v": v, "u": u}


@wrong_rule("rmsprop", "ε is added inside the root, where it counts as √ε")
def rmsprop_eps_inside(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    g, v = _average(w, g, state, hyper)
    u = hyper["momentum"] * state.get("u", 0) + g / np.sqrt(v + hyper["eps"])
    return w - hyper["lr"] * u, {"v": v, "u": u}


@wrong_rule("rmsprop", "the weights of old and new are swapped: α g² + (1 − α) v")
def rmsprop_weights_swapped(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.rmsprop(w, g, state, **{**hyper, "alpha": 1 - hyper["alpha"]})


def _averages(w: Any, g: Any, state: Any, hyper: Any) -> tuple[Any, Any, Any, Any, Any]:
    """m, v, both corrections and the new state: the part of Adam that the next mistakes leave right."""
    after = rules.adam(w, g, state, **hyper)[1]
    beta1, beta2 = hyper["betas"]
    return after["m"], after.get("v_max", after["v"]), 1 - beta1 ** after["t"], 1 - beta2 ** after["t"], after


@wrong_rule("adam", "no bias correction: the averages start at 0 and are far too small in the first steps")
def adam_uncorrected(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, v, _, _, after = _averages(w, g, state, hyper)
    return w - hyper["lr"] * m / (np.sqrt(v) + hyper["eps"]), after


@wrong_rule("adam", "the bias corrections multiply where they must divide")
def adam_corrections_multiplied(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, v, c1, c2, after = _averages(w, g, state, hyper)
    return w - hyper["lr"] * (m * c1) / (np.sqrt(v * c2) + hyper["eps"]), after


@wrong_rule("adam", "only m is corrected; the first steps are about 30 times too long")
def adam_half_corrected(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, v, c1, _, after = _averages(w, g, state, hyper)
    return w - hyper["lr"] * (m / c1) / (np.sqrt(v) + hyper["eps"]), after


@wrong_rule("adam", "the root is missing: the step depends on the gradient's scale, which the root takes out")
def adam_without_root(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, v, c1, c2, after = _averages(w, g, state, hyper)
    return w - hyper["lr"] * (m / c1) / (v / c2 + hyper["eps"]), after


@wrong_rule("adam", "ε is added inside the root, where it counts as √ε")
def adam_eps_inside(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, v, c1, c2, after = _averages(w, g, state, hyper)
    return w - hyper["lr"] * (m / c1) / np.sqrt(v / c2 + hyper["eps"]), after


@wrong_rule("adam", "g is averaged and then squared, where g² is averaged")
def adam_square_of_average(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    m, _, c1, c2, after = _averages(w, g, state, hyper)
    beta2 = hyper["betas"][1]
    after["s"] = beta2 * state.get("s", 0) + (1 - beta2) * (g + hyper["weight_decay"] * w)
    return w - hyper["lr"] * (m / c1) / (np.abs(after["s"]) / c2 + hyper["eps"]), after


@wrong_rule("adam", "the two betas are swapped")
def adam_betas_swapped(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.adam(w, g, state, **{**hyper, "betas": hyper["betas"][::-1]})


@wrong_rule("adam", "AMSGrad forgets its maximum and divides by the present average: that is Adam")
def amsgrad_without_maximum(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.adam(w, g, state, **{**hyper, "amsgrad": False})


@wrong_rule_maker("adam", "one count of steps is shared and advanced at every parameter, not once a step")
def adam_t_per_parameter() -> Callable[..., Any]:
    calls = 0

    def rule(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
        nonlocal calls
        calls += 1
        return rules.adam(w, g, {**state, "t": calls - 1}, **hyper)

    return rule


@wrong_rule("adamw", "the decay is put inside the gradient, where the root divides it: that is Adam with L2")
def adamw_decay_in_gradient(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.adam(w, g, state, **hyper)


@wrong_rule("adamw", "the decay is not scaled by the learning rate: w shrinks by λw, whatever the schedule")
def adamw_decay_without_lr(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    return rules.adam((1 - hyper["weight_decay"]) * w, g, state, **{**hyper, "weight_decay": 0.0})


@wrong_rule("adamw", "the decay comes after Adam's step, and shrinks a w that has already moved")
def adamw_decay_after_step(w: Any, g: Any, state: Any, **hyper: Any) -> Any:
    w, after = rules.adam(w, g, state, **{**hyper, "weight_decay": 0.0})
    return (1 - hyper["lr"] * hyper["weight_decay"]) * w, after


@wrong_rule("clip_grad_norm", "each entry is clipped where the norm of all should be: the direction changes")
def clip_each_entry(params: Any, max_norm: float) -> float:
    held = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in held))
    for p in held:
        p.grad = np.clip(p.grad, -max_norm, max_norm)
    return norm


@wrong_rule("clip_grad_norm", "each parameter is clipped by its own norm, not all by the norm of all")
def clip_each_parameter(params: Any, max_norm: float) -> float:
    held = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in held))
    for p in held:
        p.grad = p.grad * min(1.0, max_norm / (math.sqrt(float((p.grad**2).sum())) + 1e-6))
    return norm


@wrong_rule("clip_grad_norm", "short gradients are stretched to the bound, too")
def clip_always(params: Any, max_norm: float) -> float:
    held = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in held))
    for p in held:
        p.grad = p.grad * (max_norm / (norm + 1e-6))
    return norm


@wrong_rule("clip_grad_norm", "the norm that is returned is the one after clipping, which says nothing")
def clip_returns_norm_after(params: Any, max_norm: float) -> float:
    held = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in held))
    for p in held:
        p.grad = p.grad * min(1.0, max_norm / (norm + 1e-6))
    return min(norm, max_norm)


@wrong_rule("he_normal", "the variance is 1/n, without the factor 2 for the half that a ReLU cuts off")
def he_without_two(shape: Any, rng: np.random.Generator) -> Any:
    return rng.normal(0, math.sqrt(1 / shape[0]), shape)


@wrong_rule("he_normal", "fan-out is taken for fan-in: the next layer's width, not the number of summands")
def he_fan_out(shape: Any, rng: np.random.Generator) -> Any:
    return rng.normal(0, math.sqrt(2 / shape[1]), shape)


@wrong_rule("he_normal", "the variance is handed to the generator as standard deviation")
def he_variance_as_std(shape: Any, rng: np.random.Generator) -> Any:
    return rng.normal(0, 2 / shape[0], shape)


@wrong_rule("xavier_normal", "the average of the two fans is forgotten: 1 / (fan_in + fan_out)")
def xavier_without_two(shape: Any, rng: np.random.Generator) -> Any:
    return rng.normal(0, math.sqrt(1 / sum(shape)), shape)


@wrong_rule(
    "he_uniform", "the bound is the standard deviation, so the variance is a third of what it should be"
)
def uniform_bound_as_std(shape: Any, rng: np.random.Generator) -> Any:
    bound = math.sqrt(2 / shape[0])
    return rng.uniform(-bound, bound, shape)
