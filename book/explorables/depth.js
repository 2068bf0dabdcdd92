// A deep network before its first step: how large the values are, layer by layer, and how long the gradient.

import { choice, html, number, random, readouts, slider, stage, start, svg, word } from "./common.js";
import { ACTIVATIONS } from "./activations.js";
import { axes, line } from "./plot.js";

const N = 32; // examples
const EPS = 1e-5; // of the norms, as in bplib

/** First weights: n times their variance, and their name. */
export const STARTS = {
  tiny: { name: "normal, deviation 0.01", scale: (n) => 1e-4 * n },
  old: { name: "uniform in ±1/√n (before 2010)", scale: () => 1 / 3 },
  xavier: { name: "Xavier: variance 1/n", scale: () => 1 },
  he: { name: "He: variance 2/n", scale: () => 2 },
  orthogonal: { name: "orthogonal", scale: () => 1 },
};

export const REPAIRS = { none: "none", batch: "batch norm", layer: "layer norm", shortcut: "shortcuts, corrections / √L" };

const normals = (draw) => () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
const fill = (size, f) => Float64Array.from({ length: size }, f);

/** Gram and Schmidt, row by row: the rows of a (n, n) at right angles and of length 1, in place. */
function orthonormal(a, n) {
  for (let i = 0; i < n; i += 1) {
    const row = a.subarray(i * n, (i + 1) * n);
    for (let j = 0; j < i; j += 1) {
      const other = a.subarray(j * n, (j + 1) * n);
      let dot = 0;
      for (let k = 0; k < n; k += 1) dot += row[k] * other[k];
      for (let k = 0; k < n; k += 1) row[k] -= dot * other[k];
    }
    const size = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    for (let k = 0; k < n; k += 1) row[k] /= size;
  }
  return a;
}

/** The weights of layer l, (n, n) row by row; the same for the same seed, whatever the depth. */
export function weights(kind, n, seed, l) {
  const draw = random(1000 * seed + l + 1);
  if (kind === "old") return fill(n * n, () => (2 * draw() - 1) / Math.sqrt(n));
  const a = fill(n * n, normals(draw));
  if (kind === "orthogonal") return orthonormal(a, n);
  const deviation = Math.sqrt(STARTS[kind].scale(n) / n);
  return a.map((v) => v * deviation);
}

const kept = new Map(); // orthogonal ones take a while
function cached(kind, n, seed, l) {
  const key = `${kind} ${n} ${seed} ${l}`;
  if (kept.size > 400) kept.clear();
  if (!kept.has(key)) kept.set(key, weights(kind, n, seed, l));
  return kept.get(key);
}

/** What goes in, standard normal (N, n), and the gradient that arrives at the top, of length 1. */
export function ends(n, seed) {
  const normal = normals(random(1000 * seed));
  const x = fill(N * n, normal);
  const d = fill(N * n, normal);
  const size = Math.hypot(...d);
  return { x, d: d.map((v) => v / size) };
}

/** a (N, n) times w (n, n), or times its transpose, times a number. */
function product(a, w, n, factor, transposed = false) {
  const out = new Float64Array(N * n);
  for (let i = 0; i < N; i += 1) {
    const [from, to] = [a.subarray(i * n, (i + 1) * n), out.subarray(i * n, (i + 1) * n)];
    for (let k = 0; k < n; k += 1) {
      const row = w.subarray(k * n, (k + 1) * n); // along rows in both cases: columns are slow
      if (transposed) {
        let sum = 0;
        for (let j = 0; j < n; j += 1) sum += from[j] * row[j];
        to[k] = factor * sum;
      } else {
        const v = factor * from[k];
        if (v) for (let j = 0; j < n; j += 1) to[j] += v * row[j];
      }
    }
  }
  return out;
}

/** Batch or layer norm of z (N, n) with γ = 1, β = 0: the value and its pullback. */
export function norm(z, n, kind) {
  const [groups, size, at] = kind === "batch" ? [n, N, (g, k) => k * n + g] : [N, n, (g, k) => g * n + k];
  const y = new Float64Array(N * n);
  const inverse = new Float64Array(groups);
  const mean = (f) => {
    let sum = 0;
    for (let k = 0; k < size; k += 1) sum += f(k);
    return sum / size;
  };
  for (let g = 0; g < groups; g += 1) {
    const m = mean((k) => z[at(g, k)]);
    inverse[g] = 1 / Math.sqrt(mean((k) => (z[at(g, k)] - m) ** 2) + EPS);
    for (let k = 0; k < size; k += 1) y[at(g, k)] = (z[at(g, k)] - m) * inverse[g];
  }
  const back = (dy) => {
    const dz = new Float64Array(N * n);
    for (let g = 0; g < groups; g += 1) {
      const level = mean((k) => dy[at(g, k)]);
      const along = mean((k) => dy[at(g, k)] * y[at(g, k)]);
      for (let k = 0; k < size; k += 1) dz[at(g, k)] = inverse[g] * (dy[at(g, k)] - level - along * y[at(g, k)]);
    }
    return dz;
  };
  return [y, back];
}

const rms = (a) => Math.sqrt(a.reduce((sum, v) => sum + v * v, 0) / a.length);
const times = (a, z, f) => a.map((v, i) => v * f(z[i]));

/** Values up and gradients down: the root mean square of the values h⁰ … hᴸ, and the lengths of the gradients. */
export function flow({ activation, kind, repair, depth, width, gain, seed }) {
  const { f, d: slope } = ACTIVATIONS[activation];
  const { x, d } = ends(width, seed);
  const small = 1 / Math.sqrt(depth);
  let h = x;
  const values = [rms(h)];
  const backs = [];
  for (let l = 0; l < depth; l += 1) {
    const w = cached(kind, width, seed, l);
    if (repair === "shortcut") {
      const below = h;
      const z = product(below.map(f), w, width, gain * small);
      h = below.map((v, i) => v + z[i]);
      backs.push((dh) => {
        const corrections = times(product(dh, w, width, gain * small, true), below, slope);
        return dh.map((v, i) => v + corrections[i]);
      });
    } else {
      const plain = product(h, w, width, gain);
      const [z, back] = repair === "none" ? [plain, (dz) => dz] : norm(plain, width, repair);
      h = z.map(f);
      backs.push((dh) => product(back(times(dh, z, slope)), w, width, gain, true));
    }
    values.push(rms(h));
  }
  let dh = d;
  const gradients = [1];
  for (const back of backs.reverse()) {
    dh = back(dh);
    gradients.unshift(rms(dh) * Math.sqrt(dh.length));
  }
  return { values, gradients };
}

const GRID = Array.from({ length: 1600 }, (_, i) => -8 + (i + 0.5) / 100); // none at 0, where ReLU bends
const BELL = GRID.map((u) => Math.exp((-u * u) / 2));
const TOTAL = BELL.reduce((a, b) => a + b, 0);
/** The mean of f(z)² for a normal z of this deviation. */
export const meanSquare = (f, deviation) => GRID.reduce((sum, u, i) => sum + BELL[i] * f(deviation * u) ** 2, 0) / TOTAL;

/** What the two conditions predict for wide layers: the same lists; gradients null behind a norm. */
export function theory({ activation, kind, repair, depth, width, gain }) {
  const { f, d } = ACTIVATIONS[activation];
  const g2 = gain * gain * STARTS[kind].scale(width);
  const squares = [1];
  const factors = [];
  for (let l = 0; l < depth; l += 1) {
    const q = squares[l];
    if (repair === "shortcut") {
      squares.push(q + (g2 * meanSquare(f, Math.sqrt(q))) / depth);
      factors.push(1 + (g2 * meanSquare(d, Math.sqrt(q))) / depth);
    } else {
      const deviation = repair === "none" ? Math.sqrt(g2 * q) : 1;
      squares.push(meanSquare(f, deviation));
      factors.push(g2 * meanSquare(d, deviation));
    }
  }
  const gradients = [1];
  for (const factor of [...factors].reverse()) gradients.unshift(gradients[0] * Math.sqrt(factor));
  const normed = repair === "batch" || repair === "layer";
  return { values: squares.map(Math.sqrt), gradients: normed ? null : gradients };
}

const FLOOR = 1e-30;
const CEILING = 1e30;
const inside = (v) => Math.min(CEILING, Math.max(FLOOR, v));

/** Powers of ten for an axis that holds these numbers: the range, and at most seven ticks. */
function powers(numbers) {
  const found = numbers.map((v) => Math.log10(inside(v)));
  const low = Math.min(-2, Math.floor(Math.min(...found)));
  const high = Math.max(1, Math.ceil(Math.max(...found)));
  const step = Math.max(1, Math.ceil((high - low) / 6));
  const ticks = [];
  for (let p = Math.ceil(low / step) * step; p <= high; p += step) ticks.push(10 ** p);
  return { range: [10 ** low, 10 ** high], ticks };
}

export function mount(element) {
  const { root, status, say } = stage(element, "A deep network before its first step");
  const state = { activation: "relu", kind: "xavier", repair: "none", depth: 30, width: 64, gain: 1, seed: 1 };
  const [up, down] = [html("div", {}), html("div", {})];
  const numbers = readouts({
    value: "size of the values at the top", gradient: "gradient at the input",
    up: "values: × a layer", down: "gradient: × a layer",
  });

  function chart(title, label, measured, predicted, kind) {
    const { depth } = state;
    const marks = [0, ...[0.25, 0.5, 0.75].map((s) => Math.round(s * depth)), depth];
    const plot = axes({
      width: 330, height: 300, title, margin: { left: 58 },
      x: { range: [0, depth], ticks: [...new Set(marks)], label: "layer (0: the input)" },
      y: { ...powers([...measured, ...(predicted ?? [])]), log: true, label },
    });
    const path = (list) => line(list.map((v, l) => [plot.X(l), plot.Y(inside(v))]));
    plot.plot.append(svg("path", { class: `${kind}-line`, d: path(measured) }));
    if (predicted) plot.plot.append(svg("path", { class: "theory-line", d: path(predicted) }));
    const low = plot.Y(powers([...measured, ...(predicted ?? [])]).range[0]);
    plot.over.append(...measured.map((v, l) => (v === 0
      ? svg("path", { class: "zero", d: `M${plot.X(l) - 4} ${low - 8}l8 8m0 -8l-8 8` })
      : svg("circle", { class: `${kind}-dot`, cx: plot.X(l), cy: plot.Y(inside(v)), r: depth > 40 ? 2.2 : 3 }))));
    return plot;
  }

  function draw() {
    const { depth } = state;
    const { values, gradients } = flow(state);
    const expected = theory(state);
    const a = chart("Values: size, on the way up", "root mean square", values, expected.values, "v");
    const b = chart("Gradient: length, on the way down", "length", gradients, expected.gradients, "g");
    const [top, end] = [values[depth], gradients[0]];
    a.element.setAttribute("aria-label", `Size of the values: ${number(values[0])} at the input, ${number(top)} at layer ${depth}.`);
    b.element.setAttribute("aria-label", `Length of the gradient: 1 at layer ${depth}, ${number(end)} at the input.`);
    up.replaceChildren(a.element);
    down.replaceChildren(b.element);
    const each = (ratio) => ratio ** (1 / depth);
    numbers.show({
      value: [top, number(top)], gradient: [end, number(end)],
      up: [each(top / values[0]), number(each(top / values[0]))], down: [each(end), number(each(end))],
    });
    const bad = (v) => !(v >= 1e-3 && v <= 1e3);
    const what = (v) => (v === 0 ? "■ EXACTLY 0" : v < 1e-3 ? "▼ VANISHES" : v > 1e3 ? "▲ EXPLODES" : Number.isFinite(v) ? "● PASSES" : "■ NOT A NUMBER");
    status.classList.toggle("failed", bad(top) || bad(end));
    say(
      "Gradient: ", word(bad(end) ? "failed" : "value", what(end)), ". Of length 1 at layer ", String(depth), ", it arrives at the input with ",
      word("gradient", number(end)), `: ×\u00a0${number(each(end))} a layer. Values at layer ${depth}: `, word("value", number(top)),
      ...(bad(top) ? [", ", word("failed", top < 1e-3 ? "▼ too small" : "▲ too large"), " to learn from"] : []), ".",
    );
  }

  const set = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const pairs = (table, name = (v) => v) => Object.entries(table).map(([key, v]) => [key, name(v)]);
  const which = choice({ label: "Activation", options: pairs(ACTIVATIONS, (v) => v.name), value: state.activation, change: (activation) => set({ activation }) });
  const first = choice({ label: "First weights", options: pairs(STARTS, (v) => v.name), value: state.kind, change: (kind) => set({ kind }) });
  const repair = choice({ label: "Repair", options: pairs(REPAIRS), value: state.repair, change: (r) => set({ repair: r }) });
  const width = choice({ label: "Units in a layer, n", options: [["16", "16"], ["32", "32"], ["64", "64"]], value: "64", change: (n) => set({ width: Number(n) }) });
  const depth = slider({ label: "Layers, L", steps: [1, 60, 1], value: state.depth, show: String, change: (d) => set({ depth: d }) });
  const gain = slider({ label: "Gain (all weights × this)", steps: [0.5, 16, 0.01], log: true, value: state.gain, show: (g) => number(g, 3), change: (g) => set({ gain: g }) });
  const seed = slider({ label: "Seed", steps: [0, 9, 1], value: state.seed, show: String, change: (s) => set({ seed: s }) });
  root.append(
    html("div", { class: "area-main" }, up),
    html("div", { class: "controls" }, which.element, first.element, repair.element, width.element, depth.element, gain.element, seed.element),
    status,
    html("div", { class: "area-side" }, down),
    numbers.element,
  );
  draw();
}

start("depth", mount);
