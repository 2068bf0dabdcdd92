"""Assignment 06, answered rightly in other ways, and changes of its solutions that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a06.backward import backward
from bplib.check.tasks.a06.forward import forward
from bplib.check.tasks.a06.output_error import output_error
from bplib.check.tasks.a06.update import update
from grader.audit.variants import equivalent, right


@right("06.forward", "a half of tanh for the sigmoid")
def forward_by_tanh(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(np.dot(x, W1) + b1)
    return h, 0.5 * (np.tanh(0.5 * (np.dot(h, W2) + b2)) + 1)


@right("06.forward", "einsum, and a sigmoid with two branches")
def forward_by_einsum(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(np.einsum("nd,dh->nh", x, W1) + b1[None])
    z = np.einsum("nh,hm->nm", h, W2) + b2[None]
    e = np.exp(-np.abs(z))
    return h, np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@right("06.forward", "a loop over the examples")
def forward_by_rows(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    hidden, probabilities = [], []
    for row in x:
        h = np.tanh(W1.T @ row + b1)
        hidden.append(h)
        probabilities.append(1.0 / (1.0 + np.exp(-(W2.T @ h) - b2)))
    return np.array(hidden), np.array(probabilities)


@right("06.forward", "tanh from exponentials")
def forward_by_exponentials(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = 2 / (1 + np.exp(-2 * (x @ W1 + b1))) - 1
    return [h, np.reciprocal(1 + np.exp(-(h @ W2 + b2)))]


@right("06.output_error", "the logarithm of the probability of what happened")
def error_of_what_happened(p: Any, y: Any) -> Any:
    of_truth = np.where(y == 1, p, 1 - p)
    return np.log(1 / of_truth).mean(), np.subtract(p, y) / np.prod(y.shape)


@right("06.output_error", "the chain rule link by link")
def error_by_links(p: Any, y: Any) -> Any:
    N, M = p.shape
    dp = -(y / p - (1 - y) / (1 - p)) / (N * M)
    return -(y * np.log(p) + (1 - y) * np.log1p(-p)).sum() / (N * M), dp * p * (1 - p)


@right("06.output_error", "loops")
def error_by_loops(p: Any, y: Any) -> Any:
    N, M = p.shape
    loss, dz2 = 0.0, np.zeros_like(p)
    for n in range(N):
        for m in range(M):
            loss -= np.log(p[n, m]) if y[n, m] else np.log(1 - p[n, m])
            dz2[n, m] = (p[n, m] - y[n, m]) / (N * M)
    return float(loss) / (N * M), dz2


@right("06.output_error", "from the scores")
def error_from_scores(p: Any, y: Any) -> Any:
    z = np.log(p) - np.log(1 - p)
    return np.mean(np.log(1 + np.exp(z)) - y * z), (1 / (1 + np.exp(-z)) - y) / len(y) / y.shape[1]


@right("06.backward", "einsum")
def backward_by_einsum(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = np.einsum("nm,hm,nh->nh", dz2, W2, 1 - h**2)
    return (
        np.einsum("nd,nh->dh", x, dz1),
        np.einsum("nh->h", dz1),
        np.einsum("nh,nm->hm", h, dz2),
        np.einsum("nm->m", dz2),
    )


@right("06.backward", "one example at a time")
def backward_by_rows(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dW1, db1 = np.zeros((x.shape[1], h.shape[1]), x.dtype), np.zeros(h.shape[1], x.dtype)
    dW2, db2 = np.zeros_like(W2), np.zeros(W2.shape[1], W2.dtype)
    for n in range(len(x)):
        below = (W2 @ dz2[n]) * (1 + h[n]) * (1 - h[n])
        dW1 += np.outer(x[n], below)
        db1 += below
        dW2 += np.outer(h[n], dz2[n])
        db2 += dz2[n]
    return dW1, db1, dW2, db2


@right("06.backward", "the transposes on the other side")
def backward_by_columns(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    below = (np.dot(W2, dz2.T)).T
    below = below - below * h * h
    ones = np.ones(len(x), x.dtype)
    return [(below.T @ x).T, ones @ below, (dz2.T @ h).T, ones @ dz2]


@right("06.backward", "the bias as a weight on an input of 1")
def backward_with_bias_column(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    one = np.ones((len(x), 1), x.dtype)
    dz1 = np.matmul(dz2, np.transpose(W2)) * (1 - np.square(h))
    lower = np.hstack([x, one]).T @ dz1
    upper = np.hstack([h, one]).T @ dz2
    return lower[:-1], lower[-1], upper[:-1], upper[-1]


@right("06.update", "a loop and append")
def update_by_loop(params: Any, grads: Any, lr: Any) -> Any:
    new = []
    for k in range(len(params)):
        new.append(params[k] + (-lr) * grads[k])
    return new


@right("06.update", "copies that are then changed")
def update_copies(params: Any, grads: Any, lr: Any) -> Any:
    new = [p.copy() for p in params]
    for p, g in zip(new, grads, strict=True):
        p -= lr * g
    return new


@right("06.update", "a tuple, by map")
def update_by_map(params: Any, grads: Any, lr: Any) -> Any:
    return tuple(map(lambda p, g: np.subtract(p, np.multiply(lr, g)), params, grads))


@right("06.update", "all parameters in one long array")
def update_one_array(params: Any, grads: Any, lr: Any) -> Any:
    flat = np.concatenate([p.ravel() for p in params]) - lr * np.concatenate([g.ravel() for g in grads])
    ends = np.cumsum([p.size for p in params])
    return [part.reshape(p.shape) for part, p in zip(np.split(flat, ends[:-1]), params, strict=True)]


@right("06.cost", "a loop from the top")
def cost_by_loop(sizes: Any, N: Any) -> Any:
    forward = backward = kept = 0
    for k in range(len(sizes) - 1, 0, -1):
        product = N * sizes[k - 1] * sizes[k]
        forward += product
        backward += product
        if k > 1:
            backward += product
        kept += N * sizes[k - 1]
    return forward, backward, kept


@right("06.cost", "arrays")
def cost_by_arrays(sizes: Any, N: Any) -> Any:
    widths = np.array(sizes)
    layers = N * widths[:-1] * widths[1:]
    return layers.sum(), layers.sum() + layers[1:].sum(), N * (widths.sum() - widths[-1])


@right("06.cost", "a dot product, and a list")
def cost_by_dot(sizes: Any, N: Any) -> Any:
    forward = N * float(np.dot(sizes[:-1], sizes[1:]))
    return [forward, 2 * forward - N * sizes[0] * sizes[1], float(sum(N * s for s in sizes[:-1]))]


@right("06.cost", "one layer, and the rest of them")
def cost_of_the_rest(sizes: Any, N: Any) -> Any:
    (D, M), above = sizes[:2], list(sizes[2:])
    forward, backward, kept = N * D * M, N * D * M, N * D
    while above:
        D, M = M, above.pop(0)
        forward, backward, kept = forward + N * D * M, backward + N * D * M * 2, kept + N * D
    return forward, backward, kept


@right("06.mlp", "a list of pullbacks")
def mlp_of_pullbacks(x: Any, params: Any) -> Any:
    def linear(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0))

    def bend(z: Any) -> Any:
        h = np.tanh(z)
        return h, lambda d: d * (1 - h * h)

    links: list[Any] = []
    for W, b in zip(params[::2], params[1::2], strict=True):
        if links:
            x, back = bend(x)
            links.append(back)
        x, back = linear(x, W, b)
        links.append(back)

    def pullback(d: Any) -> Any:
        grads: list[Any] = []
        for back in links[::-1]:
            d = back(d)
            if isinstance(d, tuple):
                d, dW, db = d
                grads = [dW, db, *grads]
        return d, grads

    return x, pullback


@right("06.mlp", "layer by layer, calling itself")
def mlp_that_calls_itself(x: Any, params: Any) -> Any:
    def rest(a: Any, k: int) -> Any:
        z = np.dot(a, params[k]) + params[k + 1]
        if k + 2 == len(params):
            return z, lambda d: (np.dot(d, params[k].T), [np.dot(a.T, d), np.sum(d, axis=0)])
        h = np.tanh(z)
        out, back = rest(h, k + 2)

        def pullback(d: Any) -> Any:
            dh, above = back(d)
            dz = dh - dh * h**2
            return np.dot(dz, params[k].T), [np.dot(a.T, dz), np.sum(dz, axis=0), *above]

        return out, pullback

    return rest(x, 0)


@right("06.mlp", "sums kept, einsum, slopes from cosh")
def mlp_with_sums(x: Any, params: Any) -> Any:
    L = len(params) // 2
    h, z = [x], []
    for k in range(L):
        z.append(np.einsum("nd,dm->nm", h[-1], params[2 * k]) + params[2 * k + 1])
        h.append(np.tanh(z[-1]))

    def pullback(d: Any) -> Any:
        grads = [None] * (2 * L)
        for k in range(L - 1, -1, -1):
            if k < L - 1:
                d = d / np.cosh(z[k]) ** 2
            grads[2 * k] = np.einsum("nd,nm->dm", h[k], d)
            grads[2 * k + 1] = np.einsum("nm->m", d)
            d = np.einsum("nm,dm->nd", d, params[2 * k])
        return d, tuple(grads)

    return z[-1], pullback


@right("06.mlp", "gradients gathered backwards, then turned round")
def mlp_turned_round(x: Any, params: Any) -> Any:
    weights, biases, kept = params[0::2], params[1::2], []
    a = x
    for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
        kept.append(a)
        a = a @ W + b
        if k != len(weights) - 1:
            a = np.tanh(a)

    def pullback(d: Any) -> Any:
        d, grads = d.copy(), []
        for k in range(len(weights))[::-1]:
            grads.append(d.sum(0))
            grads.append(kept[k].T @ d)
            d = d @ weights[k].T
            if k != 0:
                d *= (1 - kept[k]) * (1 + kept[k])
        grads.reverse()
        return d, grads

    return a, pullback


@right("06.layer", "gradients added to in place")
class LayerInPlace:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W.copy(), b.copy()
        self.stack: list[Any] = []
        self.dW, self.db = np.zeros(W.shape, W.dtype), np.zeros(b.shape, b.dtype)

    def zero_grad(self) -> None:
        self.dW[:] = 0
        self.db[:] = 0

    def forward(self, x: Any) -> Any:
        self.stack = [*self.stack, x]
        return np.dot(x, self.W) + self.b

    def backward(self, dz: Any) -> Any:
        *self.stack, x = self.stack
        self.dW += np.dot(x.T, dz)
        self.db += np.sum(dz, axis=0)
        return np.dot(dz, self.W.T)


@right("06.layer", "pullbacks on a stack")
class LayerOfPullbacks:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.backs: list[Any] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = 0 * self.W, 0 * self.b

    def forward(self, x: Any) -> Any:
        self.backs.append(lambda dz: (dz @ self.W.T, x.T @ dz, dz.sum(axis=0)))
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        dx, dW, db = self.backs.pop()(dz)
        self.dW, self.db = self.dW + dW, self.db + db
        return dx


@right("06.layer", "gradients as properties: sums over the uses")
class LayerThatSums:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.open: list[Any] = []
        self.uses: list[Any] = []

    def zero_grad(self) -> None:
        self.uses = []

    def forward(self, x: Any) -> Any:
        self.open.insert(0, x)
        return np.einsum("nd,dm->nm", x, self.W) + self.b

    def backward(self, dz: Any) -> Any:
        self.uses.append((self.open.pop(0), dz))
        return np.einsum("nm,dm->nd", dz, self.W)

    @property
    def dW(self) -> Any:
        return sum((x.T @ dz for x, dz in self.uses), np.zeros_like(self.W))

    @property
    def db(self) -> Any:
        return sum((dz.sum(axis=0) for _, dz in self.uses), np.zeros_like(self.b))


@right("06.layer", "weights and biases in one array")
class LayerWithBiasRow:
    def __init__(self, W: Any, b: Any) -> None:
        self.all = np.vstack([W, b])
        self.inputs: list[Any] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.gradient = np.zeros_like(self.all)
        self.dW, self.db = self.gradient[:-1], self.gradient[-1]

    def forward(self, x: Any) -> Any:
        self.inputs.append(np.hstack([x, np.ones((len(x), 1), x.dtype)]))
        return self.inputs[-1] @ self.all

    def backward(self, dz: Any) -> Any:
        self.gradient += self.inputs.pop().T @ dz
        return (dz @ self.all.T)[:, :-1]


@right("06.train", "names for everything, and indices")
def train_with_names(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    W1, b1, W2, b2 = params
    losses = np.zeros(steps)
    for t in range(steps):
        h, p = forward(x, W1, b1, W2, b2)
        losses[t], dz2 = output_error(p, y)
        dW1, db1, dW2, db2 = backward(dz2, x, h, W2)
        W1, b1, W2, b2 = W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2
    return [W1, b1, W2, b2], losses


@right("06.train", "on its own, without the other tasks")
def train_alone(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    W1, b1, W2, b2 = (w.copy() for w in params)
    losses: list[float] = []
    while len(losses) < steps:
        h = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(h @ W2 + b2)))
        losses.append(float(-np.mean(np.log(np.where(y == 1, p, 1 - p)))))
        d = (p - y) / y.size
        below = (d @ W2.T) * (1 - h**2)
        W2 -= lr * h.T @ d
        b2 -= lr * d.sum(axis=0)
        W1 -= lr * x.T @ below
        b1 -= lr * below.sum(axis=0)
    return (W1, b1, W2, b2), losses


@right("06.train", "a generator of states")
def train_from_states(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    def states(params: Any) -> Any:
        while True:
            h, p = forward(x, *params)
            loss, dz2 = output_error(p, y)
            yield params, loss
            params = update(params, backward(dz2, x, h, params[-2]), lr)

    seen = [state for _, state in zip(range(steps + 1), states(params), strict=False)]
    return seen[-1][0], [loss for _, loss in seen[:-1]]


@right("06.train", "calling itself")
def train_that_calls_itself(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    def go(params: Any, steps: Any) -> Any:
        if steps == 0:
            return params, []
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        new = update(params, list(backward(dz2, x, h, params[2])), lr)
        last, losses = go(new, steps - 1)
        return last, [loss, *losses]

    return go(list(params), steps)


equivalent(
    "06.cost",
    "zip(sizes, sizes[1:]) → zip(sizes[1:], sizes)",
    "D and M change places, and their product does not care; zip ends with the shorter of the two either way",
)
equivalent(
    "06.mlp",
    "0 → 1 #2",
    "`if k > 0` becomes `if k > 1` in the loop over k = 0, 2, 4, …, where 1 does not occur",
)
