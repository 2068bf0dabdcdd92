// One LSTM cell unrolled over 24 steps: its gates, what it keeps, and how far back a gradient reaches.

import { button, choice, fixed, html, number, readouts, slider, stage, start, svg, word } from "./common.js";
import { axes, line } from "./plot.js";

export const T = 24;
export const PULSE = 3;
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/** Weights of the cell for the gates i, f, g, o; the reader sets the biases of i, f and o. */
export const params = ({ i, f, o }) => ({ Wx: [4, 0, 2, 0], Wh: [0.3, 0.3, 0.1, 0.3], b: [i, f, 0, o] });

const NOISE = [0.1, -0.6, 0, 0.4, 0.7, -0.3, 0.5, -0.8, 0.2, 0.6, -0.5, 0.1, 0.8, -0.4, -0.7, 0.3, 0.5, -0.2, 0.6, -0.6, 0.2, 0.7, -0.3, 0.4];

/** The input x (T): a pulse at step 3; "noise" puts smaller numbers, of either sign, at all other steps. */
export const input = (name) => NOISE.map((v, k) => (k + 1 === PULSE ? 1 : name === "noise" ? 0.5 * v : 0));

/** The gates i, f, g, o and the states c and h after each step, from c = h = 0. */
export function forward({ Wx, Wh, b }, x) {
  let [c, h] = [0, 0];
  return x.map((v) => {
    const z = b.map((bias, k) => v * Wx[k] + h * Wh[k] + bias);
    const [i, f, g, o] = [sigmoid(z[0]), sigmoid(z[1]), Math.tanh(z[2]), sigmoid(z[3])];
    const before = c;
    c = f * before + i * g;
    h = o * Math.tanh(c);
    return { i, f, g, o, c, h, before };
  });
}

/** The gradient of the last h with respect to every c and h: [{dc, dh}], each with all roads in it. */
export function backward({ Wh }, run) {
  let [dh, later] = [1, 0];
  const found = [];
  for (let t = run.length - 1; t >= 0; t -= 1) {
    const { i, f, g, o, c, before } = run[t];
    const tanh = Math.tanh(c);
    const dc = later + dh * o * (1 - tanh * tanh);
    found.unshift({ dc, dh });
    const dz = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * tanh * o * (1 - o)];
    dh = dz.reduce((sum, d, k) => sum + d * Wh[k], 0);
    later = dc * f;
  }
  return found;
}

/** A plain recurrent unit, h = tanh(2x + u h): its states, and the gradient of the last with respect to each. */
export function plain(u, x) {
  let h = 0;
  const hs = x.map((v) => (h = Math.tanh(2 * v + u * h)));
  const dh = hs.map(() => 1);
  for (let t = hs.length - 2; t >= 0; t -= 1) dh[t] = dh[t + 1] * (1 - hs[t + 1] ** 2) * u;
  return { h: hs, dh };
}

/** What the forget gates leave of the cell from step s to the end: their product. */
export const kept = (run, s) => run.slice(s).reduce((product, { f }) => product * f, 1);

const STARTS = { fresh: [0, 0, 0], usual: [0, 1, 0], open: [-4, 4, 1] };
const GATES = [["i", "input"], ["f", "forget"], ["o", "output"]];
const FLOOR = 1e-8;

export function mount(element) {
  const { root, status, say } = stage(element, "An LSTM cell, unrolled");
  const state = { i: -2, f: 3, o: 1, u: 0.8, at: PULSE, input: "pulse" };
  let x, run, back, rnn;

  const cell = svg("svg", { viewBox: "0 0 340 246", role: "img" });
  const values = html("div", {});
  const gradients = html("div", {});
  const numbers = readouts({
    kept: "product of forget gates to the end", c: "cell here", dc: "gradient at this cell", dh: "gradient at this h", rnn: "plain unit’s gradient",
  });
  const X = (t) => 30 + (t - 0.5) * (304 / T);

  function draw() {
    x = input(state.input);
    run = forward(params(state), x);
    back = backward(params(state), run);
    rnn = plain(state.u, x);
    drawCell();
    drawValues();
    drawGradients();
    const t = state.at - 1;
    numbers.show({
      kept: [kept(run, state.at), number(kept(run, state.at))], c: [run[t].c, fixed(run[t].c)],
      dc: [back[t].dc, number(back[t].dc)], dh: [back[t].dh, number(back[t].dh)], rnn: [rnn.dh[t], number(rnn.dh[t])],
    });
    tell();
  }

  // Two rails: the cell above, the hidden state below; between them the gates, fuller where they are more open.
  function drawCell() {
    const rail = (y, size, gradient) => run.slice(1).map((_, k) =>
      svg("path", {
        class: "highway", d: `M${X(k + 2)} ${y}H${X(k + 1)}`,
        "stroke-width": Math.max(0.4, Math.min(9, 9 * Math.abs(gradient(back[k])) / size)).toFixed(2),
      }));
    const top = Math.max(...back.map(({ dc }) => Math.abs(dc)));
    const low = Math.max(...back.map(({ dh }) => Math.abs(dh)));
    const beads = (y, of) => run.map((step, k) => svg("circle", {
      class: "bead", cx: X(k + 1), cy: y, r: 4, "fill-opacity": Math.min(1, Math.abs(of(step))).toFixed(2),
    }));
    const bars = GATES.flatMap(([gate, name], row) => {
      const y = 66 + 42 * row;
      return [
        svg("text", { class: "p-text", x: 30, y: y - 4 }, `${name} gate ${gate}`),
        ...run.flatMap((step, k) => [
          svg("rect", { class: "slot", x: X(k + 1) - 4.6, y, width: 9.2, height: 20 }),
          svg("rect", { class: "fill", x: X(k + 1) - 4.6, y: y + 20 * (1 - step[gate]), width: 9.2, height: 20 * step[gate] }),
        ]),
      ];
    });
    cell.replaceChildren(
      svg("text", { class: "title", x: 4, y: 12 }, "Beads: size of c and h. Thick line: gradient"),
      svg("path", { class: "here", d: `M${X(state.at)} 20V222` }),
      svg("text", { class: "v-text", x: 12, y: 39, "text-anchor": "middle" }, "c"), ...rail(35, top, (g) => g.dc), ...beads(35, (s) => s.c),
      ...bars,
      svg("text", { class: "v-text", x: 12, y: 204, "text-anchor": "middle" }, "h"), ...rail(200, low, (g) => g.dh), ...beads(200, (s) => s.h),
      ...[1, PULSE, 6, 12, 18, T].map((t) => svg("text", { class: "tick", x: X(t), y: 224, "text-anchor": "middle" }, String(t))),
      svg("text", { class: "axis", x: 182, y: 241, "text-anchor": "middle" }, "step; the loss looks at the last"),
    );
    const { i, f, o } = run[state.at - 1];
    cell.setAttribute("aria-label", `Step ${state.at}: input gate ${number(i)}, forget gate ${number(f)}, output gate ${number(o)}.`);
  }

  const ticks = { range: [1, T], ticks: [1, 6, 12, 18, 24], label: "step" };
  const steps = (of) => line(run.map((_, k) => of(k)));

  function here(plot, low, high) {
    plot.plot.append(svg("path", { class: "here", d: `M${plot.X(state.at)} ${plot.Y(low)}V${plot.Y(high)}` }));
  }

  function drawValues() {
    const plot = axes({
      width: 320, height: 150, title: "What is kept", x: ticks, y: { range: [-1.5, 1.5], ticks: [-1, 0, 1] },
    });
    const clamp = (v) => Math.max(-1.5, Math.min(1.5, v));
    here(plot, -1.5, 1.5);
    plot.plot.append(
      svg("path", { class: "d-line", d: line(x.map((v, k) => [plot.X(k + 1), plot.Y(v)])) }),
      svg("path", { class: "v-line dashed", d: steps((k) => [plot.X(k + 1), plot.Y(clamp(run[k].h))]) }),
      svg("path", { class: "v-line", d: steps((k) => [plot.X(k + 1), plot.Y(clamp(run[k].c))]) }),
    );
    key(plot, 58, 100, [["d-line", "d-text", "input"], ["v-line", "v-text", "cell c"], ["v-line dashed", "v-text", "h"]], 70);
    plot.element.setAttribute("aria-label", `Cell ${fixed(run[PULSE - 1].c)} after the pulse, ${fixed(run[T - 1].c)} at the end.`);
    values.replaceChildren(plot.element);
  }

  function drawGradients() {
    const plot = axes({
      width: 320, height: 190, title: "What is left of the gradient", margin: { left: 50 }, x: ticks,
      y: { range: [FLOOR, 10], ticks: [1e-8, 1e-6, 1e-4, 1e-2, 1], log: true },
    });
    const at = (k, v) => [plot.X(k + 1), plot.Y(Math.max(FLOOR, Math.min(10, Math.abs(v))))];
    here(plot, FLOOR, 10);
    plot.plot.append(
      svg("path", { class: "d-line", d: steps((k) => at(k, rnn.dh[k])) }),
      svg("path", { class: "g-line dashed", d: steps((k) => at(k, back[k].dh)) }),
      svg("path", { class: "g-line", d: steps((k) => at(k, back[k].dc)) }),
    );
    key(plot, 58, 138, [["g-line", "g-text", "at c"], ["g-line dashed", "g-text", "at h"], ["d-line", "d-text", "plain unit"]], 70);
    plot.element.setAttribute("aria-label", `Gradient at step ${PULSE}: cell ${number(back[PULSE - 1].dc)}, plain unit ${number(rnn.dh[PULSE - 1])}.`);
    gradients.replaceChildren(plot.element);
  }

  function key(plot, x0, y, entries, wide) {
    plot.over.append(...entries.flatMap(([kind, textKind, words], k) => [
      svg("path", { class: kind, d: `M${x0 + k * wide} ${y}h16` }),
      svg("text", { class: `${textKind} halo tick`, x: x0 + 20 + k * wide, y: y + 4 }, words),
    ]));
  }

  function tell() {
    const share = kept(run, PULSE);
    const [early, other] = [Math.abs(back[PULSE - 1].dc), Math.abs(rnn.dh[PULSE - 1])];
    const shut = run[T - 1].o < 0.05;
    status.classList.toggle("failed", share < 0.05 || shut);
    const verdict = shut ? [word("failed", "■ SHUT"), ": the cell may keep what it likes, the closed output gate of the last step shows none of it."]
      : share < 0.05 ? [word("failed", "■ FORGOTTEN"), ": open the forget gate."]
        : share < 0.5 ? [word("parameter", "FADING"), ": open the forget gate further."] : [word("parameter", "KEPT"), "."];
    say(
      `Of what the cell holds after the pulse, the forget gates leave `, word("value", `${number(100 * share, 2)} %`), " at the end. ",
      "The gradient at the pulse is ", word("gradient", number(early)), "; in the plain unit it is ", word("gradient", number(other)), ". ", ...verdict,
    );
  }

  const change = (name) => (v) => {
    state[name] = v;
    draw();
  };
  const biases = Object.fromEntries(GATES.map(([gate, name]) => [
    gate, slider({ label: `Bias of the ${name} gate`, steps: [-6, 6, 0.5], value: state[gate], show: (b) => `${fixed(b, 1)}, σ = ${fixed(sigmoid(b), 2)}`, change: change(gate) }),
  ]));
  const weight = slider({ label: "Weight u of the plain unit", steps: [0, 2, 0.05], value: state.u, show: (u) => fixed(u, 2), change: change("u") });
  const at = slider({ label: "Look at step", steps: [1, T, 1], value: state.at, show: String, change: change("at") });
  const which = choice({ label: "Input", options: [["pulse", "a pulse"], ["noise", "a pulse in noise"]], value: state.input, change: change("input") });
  const preset = (name) => () => {
    STARTS[name].forEach((b, k) => {
      const gate = GATES[k][0];
      state[gate] = b;
      biases[gate].set(b);
    });
    draw();
  };

  root.append(
    html("div", { class: "area-main" }, cell),
    html("div", { class: "buttons" }, button("All biases 0", preset("fresh")), button("Forget gate 1", preset("usual")), button("A memory", preset("open"), { class: "main" })),
    status,
    html("div", { class: "controls" }, biases.f.element, biases.i.element, biases.o.element, which.element, at.element, weight.element),
    html("div", { class: "area-side" }, values, gradients),
    numbers.element,
  );
  draw();
}

start("lstm", mount);
