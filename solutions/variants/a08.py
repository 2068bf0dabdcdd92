"""Assignment 08, answered rightly in other ways, and changes of its solutions that change nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.audit.variants import equivalent, right


@right("08.momentum", "the step from its parts")
def momentum_parts(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    new = u * beta
    new = new + g
    return w - new * lr, new


@right("08.momentum", "entry by entry")
def momentum_by_loop(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    new_w, new_u = w.copy(), u.copy()
    for at in np.ndindex(w.shape):
        new_u[at] = beta * u[at] + g[at]
        new_w[at] = w[at] - lr * new_u[at]
    return new_w, new_u


@right("08.momentum", "copies that are then changed, in a list")
def momentum_copies(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u, w = u.copy(), w.copy()
    u *= beta
    u += g
    w -= lr * u
    return [w, u]


@right("08.momentum", "a velocity, turned back into a buffer")
def momentum_by_velocity(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    v = -lr * (np.multiply(beta, u) + g)
    return np.add(w, v), np.divide(v, -lr)


@right("08.nesterov", "the look-ahead first")
def nesterov_ahead(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    carried = beta * v
    there = w + carried
    new = carried - lr * gradient(there)
    return w + new, new


@right("08.nesterov", "from the look-ahead by a gradient step")
def nesterov_corrected(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    ahead = w + beta * v
    new = ahead - lr * gradient(ahead)
    return new, new - w


@right("08.nesterov", "with a buffer of gradients")
def nesterov_by_buffer(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    u = -v / lr
    u = beta * u + gradient(w - lr * beta * u)
    return w - lr * u, -lr * u


@right("08.nesterov", "NumPy's functions, in a list")
def nesterov_by_functions(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    slope = np.array(gradient(np.add(w, np.multiply(v, beta))))
    v = np.subtract(np.multiply(v, beta), np.multiply(slope, lr))
    return [np.add(w, v), v]


@right("08.scaled_step", "one line for each case")
def scaled_in_one(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    keep, take = (1, 1) if alpha is None else (alpha, 1 - alpha)
    s = keep * s + take * np.square(g)
    return w - g * lr / (s**0.5 + eps), s


@right("08.scaled_step", "an average as a step towards the square")
def scaled_towards(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g**2 if alpha is None else s + (1 - alpha) * (g**2 - s)
    return w - lr / (np.sqrt(s) + eps) * g, s


@right("08.scaled_step", "entry by entry")
def scaled_by_loop(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    new_w, new_s = w.copy(), s.copy()
    for at in np.ndindex(w.shape):
        if alpha is None:
            new_s[at] = s[at] + g[at] * g[at]
        else:
            new_s[at] = alpha * s[at] + (1 - alpha) * g[at] * g[at]
        new_w[at] = w[at] - lr * g[at] / (math.sqrt(new_s[at]) + eps)
    return new_w, new_s


@right("08.scaled_step", "the rate of each parameter first")
def scaled_rates(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    if alpha is not None:
        s = np.multiply(alpha, s) + np.multiply(1 - alpha, g * g)
    else:
        s = np.add(s, np.power(g, 2))
    rate = lr * np.reciprocal(np.power(s, 0.5) + eps)
    return [np.subtract(w, rate * g), s]


@right("08.adam", "one loop")
def adam_one_loop(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = 1 + state["t"]
    new, m, v = [], [], []
    for k, g in enumerate(grads):
        m.append(b1 * state["m"][k] + (1 - b1) * g)
        v.append(b2 * state["v"][k] + (1 - b2) * g**2)
        m_hat, v_hat = m[k] / (1 - b1**t), v[k] / (1 - b2**t)
        new.append(params[k] - lr * m_hat / (v_hat**0.5 + eps))
    return new, {"t": t, "m": m, "v": v}


@right("08.adam", "the corrections in the rate and in ε")
def adam_in_the_rate(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    c1, c2 = 1 - b1**t, math.sqrt(1 - b2**t)
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    steps = [lr * c2 / c1 * a / (np.sqrt(b) + eps * c2) for a, b in zip(m, v, strict=True)]
    return [p - s for p, s in zip(params, steps, strict=True)], {"t": t, "m": m, "v": v}


@right("08.adam", "averages as steps towards the new value, in tuples")
def adam_towards(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = tuple(a + (1 - b1) * (g - a) for a, g in zip(state["m"], grads, strict=True))
    v = tuple(a + (1 - b2) * (np.square(g) - a) for a, g in zip(state["v"], grads, strict=True))
    new = tuple(
        p - lr / (1 - b1**t) * a / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    )
    return new, dict(t=t, m=m, v=v)  # noqa: C408


@right("08.adam", "all parameters in one long array")
def adam_one_array(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    flat = lambda arrays: np.concatenate([a.ravel() for a in arrays])
    ends = np.cumsum([p.size for p in params])[:-1]
    back = lambda long: [a.reshape(p.shape) for a, p in zip(np.split(long, ends), params, strict=True)]
    g = flat(grads)
    m, v = b1 * flat(state["m"]) + (1 - b1) * g, b2 * flat(state["v"]) + (1 - b2) * g * g
    w = flat(params) - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return back(w), {"t": t, "m": back(m), "v": back(v)}


@right("08.adamw", "the decay as a step of its own")
def adamw_two_steps(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    b1, b2, eps = 0.9, 0.999, 1e-8
    w = w - lr * decay * w
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return w - lr * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps), m, v


@right("08.adamw", "one bracket for step and decay")
def adamw_one_bracket(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = m + 0.1 * (g - m)
    v = v + 0.001 * (np.square(g) - v)
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return w - lr * (m_hat / (v_hat**0.5 + 1e-8) + decay * w), m, v


@right("08.adamw", "entry by entry")
def adamw_by_loop(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    w, m, v = w.copy(), m.copy(), v.copy()
    for at in np.ndindex(w.shape):
        m[at] = 0.9 * m[at] + 0.1 * g[at]
        v[at] = 0.999 * v[at] + 0.001 * g[at] ** 2
        step = (m[at] / (1 - 0.9**t)) / (math.sqrt(v[at] / (1 - 0.999**t)) + 1e-8)
        w[at] = w[at] * (1 - lr * decay) - lr * step
    return w, m, v


@right("08.adamw", "the corrections in the rate, in a list")
def adamw_in_the_rate(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = np.add(0.9 * m, 0.1 * g)
    v = np.add(0.999 * v, 0.001 * (g * g))
    root = math.sqrt(1 - 0.999**t)
    step = lr * root / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8 * root)
    return [w * (1 - lr * decay) - step, m, v]


@right("08.schedule", "a share that is kept between 0 and 1")
def schedule_by_share(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if warmup > t:
        return (t + 1) / warmup * lr
    share = min(1.0, (t - warmup) / (total - warmup))
    return lr / 2 * (1 + np.cos(np.pi * share))


@right("08.schedule", "the square of half the angle")
def schedule_by_square(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr - lr * (warmup - t - 1) / warmup
    if t > total:
        t = total
    return lr * math.cos(math.pi / 2 * (t - warmup) / (total - warmup)) ** 2


@right("08.schedule", "the whole curve as a list")
def schedule_by_list(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    rates = [lr * (k + 1) / warmup for k in range(warmup)]
    rest = total - warmup
    rates += [lr * (0.5 + 0.5 * math.cos(math.pi * k / rest)) for k in range(rest)]
    return rates[t] if t < len(rates) else 0.0


@right("08.schedule", "a sine, and nested choices")
def schedule_by_sine(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    half = math.pi * (0.5 - (t - warmup) / (total - warmup))
    wave = 0.5 * lr * (1 + math.sin(half))
    return lr * (t + 1) / warmup if t < warmup else (wave if t < total else 0)


@right("08.slowest", "the formula, with complex roots")
def slowest_by_formula(curvatures: Any, lr: Any, beta: Any) -> Any:
    worst = 0.0
    for k in curvatures:
        p = 1 + beta - lr * k
        root = np.sqrt(complex(p * p - 4 * beta))
        worst = max(worst, abs(p + root) / 2, abs(p - root) / 2)
    return worst


@right("08.slowest", "the eigenvalues of one step as a matrix")
def slowest_by_matrix(curvatures: Any, lr: Any, beta: Any) -> Any:
    steps = np.array([[[1 + beta - lr * k, -beta], [1.0, 0.0]] for k in curvatures])
    return float(np.abs(np.linalg.eigvals(steps)).max())


@right("08.slowest", "two cases, on arrays")
def slowest_by_cases(curvatures: Any, lr: Any, beta: Any) -> Any:
    p = np.abs(1 + beta - lr * np.asarray(curvatures))
    under = p**2 - 4 * beta
    real = (p + np.sqrt(np.maximum(under, 0))) / 2
    return np.where(under < 0, np.sqrt(beta), real).max()


@right("08.slowest", "all roots in one list, lengths by hand")
def slowest_by_lengths(curvatures: Any, lr: Any, beta: Any) -> Any:
    roots = [r for k in curvatures for r in np.roots([1.0, lr * k - 1 - beta, beta])]
    return np.sqrt(max(r.real**2 + r.imag**2 for r in np.array(roots, complex)))


@right("08.race", "the best kept on the way")
def race_keeping(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    best, lowest, losses = rates[0], float("inf"), []
    for lr in rates:
        x, memory = w.copy(), {}
        for _ in range(steps):
            _, g = f(x)
            x, memory = rule(x, g, memory, lr)
        loss, _ = f(x)
        if not math.isfinite(loss):
            loss = math.inf
        losses.append(loss)
        if loss < lowest:
            best, lowest = lr, loss
    return best, losses


@right("08.race", "a function for one run")
def race_by_function(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    def last_loss(lr: Any) -> Any:
        state = (w, {})
        for _ in range(steps):
            state = rule(state[0], f(state[0])[1], state[1], lr)
        return f(state[0])[0]

    losses = np.array([last_loss(lr) for lr in rates])
    losses[~np.isfinite(losses)] = np.inf
    return rates[losses.argmin()], losses


@right("08.race", "pairs, and their minimum")
def race_by_pairs(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    results = []
    for lr in rates:
        here, memory, loss = w, {}, None
        for step in range(steps + 1):
            loss, g = f(here)
            if step < steps:
                here, memory = rule(here, g, memory, lr)
        results.append((np.nan_to_num(loss, nan=np.inf, posinf=np.inf), lr))
    return min(results, key=lambda pair: pair[0])[1], [loss for loss, _ in results]


@right("08.race", "while loops")
def race_by_while(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    while len(losses) < len(rates):
        here, memory, left = w, {}, steps
        while left > 0:
            g = f(here)[1]
            here, memory = rule(here, g, memory, rates[len(losses)])
            left -= 1
        loss = float(f(here)[0])
        losses.append(float("inf") if loss != loss or abs(loss) == float("inf") else loss)
    return rates[losses.index(min(losses))], losses


equivalent(
    "08.schedule",
    "t >= total → t > total",
    "at t = total the cosine is -1 exactly, and half of 1 - 1 is the 0 that the other branch returns",
)
equivalent(
    "08.slowest",
    "-(1 + beta - lr * k) → 1 + beta - lr * k",
    "turns the sign of both roots, and the answer is made of their lengths",
)
