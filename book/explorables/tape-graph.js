// The numbers behind tape.js: two small graphs, their forward pass, the reverse sweep, the finite differences.
//
// Every value is a matrix, a list of rows, as in the course: x (1, D), W (D, M), z = xW + b (1, M). A gradient has
// the shape of its value. A rule of the sweep can be broken by name, to see what the check says.

const map = (f, ...ms) => ms[0].map((row, i) => row.map((_, j) => f(...ms.map((m) => m[i][j]))));
const add = (a, b) => map((p, q) => p + q, a, b);
const mul = (a, b) => map((p, q) => p * q, a, b);
const transpose = (a) => a[0].map((_, j) => a.map((row) => row[j]));
const product = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));

/** Each op: its value, and its pullback back(d, inputs, value, broken), which gives a gradient for each input. */
export const OPS = {
  mul: {
    run: mul,
    back: (d, [a, b], _, broken) => (broken === "swap" ? [mul(d, a), mul(d, b)] : [mul(d, b), mul(d, a)]),
  },
  add: { run: add, back: (d) => [d, d] },
  linear: {
    run: (x, W, b) => add(product(x, W), b),
    back: (d, [x, W]) => [product(d, transpose(W)), product(transpose(x), d), d],
    untransposed: (d, [x, W]) => [product(d, W), product(transpose(x), d), d],
  },
  tanh: {
    run: (z) => map(Math.tanh, z),
    back: (d, _, a, broken) => [broken === "slope" ? d : map((di, ai) => di * (1 - ai * ai), d, a)],
  },
  loss: {
    run: (h, y) => [[map((p, q) => (p - q) ** 2, h, y).flat().reduce((sum, v) => sum + v, 0)]],
    back: (d, [h, y], _, broken) => [map((p, q) => (broken === "two" ? 1 : 2) * (p - q) * d[0][0], h, y), null],
  },
};

/** The rules that can be broken, and the graphs that have them. */
export const RULES = {
  none: { label: "none: every rule holds" },
  overwrite: { label: "fan-out: overwrite, do not add" },
  slope: { label: "tanh: leave out 1 − a²" },
  two: { label: "loss: leave out the 2" },
  swap: { label: "product: each factor gets itself", only: "neuron" },
  transpose: { label: "layer: dx = dz·W, no transpose", only: "layer" },
};

/** Two graphs of one shape; place is [step along the chain, 1 for what feeds it from the side]. */
export const GRAPHS = {
  neuron: {
    label: "one neuron",
    inputs: { x: [[0.8]], w: [[-1.2]], b: [[0.2]], y: [[0.8]] },
    nodes: [
      { name: "p", op: "mul", from: ["x", "w"], formula: "p = x·w" },
      { name: "z", op: "add", from: ["p", "b"], formula: "z = p + b" },
      { name: "a", op: "tanh", from: ["z"], formula: "a = tanh z" },
      { name: "h", op: "add", from: ["a", "x"], formula: "h = a + x" },
      { name: "L", op: "loss", from: ["h", "y"], formula: "L = (h − y)²" },
    ],
    place: { x: [0, 0], p: [1, 0], w: [1, 1], z: [2, 0], b: [2, 1], a: [3, 0], h: [4, 0], L: [5, 0], y: [5, 1] },
  },
  layer: {
    label: "a layer of two",
    inputs: { x: [[0.8, -0.5]], W: [[-1.5, 0.4], [0.9, 1.2]], b: [[0.3, 0.1]], y: [[0.4, -0.4]] },
    nodes: [
      { name: "z", op: "linear", from: ["x", "W", "b"], formula: "z = x·W + b" },
      { name: "a", op: "tanh", from: ["z"], formula: "a = tanh z" },
      { name: "h", op: "add", from: ["a", "x"], formula: "h = a + x" },
      { name: "L", op: "loss", from: ["h", "y"], formula: "L = Σ (h − y)²" },
    ],
    place: { x: [0, 0], W: [1, 1], z: [1, 0], b: [2, 1], a: [2, 0], h: [3, 0], L: [4, 0], y: [4, 1] },
  },
};

/** The value of every node. held = {name: value} keeps a node at a value, whatever comes in. */
export function forward(graph, inputs, held = {}) {
  const values = { ...inputs, ...held };
  for (const { name, op, from } of graph.nodes) values[name] = held[name] ?? OPS[op].run(...from.map((n) => values[n]));
  return values;
}

/** The reverse sweep through the last `count` ops: gradients so far, and what each node received from whom. */
export function backward(graph, values, broken = "none", count = graph.nodes.length) {
  const gradients = { L: [[1]] };
  const received = {};
  for (const { name, op, from } of [...graph.nodes].reverse().slice(0, count)) {
    const rule = broken === "transpose" && OPS[op].untransposed ? OPS[op].untransposed : OPS[op].back;
    const sent = rule(gradients[name], from.map((n) => values[n]), values[name], broken);
    from.forEach((to, i) => {
      if (sent[i] === null) return; // data: nobody asks
      (received[to] ??= []).push({ from: name, value: sent[i] });
      gradients[to] = to in gradients && broken !== "overwrite" ? add(gradients[to], sent[i]) : sent[i];
    });
  }
  return { gradients, received };
}

/** The nodes that use a node's value. */
export const uses = (graph, name) => graph.nodes.filter((node) => node.from.includes(name)).map((node) => node.name);

/** ∂L/∂(node) without any calculus: move each entry of its value a little, both ways, and compute forward again. */
export function differences(graph, inputs, name) {
  const value = forward(graph, inputs)[name];
  return value.map((row, i) => row.map((v, j) => {
    const h = 6e-6 * Math.max(1, Math.abs(v));
    const moved = (by) => value.map((r, k) => r.map((u, l) => (k === i && l === j ? v + by : u)));
    const L = (by) => forward(graph, inputs, { [name]: moved(by) }).L[0][0];
    return (L(h) - L(-h)) / (v + h - (v - h)); // by the step really taken, after rounding
  }));
}

/** Every gradient held against finite differences, in the order of the sweep. A wrong node whose users are all right
 *  is where a mistake starts; the others inherit it. */
export function check(graph, inputs, broken = "none") {
  const values = forward(graph, inputs);
  const { gradients } = backward(graph, values, broken);
  const order = [...graph.nodes].reverse().flatMap((node) => node.from);
  const names = [...new Set(order.reverse())].reverse().filter((name) => name in gradients); // after its last use
  const rows = names.map((name) => {
    const measured = differences(graph, inputs, name);
    const noise = (16 * 2.2e-16 * Math.abs(values.L[0][0])) / 6e-6 / 1e-6; // rounding in L, as a size
    const floor = Math.max(noise, ...measured.flat().map(Math.abs));
    const errors = map((c, m) => (c === m ? 0 : Math.abs(c - m) / Math.max(floor, Math.abs(c), Math.abs(m))), gradients[name], measured);
    const error = Math.max(...errors.flat());
    return { name, claimed: gradients[name], measured, error, ok: error <= 1e-6 };
  });
  const wrong = new Set(rows.filter((row) => !row.ok).map((row) => row.name));
  for (const row of rows) row.starts = !row.ok && !uses(graph, row.name).some((user) => wrong.has(user));
  return rows;
}
