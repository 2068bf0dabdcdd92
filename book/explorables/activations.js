// Activations: the curve, its derivative, and what a chain of k of them does to a gradient.

import { choice, html, number, readouts, slider, stage, start, svg, word } from "./common.js";
import { axes, line } from "./plot.js";

// (1 + 2x) eˣ² erfc(x) as a Chebyshev series in (x − 2.5) / (x + 2.5), the same as in bplib/ops/_normal.py.
const SERIES = [
  1.1771189339755783, 0.014212740827324263, -0.10037710257743712, 0.048384221974958418, -0.012607425531068521,
  0.0016421555334710316, 5.2927052290046265e-5, -5.106088378410867e-5, 2.3714285583404673e-6, 1.5839410900934279e-6,
  -1.248395826733848e-7, -6.0456573976520141e-8, 4.092593268983542e-9, 2.7374084162481932e-9, -4.588792378202667e-11,
  -1.3187852382173251e-10, -8.2690494480532998e-12, 5.9370928846918512e-12, 1.0588807805315709e-12,
  -1.9944283451640651e-13, -8.5171382709928021e-14,
];

/** Φ(z), the distribution function of the normal law. */
export function normalCdf(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = (2 * (x - 2.5)) / (x + 2.5);
  let [b1, b2] = [0, 0];
  for (let k = SERIES.length - 1; k > 0; k -= 1) [b1, b2] = [t * b1 - b2 + SERIES[k], b1];
  const tail = (0.5 * Math.exp(-x * x) * (0.5 * t * b1 - b2 + SERIES[0])) / (1 + 2 * x);
  return z > 0 ? 1 - tail : tail;
}

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const density = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
const LEAK = 0.01;

/** Each activation: value f(z), derivative d(z), and how to write it. At a kink the derivative is bplib's. */
export const ACTIVATIONS = {
  sigmoid: { name: "sigmoid", rule: "1 / (1 + e⁻ᶻ)", f: sigmoid, d: (z) => sigmoid(z) * (1 - sigmoid(z)) },
  tanh: { name: "tanh", rule: "tanh z", f: Math.tanh, d: (z) => 1 - Math.tanh(z) ** 2 },
  relu: { name: "ReLU", rule: "max(z, 0)", f: (z) => Math.max(z, 0), d: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: { name: "leaky ReLU", rule: "z, or 0.01 z below 0", f: (z) => (z > 0 ? z : LEAK * z), d: (z) => (z > 0 ? 1 : LEAK) },
  elu: { name: "ELU", rule: "z, or eᶻ − 1 below 0", f: (z) => (z > 0 ? z : Math.expm1(z)), d: (z) => (z > 0 ? 1 : Math.exp(z)) },
  softplus: { name: "softplus", rule: "log(1 + eᶻ)", f: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), d: sigmoid },
  gelu: { name: "GELU", rule: "z Φ(z)", f: (z) => z * normalCdf(z), d: (z) => normalCdf(z) + z * density(z) },
  silu: { name: "SiLU", rule: "z σ(z)", f: (z) => z * sigmoid(z), d: (z) => sigmoid(z) * (1 + z * (1 - sigmoid(z))) },
};

/** A chain of k activations with a weight w between them: z₁ = z, zᵢ₊₁ = w·f(zᵢ). Gives every link's input and
 *  the factor by which it multiplies the gradient on its way back (f′, and w but for the first link). */
export function chain(key, z, k, w = 1) {
  const { f, d } = ACTIVATIONS[key];
  const inputs = [z];
  while (inputs.length < k) inputs.push(w * f(inputs[inputs.length - 1]));
  const factors = inputs.map((zi, i) => d(zi) * (i ? w : 1));
  const gradients = [1]; // at the end of the chain
  for (const factor of [...factors].reverse()) gradients.unshift(gradients[0] * factor);
  return { inputs, factors, gradients, value: f(inputs[k - 1]), gradient: gradients[0] };
}

const ZS = Array.from({ length: 241 }, (_, i) => -6 + i / 20);
const DEEPEST = 30;
const FLOOR = 1e-16;

function sentence(state, { gradient, factors }) {
  const { name } = ACTIVATIONS[state.key];
  const size = Math.abs(gradient);
  const links = state.k === 1 ? "one link" : `${state.k} links`;
  const mean = size ** (1 / state.k);
  if (size === 0) {
    const dead = factors.findIndex((f) => f === 0) + 1;
    return [word("failed", "■ EXACTLY 0"), `. ${name} is off at link ${dead}: no gradient passes, and nothing before it can learn from this input.`];
  }
  const through = ["A gradient of 1 at the end arrives as ", word("gradient", number(gradient)), ` after ${links} of ${name}: ×\u00a0${number(mean)} a link, on average.`];
  if (size < 1e-3) return [word("failed", "▼ VANISHES"), ". ", ...through];
  if (size > 1e3) return [word("failed", "▲ EXPLODES"), ". ", ...through];
  return [word("value", "● PASSES"), ". ", ...through];
}

export function mount(element) {
  const { root, status, say } = stage(element, "Activations, their derivatives, and a chain of them");
  const state = { key: "sigmoid", z: 1, k: 10, w: 1 };
  const curve = axes({
    width: 340, height: 230, title: "Value a = f(z)",
    x: { range: [-6, 6], ticks: [-6, -3, 0, 3, 6], label: "input z" },
    y: { range: [-2, 4], ticks: [-2, -1, 0, 1, 2, 3, 4], label: "a" },
  });
  const slope = axes({
    width: 340, height: 190, title: "Derivative f′(z); rings: later links",
    x: { range: [-6, 6], ticks: [-6, -3, 0, 3, 6], label: "input z" },
    y: { range: [-0.2, 1.3], ticks: [0, 0.25, 0.5, 0.75, 1], label: "f′" },
  });
  const decay = axes({
    width: 330, height: 420, title: "Gradient on its way back", margin: { left: 54 },
    x: { range: [DEEPEST, 0], ticks: [30, 25, 20, 15, 10, 5, 0], label: "link (the end of the chain is on the left)" },
    y: { range: [FLOOR, 1e4], ticks: [1e-16, 1e-12, 1e-8, 1e-4, 1, 1e4], label: "size of the gradient", log: true },
  });
  const numbers = readouts({ a: "value f(z)", d: "derivative f′(z)", product: "gradient after the chain", last: "value after the chain" });

  function draw() {
    const { f, d, name, rule } = ACTIVATIONS[state.key];
    const result = chain(state.key, state.z, state.k, state.w);
    const [a, s] = [f(state.z), d(state.z)];
    const [px, py] = [curve.X(state.z), curve.Y(a)];
    const reach = 1.6 / Math.hypot(1, s); // of the tangent
    const tangent = [state.z - reach, state.z + reach].map((z) => [curve.X(z), curve.Y(a + s * (z - state.z))]);
    curve.plot.replaceChildren(
      svg("path", { class: "d-line", d: `M${curve.X(0)} 0V999` }), svg("path", { class: "d-line", d: `M0 ${curve.Y(0)}H999` }),
      svg("path", { class: "v-line", d: line(ZS.map((z) => [curve.X(z), curve.Y(f(z))])) }),
      svg("path", { class: "g-line tangent", d: line(tangent) }),
      svg("circle", { class: "v-dot", cx: px, cy: py, r: 6 }),
    );
    curve.over.replaceChildren(svg("text", { class: "v-text halo", x: 54, y: 44 }, `${name}: ${rule}`));
    curve.element.setAttribute("aria-label", `${name}, ${rule}: at z = ${number(state.z)} the value is ${number(a)}.`);
    slope.plot.replaceChildren(
      svg("path", { class: "d-line", d: `M${slope.X(0)} 0V999` }), svg("path", { class: "d-line", d: `M0 ${slope.Y(0)}H999` }),
      svg("path", { class: "g-line", d: line(ZS.map((z, i) => (i && Math.abs(d(z) - d(ZS[i - 1])) > 0.5 ? [NaN, NaN] : [slope.X(z), slope.Y(d(z))]))) }),
      svg("path", { class: "g-line dashed", d: `M${slope.X(state.z)} ${slope.Y(0)}V${slope.Y(s)}` }),
      ...result.inputs.slice(1).map((z) => svg("circle", { class: "later", cx: slope.X(z), cy: slope.Y(d(z)), r: 4 })),
      svg("circle", { class: "g-dot", cx: slope.X(state.z), cy: slope.Y(s), r: 6 }),
    );
    slope.element.setAttribute("aria-label", `The derivative of ${name} at z = ${number(state.z)} is ${number(s)}.`);

    const at = (i, g) => [decay.X(i), decay.Y(Math.max(Math.abs(g), FLOOR))];
    const best = Math.max(...ZS.map(d)) * Math.abs(state.w);
    const points = result.gradients.map((g, i) => ({ p: at(i, g), zero: g === 0 }));
    decay.plot.replaceChildren(
      svg("path", { class: "d-line dashed", d: line([at(state.k, 1), at(0, best ** state.k / Math.abs(state.w))]) }),
      svg("path", { class: "g-line", d: line(points.map(({ p }) => p)) }),
    );
    const [ex, ey] = points[0].p;
    decay.over.replaceChildren(
      ...points.map(({ p: [x, y], zero }, i) => zero
        ? svg("path", { class: "zero", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` })
        : svg("circle", { class: "g-dot", cx: x, cy: y, r: i === 0 ? 5.5 : 3.2 })),
      svg("text", { class: "g-text halo end", x: ex - 6, y: ey < 60 ? ey + 22 : ey > 340 ? ey - 12 : ey + 20, "text-anchor": "end" }, result.gradient === 0 ? "0" : number(result.gradient)),
      svg("text", { class: "d-text halo tick", x: 62, y: 44 }, `dashed: the largest slope, × ${number(best)} a link`),
    );
    decay.element.setAttribute("aria-label", `After ${state.k} links the gradient is ${number(result.gradient)}.`);
    numbers.show({
      a: [a, number(a)], d: [s, number(s)],
      product: [result.gradient, number(result.gradient)], last: [result.value, number(result.value)],
    });
    status.classList.toggle("failed", Math.abs(result.gradient) < 1e-3 || Math.abs(result.gradient) > 1e3);
    say(...sentence(state, result));
  }

  const set = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const which = choice({ label: "Activation", options: Object.entries(ACTIVATIONS).map(([key, { name }]) => [key, name]), value: state.key, change: (key) => set({ key }) });
  const input = slider({ label: "Input z", steps: [-6, 6, 0.1], value: state.z, show: (z) => number(Math.round(z * 10) / 10, 2), change: (z) => set({ z }) });
  const depth = slider({ label: "Links in the chain, k", steps: [1, DEEPEST, 1], value: state.k, show: String, change: (k) => set({ k }) });
  const weight = slider({ label: "Weight w between links", steps: [0.5, 4, 0.1], value: state.w, show: (w) => number(w, 2), change: (w) => set({ w }) });
  root.append(
    html("div", { class: "area-main" }, curve.element, slope.element),
    html("div", { class: "controls" }, which.element, input.element, depth.element, weight.element),
    status,
    html("div", { class: "area-side" }, decay.element),
    numbers.element,
  );
  draw();
}

start("activations", mount);
