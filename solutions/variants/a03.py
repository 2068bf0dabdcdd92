"""Assignment 03: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.audit.variants import equivalent, right

# links


@right("03.links", "from the end by index, the Jacobian turned over")
def links_turned(d: Any, jacobians: Any) -> Any:
    count = 0
    for k in range(len(jacobians) - 1, -1, -1):
        d = jacobians[k].T @ d
        count += jacobians[k].shape[0] * jacobians[k].shape[1]
    return d, count


@right("03.links", "einsum")
def links_einsum(d: Any, jacobians: Any) -> Any:
    for J in jacobians[::-1]:
        d = np.einsum("m,md->d", d, J)
    return d, sum(J.size for J in jacobians)


@right("03.links", "loops over rows and columns, each product counted")
def links_loops(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        M, D = J.shape
        dx = np.zeros(D, dtype=d.dtype)
        for m in range(M):
            for at in range(D):
                dx[at] += d[m] * J[m, at]
                count += 1
        d = dx
    return d, count


@right("03.links", "one call of itself for each link")
def links(d: Any, jacobians: Any) -> Any:
    if not jacobians:
        return d, 0
    *others, last = jacobians
    dx, count = links((d[:, None] * last).sum(axis=0), others)
    return dx, count + last.size


# growth


@right("03.growth", "the common factor taken out")
def growth_factored(x: Any, w: Any) -> Any:
    y = (x + 1) * np.exp(x * w)
    return y, lambda d: (d * (np.exp(x * w) + y * w), d * y * x)


@right("03.growth", "a line for each step, and a sum for each arrow")
def growth_steps(x: Any, w: Any) -> Any:
    p = x * w
    e = np.exp(p)
    s = x * e
    y = s + e

    def pullback(d: Any) -> Any:
        ds = d.copy()
        de = d.copy()
        de += ds * x
        dx = ds * e
        dp = de * e
        dx += dp * w
        return dx, dp * x

    return y, pullback


@right("03.growth", "a loop over entries, with math.exp")
def growth_loop(x: Any, w: Any) -> Any:
    e = np.empty_like(x)
    for at in np.ndindex(*x.shape):
        e[at] = math.exp(x[at] * w[at])

    def pullback(d: Any) -> Any:
        dx, dw = np.empty_like(x), np.empty_like(w)
        for at in np.ndindex(*x.shape):
            dp = d[at] * (1 + x[at]) * e[at]
            dx[at] = d[at] * e[at] + dp * w[at]
            dw[at] = dp * x[at]
        return dx, dw

    return x * e + e, pullback


@right("03.growth", "everything computed again on the way back, returned as a list")
def growth_again(x: Any, w: Any) -> Any:
    def pullback(d: Any) -> Any:
        return [
            d * np.exp(x * w) + d * w * (x + 1) * np.exp(x * w),
            d * x * np.exp(x * w) + d * x * x * np.exp(x * w),
        ]

    return np.exp(x * w) * (1 + x), pullback


# unbroadcast


@right("03.unbroadcast", "one axis at a time")
def unbroadcast_axes(d: Any, shape: Any) -> Any:
    while d.ndim > len(shape):
        d = d.sum(axis=0)
    for k, n in enumerate(shape):
        if n == 1:
            d = d.sum(axis=k, keepdims=True)
    return d


@right("03.unbroadcast", "one sum over all axes that differ, and a reshape")
def unbroadcast_padded(d: Any, shape: Any) -> Any:
    padded = (1,) * (d.ndim - len(shape)) + tuple(shape)
    axes = tuple(k for k in range(d.ndim) if padded[k] != d.shape[k])
    return d.sum(axis=axes).reshape(shape)


@right("03.unbroadcast", "einsum")
def unbroadcast_einsum(d: Any, shape: Any) -> Any:
    new = d.ndim - len(shape)
    kept = [new + k for k, n in enumerate(shape) if n != 1]
    return np.einsum(d, list(range(d.ndim)), kept).reshape(shape)


@right("03.unbroadcast", "entry by entry, each added where it came from")
def unbroadcast_loop(d: Any, shape: Any) -> Any:
    result = np.zeros(shape, dtype=d.dtype)
    for at in np.ndindex(*d.shape):
        own = at[d.ndim - len(shape) :]
        result[tuple(0 if n == 1 else k for k, n in zip(own, shape, strict=True))] += d[at]
    return result


# compose


@right("03.compose", "a pullback inside a pullback")
def compose_nested(ops: Any) -> Any:
    def after(before: Any, own: Any) -> Any:
        return lambda d: before(own(d))

    def op(x: Any) -> Any:
        value, back = x, lambda d: d
        for link in ops:
            value, own = link(value)
            back = after(back, own)
        return value, back

    return op


@right("03.compose", "the first op, and then the chain of the others")
def compose_recursive(ops: Any) -> Any:
    def run(x: Any, k: Any) -> Any:
        if k == len(ops):
            return x, lambda d: d
        first, back_first = ops[k](x)
        rest, back_rest = run(first, k + 1)
        return rest, lambda d: back_first(back_rest(d))

    return lambda x: run(x, 0)


@right("03.compose", "the newest pullback put in front")
def compose_in_front(ops: Any) -> Any:
    def op(x: Any) -> Any:
        pullbacks: Any = []
        for link in ops:
            x, back = link(x)
            pullbacks.insert(0, back)

        def whole(d: Any) -> Any:
            for back in pullbacks:
                d = back(d)
            return d

        return x, whole

    return op


@right("03.compose", "the forward pass run again on the way back")
def compose_again(ops: Any) -> Any:
    def op(x: Any) -> Any:
        value = x
        for link in ops:
            value, _ = link(value)

        def back(d: Any) -> Any:
            at, pullbacks = x, []
            for link in ops:
                at, own = link(at)
                pullbacks.append(own)
            while pullbacks:
                d = pullbacks.pop()(d)
            return d

        return value, back

    return op


# in_order


@right("03.in_order", "what needs nothing first: counted arrows")
def in_order_counted(parents: Any, output: Any) -> Any:
    needed, stack = {output}, [output]
    while stack:
        for p in parents[stack.pop()]:
            if p not in needed:
                needed.add(p)
                stack.append(p)
    missing = {node: len(parents[node]) for node in needed}
    users: Any = {node: [] for node in needed}
    for node in needed:
        for p in parents[node]:
            users[p].append(node)
    found = [node for node in needed if not missing[node]]
    for node in found:
        for user in users[node]:
            missing[user] -= 1
            if not missing[user]:
                found.append(user)
    return found if len(found) == len(needed) else None


@right("03.in_order", "pairs on the stack: first time and second time")
def in_order_twice(parents: Any, output: Any) -> Any:
    found, seen, stack = [], set(), [(output, False)]
    while stack:
        node, second = stack.pop()
        if second:
            found.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for p in parents[node]:
                stack.append((p, False))
    place = {node: at for at, node in enumerate(found)}
    for node in found:
        if any(place[p] >= place[node] for p in parents[node]):
            return None
    return found


@right("03.in_order", "iterators over the parents on the stack, returned as a tuple")
def in_order_iterators(parents: Any, output: Any) -> Any:
    found = {}
    path = [(output, iter(parents[output]))]
    begun = {output}
    while path:
        node, rest = path[-1]
        for p in rest:
            if p not in begun:
                begun.add(p)
                path.append((p, iter(parents[p])))
                break
            if p not in found:
                return None
        else:
            path.pop()
            found[node] = True
    return tuple(found)


@right("03.in_order", "sorted by the longest way from a leaf")
def in_order_depth(parents: Any, output: Any) -> Any:
    depth: Any = {}
    stack, turns, most = [output], 0, 2 * sum(1 + len(of) for of in parents.values())
    while stack:
        node, turns = stack[-1], turns + 1
        if turns > most:
            return None
        open_ = [p for p in parents[node] if p not in depth]
        if open_:
            stack.extend(open_)
        else:
            stack.pop()
            depth[node] = 1 + max((depth[p] for p in parents[node]), default=0)
    return sorted(depth, key=lambda node: depth[node])


# sweep


@right("03.sweep", "each node collects from those that use it")
def sweep_collecting(graph: Any, output: Any) -> Any:
    users: Any = {node: [] for node in graph}
    for node, arrows in graph.items():
        for parent, slope in arrows:
            users[parent].append((node, slope))
    grads: Any = {}
    for node in list(graph)[::-1]:
        own = 1.0 if node == output else 0.0
        grads[node] = own + sum(slope * grads[user] for user, slope in users[node])
    return grads


@right("03.sweep", "a dict that grows, zeros filled in at the end")
def sweep_growing(graph: Any, output: Any) -> Any:
    grads = {output: 1}
    for node, arrows in reversed(graph.items()):
        if node in grads:
            for parent, slope in arrows:
                grads[parent] = grads.get(parent, 0) + slope * grads[node]
    return {node: grads.get(node, 0) for node in graph}


@right("03.sweep", "arrays and numbered nodes")
def sweep_arrays(graph: Any, output: Any) -> Any:
    number = {node: k for k, node in enumerate(graph)}
    grads = np.zeros(len(graph))
    grads[number[output]] = 1
    for node in sorted(graph, key=lambda n: -number[n]):
        for parent, slope in graph[node]:
            grads[number[parent]] += slope * grads[number[node]]
    return {node: grads[k] for node, k in number.items()}


@right("03.sweep", "begun at the output, nodes behind it passed over")
def sweep_from_output(graph: Any, output: Any) -> Any:
    names = list(graph)
    grads = dict.fromkeys(names, 0.0)
    grads[output] += 1.0
    k = names.index(output)
    while k >= 0:
        for arrow in graph[names[k]]:
            grads[arrow[0]] = grads[arrow[0]] + grads[names[k]] * arrow[1]
        k -= 1
    return grads


# tape


@right("03.tape", "a dictionary for each node, and fresh gradients in each call")
class TapeOfDicts:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def note(self, value: Any, arrows: Any) -> Any:
        self.nodes.append({"value": value, "arrows": arrows, "grad": 0.0})
        return len(self.nodes) - 1

    def value_of(self, i: Any) -> Any:
        return self.nodes[i]["value"]

    def grad_of(self, i: Any) -> Any:
        return self.nodes[i]["grad"]

    def leaf(self, value: Any) -> Any:
        return self.note(value, [])

    def add(self, i: Any, j: Any) -> Any:
        return self.note(self.value_of(i) + self.value_of(j), [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        return self.note(self.value_of(i) * self.value_of(j), [(i, self.value_of(j)), (j, self.value_of(i))])

    def exp(self, i: Any) -> Any:
        return self.note(math.exp(self.value_of(i)), [(i, math.exp(self.value_of(i)))])

    def backward(self, output: Any) -> Any:
        fresh = [0.0] * len(self.nodes)
        fresh[output] = 1.0
        for k in range(len(self.nodes) - 1, -1, -1):
            for parent, slope in self.nodes[k]["arrows"]:
                fresh[parent] += slope * fresh[k]
        for node, d in zip(self.nodes, fresh, strict=True):
            node["grad"] = d if node["arrows"] else node["grad"] + d


@right("03.tape", "a pullback for each node, not slopes")
class TapeOfPullbacks:
    def __init__(self, values: Any = (), backs: Any = (), grads: Any = ()) -> None:
        self.values, self.backs, self.grads = list(values), list(backs), list(grads)

    def note(self, value: Any, back: Any) -> Any:
        self.values.append(value)
        self.backs.append(back)
        self.grads.append(0.0)
        return len(self.values) - 1

    def value_of(self, i: Any) -> Any:
        return self.values[i]

    def grad_of(self, i: Any) -> Any:
        return self.grads[i]

    def send(self, i: Any, d: Any) -> Any:
        self.grads[i] = self.grads[i] + d

    def leaf(self, value: Any) -> Any:
        return self.note(value, None)

    def add(self, i: Any, j: Any) -> Any:
        return self.note(self.values[i] + self.values[j], lambda d: (self.send(i, d), self.send(j, d)))

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.values[i], self.values[j]
        return self.note(a * b, lambda d: (self.send(i, d * b), self.send(j, d * a)))

    def exp(self, i: Any) -> Any:
        e = np.exp(self.values[i])
        return self.note(e, lambda d: self.send(i, d * e))

    def backward(self, output: Any) -> Any:
        self.grads = [0.0 if back else d for back, d in zip(self.backs, self.grads, strict=True)]
        self.send(output, 1.0)
        for k in range(output, -1, -1):
            if self.backs[k]:
                self.backs[k](self.grads[k])


@right("03.tape", "slopes looked up on the way back, by the name of the step")
class TapeOfNames:
    def __init__(self, steps: Any = (), values: Any = (), grads: Any = ()) -> None:
        self.steps, self.values, self.grads = list(steps), list(values), dict(grads)

    def note(self, value: Any, *step: Any) -> Any:
        self.steps.append(step)
        self.values.append(value)
        return len(self.values) - 1

    def value_of(self, i: Any) -> Any:
        return self.values[i]

    def grad_of(self, i: Any) -> Any:
        return self.grads.get(i, 0.0)

    def leaf(self, value: Any) -> Any:
        return self.note(value)

    def add(self, i: Any, j: Any) -> Any:
        return self.note(self.values[i] + self.values[j], "add", i, j)

    def mul(self, i: Any, j: Any) -> Any:
        return self.note(self.values[i] * self.values[j], "mul", i, j)

    def exp(self, i: Any) -> Any:
        return self.note(np.exp(self.values[i]), "exp", i)

    def backward(self, output: Any) -> Any:
        self.grads = {k: d for k, d in self.grads.items() if not self.steps[k]}
        self.grads[output] = self.grads.get(output, 0.0) + 1.0
        for k in reversed(range(len(self.steps))):
            name, *at = self.steps[k] or ("leaf",)
            for p in at:
                slope = {"add": 1.0, "exp": self.values[k], "mul": self.values[sum(at) - p]}[name]
                self.grads[p] = self.grads.get(p, 0.0) + slope * self.grads.get(k, 0.0)


@right("03.tape", "parents with their slopes in a dict, two arrows from one node merged")
class TapeOfSlopes:
    def __init__(self, nodes: Any = ()) -> None:
        self.nodes = list(nodes)

    def leaf(self, value: Any) -> Any:
        self.nodes.append([float(value), {}, 0.0])
        return len(self.nodes) - 1

    def value_of(self, i: Any) -> Any:
        return self.nodes[i][0]

    def grad_of(self, i: Any) -> Any:
        return self.nodes[i][2]

    def step(self, value: Any, *arrows: Any) -> Any:
        k = self.leaf(value)
        for parent, slope in arrows:
            self.nodes[k][1][parent] = self.nodes[k][1].get(parent, 0.0) + slope
        return k

    def add(self, i: Any, j: Any) -> Any:
        return self.step(self.nodes[i][0] + self.nodes[j][0], (i, 1), (j, 1))

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.nodes[i][0], self.nodes[j][0]
        return self.step(a * b, (j, a), (i, b))

    def exp(self, i: Any) -> Any:
        return self.step(math.e ** self.nodes[i][0], (i, math.e ** self.nodes[i][0]))

    def backward(self, output: Any) -> Any:
        for node in self.nodes:
            if node[1]:
                node[2] = 0.0
        self.nodes[output][2] += 1
        for node in reversed(self.nodes):
            for parent in node[1]:
                self.nodes[parent][2] += node[1][parent] * node[2]


# speelpenning


@right("03.speelpenning", "products from the left and from the right")
def speelpenning_two_sides(xs: Any, mul: Any) -> Any:
    n = len(xs)
    left, right_ = [1.0] * n, [1.0] * n
    for k in range(1, n):
        left[k] = mul(left[k - 1], xs[k - 1])
        right_[n - 1 - k] = mul(xs[n - k], right_[n - k])
    grads = [mul(a, b) for a, b in zip(left, right_, strict=True)]
    return mul(grads[0], xs[0]) if n > 1 else xs[0], grads


@right("03.speelpenning", "halves: a product of two halves, each by itself")
def speelpenning_halves(xs: Any, mul: Any) -> Any:
    def up(numbers: Any) -> Any:
        if len(numbers) == 1:
            return numbers[0], None, None
        a, b = up(numbers[: len(numbers) // 2]), up(numbers[len(numbers) // 2 :])
        return mul(a[0], b[0]), a, b

    def down(tree: Any, d: Any) -> Any:
        _, a, b = tree
        if a is None:
            return [d]
        return down(a, mul(d, b[0])) + down(b, mul(d, a[0]))

    tree = up(xs)
    return tree[0], down(tree, 1.0)


@right("03.speelpenning", "a pullback noted for each step")
def speelpenning_pullbacks(xs: Any, mul: Any) -> Any:
    y, backs = xs[0], []
    for x in xs[1:]:
        backs.append(lambda d, y=y, x=x: (mul(d, x), mul(d, y)))
        y = mul(y, x)
    d, grads = 1.0, list(xs[:0])
    for back in backs[::-1]:
        d, own = back(d)
        grads.insert(0, own)
    return y, [d, *grads]


@right("03.speelpenning", "begun at 1, slopes in an array")
def speelpenning_array(xs: Any, mul: Any) -> Any:
    before = [1.0]
    for x in xs:
        before.append(mul(before[-1], x))
    grads, d = np.zeros(len(xs)), 1.0
    for k in range(len(xs))[::-1]:
        grads[k] = mul(before[k], d)
        d = mul(xs[k], d)
    return before[-1], grads


# changes that change nothing

SAME = "a product is the same in either order, also on a clock"
equivalent("03.speelpenning", "mul(before[-1], x) → mul(x, before[-1])", SAME)
equivalent("03.speelpenning", "mul(d, before[k - 1]) → mul(before[k - 1], d)", SAME)
equivalent("03.speelpenning", "mul(d, xs[k]) → mul(xs[k], d)", SAME)
equivalent("03.tape", "1 → 0 #2", "the walk ends before node 0, which is always a leaf and sends nothing")
