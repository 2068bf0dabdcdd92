// The game of two networks on the ring of eight: one round of it, as in chapter 12, in plain arrays.
//
// A batch (N, n) is one Float64Array, row by row. A network is a list of layers {m, n, W (m, n), b (n)}; between
// them is a ReLU.

import { random } from "./common.js";

export const N = 96; // samples of each kind in a round
export const WIDTH = 48; // units in a hidden layer
export const STD = 0.1; // of a cluster
export const CENTRES = Array.from({ length: 8 }, (_, k) => [2 * Math.cos((k * Math.PI) / 4), 2 * Math.sin((k * Math.PI) / 4)]);

/** Standard normal numbers from uniform ones. */
export const normals = (draw) => () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

/** n points of noise (n, 2). */
export const noise = (normal, n = N) => Float64Array.from({ length: 2 * n }, normal);

/** N real points (N, 2), as many from each cluster. */
export const real = (normal) => Float64Array.from({ length: 2 * N }, (_, i) => CENTRES[(i >> 1) % 8][i % 2] + STD * normal());

function network(draw, ...widths) {
  return widths.slice(1).map((n, l) => {
    const m = widths[l];
    const bound = Math.sqrt(6 / (m + n)); // Xavier
    return { m, n, W: Float64Array.from({ length: m * n }, () => bound * (2 * draw() - 1)), b: new Float64Array(n) };
  });
}

/** x (N, m) through the network: what goes into each layer, and what comes out at the end. */
export function forward(layers, x) {
  const inputs = [];
  layers.forEach(({ m, n, W, b }, l) => {
    inputs.push(x);
    const rows = x.length / m;
    const z = new Float64Array(rows * n);
    for (let i = 0; i < rows; i += 1) {
      const at = i * n;
      for (let j = 0; j < n; j += 1) z[at + j] = b[j];
      for (let k = 0; k < m; k += 1) {
        const v = x[i * m + k];
        if (v === 0) continue; // a ReLU that is shut
        for (let j = 0; j < n; j += 1) z[at + j] += v * W[k * n + j];
      }
    }
    if (l < layers.length - 1) for (let i = 0; i < z.length; i += 1) if (!(z[i] > 0)) z[i] = 0;
    x = z;
  });
  return { inputs, out: x };
}

/** The pullback: from d at the output to dx at the input and {dW, db} of every layer. */
export function backward(layers, { inputs }, d) {
  const grads = [];
  for (let l = layers.length - 1; l >= 0; l -= 1) {
    const { m, n, W } = layers[l];
    const x = inputs[l];
    const dW = new Float64Array(m * n);
    const db = new Float64Array(n);
    const dx = new Float64Array(x.length);
    for (let i = 0; i < x.length / m; i += 1) {
      const at = i * n;
      for (let j = 0; j < n; j += 1) db[j] += d[at + j];
      for (let k = 0; k < m; k += 1) {
        const v = x[i * m + k];
        if (l > 0 && v === 0) continue; // the ReLU before this layer is shut: nothing goes back
        let sum = 0;
        for (let j = 0; j < n; j += 1) {
          dW[k * n + j] += v * d[at + j];
          sum += W[k * n + j] * d[at + j];
        }
        dx[i * m + k] = sum;
      }
    }
    grads.unshift({ dW, db });
    d = dx;
  }
  return { dx: d, grads };
}

/** Binary cross-entropy of logits s against one label for all, and its gradient; averaged. */
export function verdict(s, label) {
  let loss = 0;
  const ds = new Float64Array(s.length);
  s.forEach((v, i) => {
    loss += (Math.max(v, 0) - v * label + Math.log1p(Math.exp(-Math.abs(v)))) / s.length;
    ds[i] = (1 / (1 + Math.exp(-v)) - label) / s.length;
  });
  return { loss, ds };
}

/** D's step: its loss on real and fake points, how many it gets right, its gradients. The fakes are plain data. */
export function detective(D, reals, fakes) {
  const runs = [[reals, 1], [fakes, 0]].map(([x, label]) => {
    const run = forward(D, x);
    const { loss, ds } = verdict(run.out, label);
    return { loss, grads: backward(D, run, ds).grads, right: run.out.filter((s) => s > 0 === (label === 1)).length };
  });
  const [on, off] = runs;
  return {
    loss: on.loss + off.loss,
    right: on.right + off.right,
    grads: on.grads.map(({ dW, db }, l) => ({
      dW: dW.map((v, i) => v + off.grads[l].dW[i]), db: db.map((v, i) => v + off.grads[l].db[i]),
    })),
  };
}

/** The losses of G: from logits of fakes to the loss and its gradient. */
export const LOSSES = {
  "non-saturating": (s) => verdict(s, 1),
  minimax: (s) => {
    const { loss, ds } = verdict(s, 0);
    return { loss: -loss, ds: ds.map((v) => -v) };
  },
};

/** G's step: noise z through G and D, back through D, out at the fakes as dx, and on into G. */
export function forger({ G, D }, z, kind) {
  const made = forward(G, z);
  const judged = forward(D, made.out);
  const { loss, ds } = LOSSES[kind](judged.out);
  const { dx } = backward(D, judged, ds); // D's own gradients are thrown away
  return { loss, x: made.out, dx, grads: backward(G, made, dx).grads };
}

/** Adam's step for a network, with its memory: the new network and the new memory. */
export function adam(layers, grads, memory, rate, beta) {
  const t = (memory.t ?? 0) + 1;
  const after = { t, kept: [] };
  const moved = layers.map((layer, l) => {
    const out = { ...layer };
    const kept = {};
    for (const name of ["W", "b"]) {
      const [w, g, before] = [layer[name], grads[l][`d${name}`], memory.kept?.[l][name]];
      const [m, v, next] = [new Float64Array(w.length), new Float64Array(w.length), new Float64Array(w.length)];
      for (let i = 0; i < w.length; i += 1) {
        m[i] = beta * (before?.m[i] ?? 0) + (1 - beta) * g[i];
        v[i] = 0.999 * (before?.v[i] ?? 0) + (1 - 0.999) * g[i] * g[i];
        next[i] = w[i] - ((rate / (1 - beta ** t)) * m[i]) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
      }
      kept[name] = { m, v };
      out[name] = next;
    }
    after.kept.push(kept);
    return out;
  });
  return [moved, after];
}

/** A new game; the same for the same seed. Its `normal` gives all noise and all real points to come. */
export function begin(seed) {
  const draw = random(seed);
  const [G, D] = [network(draw, 2, WIDTH, WIDTH, 2), network(draw, 2, WIDTH, WIDTH, 1)];
  return { G, D, memoryG: {}, memoryD: {}, normal: normals(draw), t: 0, lossD: NaN, lossG: NaN, right: NaN };
}

/** One round: D's step, then G's against the D that has just moved. how: {rateG, rateD, beta, loss}. */
export function round(game, how, points = { real: real(game.normal), first: noise(game.normal), second: noise(game.normal) }) {
  const d = detective(game.D, points.real, forward(game.G, points.first).out);
  const [D, memoryD] = adam(game.D, d.grads, game.memoryD, how.rateD, how.beta);
  const g = forger({ G: game.G, D }, points.second, how.loss);
  const [G, memoryG] = adam(game.G, g.grads, game.memoryG, how.rateG, how.beta);
  return { ...game, G, D, memoryG, memoryD, t: game.t + 1, lossD: d.loss, lossG: g.loss, right: d.right / (2 * N) };
}

/** Which clusters have at least 2 % of the points (n, 2) within three widths, and the share of points that do. */
export function census(x) {
  const counts = new Array(8).fill(0);
  for (let i = 0; i < x.length; i += 2) {
    const k = CENTRES.findIndex(([a, b]) => Math.hypot(x[i] - a, x[i + 1] - b) < 3 * STD);
    if (k >= 0) counts[k] += 1;
  }
  const n = x.length / 2;
  return { found: counts.map((c) => c >= 0.02 * n), share: counts.reduce((sum, c) => sum + c, 0) / n };
}
