// Surfaces over two parameters, and the update rules of bplib.optim.rules, a pair of numbers at a time.

const R = Math.SQRT1_2; // cos 45° and sin 45°
const each = (f, ...pairs) => [0, 1].map((k) => f(...pairs.map((p) => p[k])));

/** name: {label, value(w), gradient(w), a and b: the ranges drawn, start, bottoms, levels, rates: good ones}. */
export const SURFACES = {
  ravine: {
    label: "ravine",
    value: ([a, b]) => (a * a + 100 * b * b) / 2,
    gradient: ([a, b]) => [a, 100 * b],
    a: [-4.6, 1.4], b: [-3, 3], start: [-4, 1], bottoms: [[0, 0]], least: 0,
    levels: [0.5, 2, 8, 32, 128, 512],
    rates: { gd: 0.018, momentum: 0.01, nesterov: 0.01, adagrad: 1, rmsprop: 0.1, adam: 0.5 },
  },
  turned: {
    label: "ravine, turned",
    value: ([a, b]) => ((R * (a + b)) ** 2 + 100 * (R * (b - a)) ** 2) / 2,
    gradient: ([a, b]) => [R * R * (a + b - 100 * (b - a)), R * R * (a + b + 100 * (b - a))],
    a: [-5, 1], b: [-5, 1], start: [-5 * R, -3 * R], bottoms: [[0, 0]], least: 0,
    levels: [0.5, 2, 8, 32, 128, 512],
    rates: { gd: 0.018, momentum: 0.01, nesterov: 0.01, adagrad: 1, rmsprop: 0.1, adam: 0.5 },
  },
  rosenbrock: {
    label: "Rosenbrock's valley",
    value: ([a, b]) => (1 - a) ** 2 + 100 * (b - a * a) ** 2,
    gradient: ([a, b]) => [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)],
    a: [-2, 2], b: [-1.5, 2.5], start: [-1.2, 1], bottoms: [[1, 1]], least: 0,
    levels: [0.5, 2, 8, 32, 128, 512],
    rates: { gd: 0.002, momentum: 0.002, nesterov: 0.001, adagrad: 0.5, rmsprop: 0.02, adam: 0.5 },
  },
  valleys: {
    label: "two valleys",
    value: ([a, b]) => a ** 4 / 4 - a * a - 0.3 * a + b * b / 2,
    gradient: ([a, b]) => [a ** 3 - 2 * a - 0.3, b],
    a: [-2.5, 2.5], b: [-2.5, 2.5], start: [-2.2, 1.8], bottoms: [[1.4839679, 0], [-1.3322207, 0]], least: -1.4349732,
    levels: [-1.2, -0.8, -0.5, -0.2, 0.2, 0.8, 1.6, 3.2],
    rates: { gd: 0.1, momentum: 0.05, nesterov: 0.05, adagrad: 0.5, rmsprop: 0.05, adam: 0.3 },
  },
  saddle: {
    label: "saddle",
    value: ([a, b]) => (a * a - b * b) / 2 + b ** 4 / 4,
    gradient: ([a, b]) => [a, b ** 3 - b],
    a: [-2, 2], b: [-2, 2], start: [-1.6, 0.01], bottoms: [[0, 1], [0, -1]], least: -0.25,
    levels: [-0.2, -0.1, 0, 0.1, 0.4, 1, 2],
    rates: { gd: 0.1, momentum: 0.05, nesterov: 0.05, adagrad: 0.3, rmsprop: 0.05, adam: 0.1 },
  },
};

const BETA = 0.9;
const adaptive = (w, g, lr, size, eps) => each((wk, gk, sk) => wk - (lr * gk) / (Math.sqrt(sk) + eps), w, g, size);

/** One step: rule(w, g, state, lr) → [new w, new state]. The state {} is that of the beginning. */
export const RULES = {
  gd: (w, g, _, lr) => [each((wk, gk) => wk - lr * gk, w, g), {}],
  momentum: (w, g, s, lr) => {
    const u = s.u ? each((uk, gk) => BETA * uk + gk, s.u, g) : g;
    return [each((wk, uk) => wk - lr * uk, w, u), { u }];
  },
  nesterov: (w, g, s, lr) => {
    const u = s.u ? each((uk, gk) => BETA * uk + gk, s.u, g) : g;
    return [each((wk, gk, uk) => wk - lr * (gk + BETA * uk), w, g, u), { u }];
  },
  adagrad: (w, g, s, lr) => {
    const sum = each((sk, gk) => sk + gk * gk, s.s ?? [0, 0], g);
    return [adaptive(w, g, lr, sum, 1e-10), { s: sum }];
  },
  rmsprop: (w, g, s, lr) => {
    const v = each((vk, gk) => BETA * vk + (1 - BETA) * gk * gk, s.v ?? [0, 0], g);
    return [adaptive(w, g, lr, v, 1e-8), { v }];
  },
  adam: (w, g, s, lr) => {
    const t = (s.t ?? 0) + 1;
    const m = each((mk, gk) => 0.9 * mk + (1 - 0.9) * gk, s.m ?? [0, 0], g);
    const v = each((vk, gk) => 0.999 * vk + (1 - 0.999) * gk * gk, s.v ?? [0, 0], g);
    const hat = v.map((vk) => vk / (1 - 0.999 ** t));
    return [adaptive(w, m, lr / (1 - 0.9 ** t), hat, 1e-8), { t, m, v }];
  },
};

export const LABELS = { gd: "gradient descent", momentum: "momentum", nesterov: "Nesterov", adagrad: "AdaGrad", rmsprop: "RMSprop", adam: "Adam" };

/** The path of one optimiser: {w, value, g, state} before each step; it ends early where numbers run away. */
export function race(surface, name, start, lr, steps) {
  const { value, gradient } = SURFACES[surface];
  const path = [];
  let [w, state] = [start, {}];
  for (let t = 0; t <= steps; t += 1) {
    const g = gradient(w);
    path.push({ w, value: value(w), g, state });
    if (!(Math.max(...w.map(Math.abs)) < 1e4)) break;
    [w, state] = RULES[name](w, g, state, lr);
  }
  return path;
}

/** The step before which the loss is first within the goal of the least there is, or −1. */
export const arrives = (surface, path, goal = 1e-3) => path.findIndex((p) => p.value - SURFACES[surface].least < goal);
