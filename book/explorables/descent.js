// Gradient descent on two parameters: a line w·x + b through eight points, by the mean squared error.
//
// The inputs have variance 1 and mean m. That makes the Hessian 2·[[m² + 1, m], [m, 1]], with largest and smallest
// eigenvalue 2√κ and 2/√κ, where √κ + 1/√κ = m² + 2: moving the inputs away from 0 is all it takes to make a narrow
// valley. The noise has no share in the line, so that the bottom of the valley stays at BEST.

import { button, html, number, readouts, slider, stage, start, svg, calm, word } from "./common.js";
import { axes, line, where } from "./plot.js";

export const BEST = { w: 1, b: 0.5 };
export const STEPS = 60;
const RATES = [0.02, 2];
const SPREAD = [-7, -5, -3, -1, 1, 3, 5, 7].map((k) => k / Math.sqrt(21));
const NOISE = [0.35, -0.25, -0.3, 0.2, 0.2, -0.3, -0.25, 0.35];
const mean = (xs) => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Eight points whose least-squares problem has the condition number κ. */
export function data(kappa) {
  const m = kappa ** 0.25 - kappa ** -0.25;
  const x = SPREAD.map((s) => m + s);
  return { mean: m, x, y: x.map((xi, i) => BEST.w * xi + BEST.b + NOISE[i]) };
}

/** Mean squared error, and its gradient. */
export function loss({ x, y }, { w, b }) {
  const e = x.map((xi, i) => w * xi + b - y[i]);
  return { value: mean(e.map((ei) => ei * ei)), dw: 2 * mean(e.map((ei, i) => ei * x[i])), db: 2 * mean(e) };
}

/** The eigenvalues of the Hessian: [largest L, smallest μ]. */
export const curvatures = (kappa) => [2 * Math.sqrt(kappa), 2 / Math.sqrt(kappa)];

/** Every step from the start on: {w, b, value, dw, db, distance to the bottom}. */
export function descend(points, from, rate, steps = STEPS) {
  const path = [];
  let { w, b } = from;
  for (let t = 0; t <= steps; t += 1) {
    const { value, dw, db } = loss(points, { w, b });
    path.push({ w, b, value, dw, db, distance: Math.hypot(w - BEST.w, b - BEST.b) });
    w -= rate * dw;
    b -= rate * db;
  }
  return path;
}

/** The factor by which the distance shrinks (or grows) in a step, measured over the later half of the path. */
export function measuredRate(path) {
  const seen = path.filter((p) => p.distance > 1e-9 && p.distance < 1e9); // outside, rounding speaks
  if (seen.length < 3) return 0; // there in one step
  const half = Math.floor((seen.length - 1) / 2);
  const last = seen.length - 1;
  return (seen[last].distance / seen[half].distance) ** (1 / (last - half));
}

/** What theory says: the limit 2/L, the factor max |1 − ηλ|, the best factor, and a word for what happens. */
export function theory(kappa, rate) {
  const [L, mu] = curvatures(kappa);
  const steep = 1 - rate * L;
  const factor = Math.max(Math.abs(steep), Math.abs(1 - rate * mu));
  let happens = "converges";
  if (steep < -1e-9) happens = "zigzags";
  if (Math.abs(steep + 1) < 1e-9) happens = "bounces";
  else if (steep < -1) happens = "diverges";
  return { L, mu, limit: 2 / L, bestRate: 2 / (L + mu), best: (kappa - 1) / (kappa + 1), steep, factor, happens };
}

const SIGNS = { converges: "▼", zigzags: "◆", bounces: "■", diverges: "▲" };

function sentence(state, t, measured) {
  const sign = word(t.happens === "diverges" ? "failed" : "value", `${SIGNS[t.happens]} ${t.happens.toUpperCase()}`);
  const jump = `1 − ηL = ${number(t.steep)}`;
  const slow = t.steep >= 0 || Math.abs(t.steep) < t.factor - 1e-9;
  const says = {
    converges: `. No step overshoots (${jump}). Along the flat valley the distance shrinks to ${number(measured)} of itself in a step.`,
    zigzags: `, and gets there. Each step jumps across the valley (${jump})${slow ? ", but it is the flat direction that is slow" : ""}: the distance shrinks to ${number(measured)} of itself in a step.`,
    bounces: `. η is exactly 2/L: each step lands on the other side, as high as before.`,
    diverges: `. η is above 2/L: each step lands ${number(-t.steep)} times as far on the other side of the valley.`,
  };
  return [sign, says[t.happens]];
}

/** The learning rate on its ruler: crawls, zigzags, diverges. */
function ruler(low, high) {
  const W = 340;
  const X = (rate) => 8 + ((Math.log10(rate) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))) * (W - 16);
  const layer = svg("g");
  const element = svg("svg", { viewBox: `0 0 ${W} 34`, "aria-hidden": "true", class: "ruler" }, layer);
  const part = (from, to, fill, text) =>
    to - from < 1
      ? null
      : [
          svg("rect", { x: from, y: 18, width: to - from, height: 8, fill: `var(${fill})`, opacity: 0.75 }),
          to - from > 40 ? svg("text", { x: (from + to) / 2, y: 13, "text-anchor": "middle" }, text) : null,
        ];
  const draw = (rate, t) => {
    const [a, b, c, d] = [X(low), X(1 / t.L), X(2 / t.L), X(high)];
    layer.replaceChildren(
      ...[part(a, b, "--xp", "no overshoot"), part(b, c, "--xv", "zigzag"), part(c, d, "--xf", "diverges")].flat().filter(Boolean),
      svg("path", { d: `M${X(rate)} 24l-6 9h12z`, fill: "var(--xink)" }),
    );
  };
  return { element, draw };
}

export function mount(element) {
  const { root, status, say } = stage(element, "Gradient descent on two parameters");
  const state = { kappa: 10, rate: 0.28, w: -1.2, b: 2.6, shown: 20 };
  let timer = null;

  const range = { w: [-2, 4], b: [-2.5, 3.5] };
  const plane = axes({
    width: 340, height: 340, title: "Loss over w and b",
    x: { range: range.w, ticks: [-2, -1, 0, 1, 2, 3, 4], label: "slope w" },
    y: { range: range.b, ticks: [-2, -1, 0, 1, 2, 3], label: "intercept b" },
  });
  const fit = axes({
    width: 320, height: 200, margin: { left: 50 }, title: "The line; dashed: least squares",
    x: { range: [-2, 5], ticks: [-2, 0, 2, 4], label: "input x" },
    y: { range: [-3, 7], ticks: [-2, 0, 2, 4, 6], label: "output" },
  });
  const curve = axes({
    width: 320, height: 190, title: "Loss above its minimum", margin: { left: 50 },
    x: { range: [0, STEPS], ticks: [0, 20, 40, 60], label: "step" },
    y: { range: [1e-10, 1e4], ticks: [1e-8, 1e-4, 1, 1e4], label: "loss", log: true },
  });
  const handle = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": "Start, slope w; up and down move intercept b", "aria-valuemin": range.w[0], "aria-valuemax": range.w[1] },
    svg("circle", { r: 22, fill: "transparent" }), svg("circle", { r: 8, class: "start" }));
  plane.element.setAttribute("role", "group");
  plane.element.setAttribute("aria-label", "The plane of the two parameters");
  plane.element.classList.add("clickable");
  const ground = svg("g");
  const trail = svg("g");
  plane.plot.append(ground, trail);
  const labels = svg("g");
  plane.over.append(labels, handle);

  const scaleX = plane.X(1) - plane.X(0);
  const ellipses = (kappa, [L, mu]) => {
    const m = data(kappa).mean;
    const turn = (-Math.atan2(L / 2 - 1 - m * m, m) * 180) / Math.PI || 0; // of the steep direction
    return [64, 16, 4, 1, 0.25, 0.0625].map((level) =>
      svg("ellipse", {
        rx: Math.sqrt((2 * level) / L) * scaleX, ry: Math.sqrt((2 * level) / mu) * scaleX, class: "level",
        transform: `translate(${plane.X(BEST.w)} ${plane.Y(BEST.b)}) rotate(${turn})`,
      }));
  };

  const numbers = readouts({
    limit: "limit of η: 2/L",
    curvature: "curvatures L, μ",
    measured: "distance a step, measured",
    factor: "predicted: max |1 − ηλ|",
    bestRate: "best η: 2/(L + μ)",
    best: "best: (κ − 1)/(κ + 1)",
  });

  function draw() {
    const points = data(state.kappa);
    const t = theory(state.kappa, state.rate);
    const path = descend(points, state, state.rate);
    const measured = measuredRate(path);
    const seen = path.slice(0, state.shown + 1);
    const now = seen[seen.length - 1];
    const at = seen.map((p) => [plane.X(p.w), plane.Y(p.b)]).filter(([px, py]) => Math.abs(px) < 1e5 && Math.abs(py) < 1e5);
    ground.replaceChildren(...ellipses(state.kappa, [t.L, t.mu]));
    trail.replaceChildren(
      svg("path", { class: "p-line", d: line(at) }),
      ...at.map(([cx, cy], i) => svg("circle", { class: "p-dot", cx, cy, r: i === at.length - 1 ? 5.5 : 3 })),
    );
    const [sx, sy] = [plane.X(state.w), plane.Y(state.b)];
    labels.replaceChildren(
      svg("path", { class: "bottom", d: `M${plane.X(BEST.w) - 6} ${plane.Y(BEST.b)}h12m-6-6v12` }),
      svg("text", { class: "halo", x: sx, y: sy > 60 ? sy - 14 : sy + 24, "text-anchor": sx > 290 ? "end" : sx < 80 ? "start" : "middle" }, "start"),
    );
    handle.setAttribute("transform", `translate(${sx} ${sy})`);
    handle.setAttribute("aria-valuenow", state.w.toFixed(1));
    handle.setAttribute("aria-valuetext", `w ${number(state.w)}, b ${number(state.b)}`);

    const [x0, x1] = [-2, 5];
    fit.plot.replaceChildren(
      svg("path", { class: "d-line dashed", d: line([x0, x1].map((x) => [fit.X(x), fit.Y(BEST.w * x + BEST.b)])) }),
      ...(Math.abs(now.w) + Math.abs(now.b) < 1e4 ? [svg("path", { class: "p-line", d: line([x0, x1].map((x) => [fit.X(x), fit.Y(now.w * x + now.b)])) })] : []),
      ...points.x.map((xi, i) => svg("circle", { class: "d-dot", cx: fit.X(xi), cy: fit.Y(points.y[i]), r: 4 })),
    );
    fit.over.replaceChildren(
      svg("path", { d: `M${fit.X(points.mean)} ${fit.Y(-3)}l-5 9h10z`, class: "d-dot", transform: "translate(0 -9)" }),
      svg("text", { class: "d-text halo tick", x: fit.X(points.mean) + 9, y: fit.Y(-3) - 5 }, `mean of x: ${number(points.mean)}`),
    );
    fit.element.setAttribute("aria-label", `After ${state.shown} steps the line is ${number(now.w)} x + ${number(now.b)}; least squares gives 1 x + 0.5.`);

    const least = loss(points, BEST).value;
    const above = (p) => Math.max(p.value - least, 1e-10);
    curve.plot.replaceChildren(
      svg("path", { class: "d-line dashed", d: line(path.map((p, i) => [curve.X(i), curve.Y(Math.min(above(p), 1e12))])) }),
      svg("path", { class: "v-line", d: line(seen.map((p, i) => [curve.X(i), curve.Y(Math.min(above(p), 1e12))])) }),
      svg("circle", { class: "v-dot", cx: curve.X(state.shown), cy: curve.Y(Math.min(above(now), 1e5)), r: 4.5 }),
    );
    curve.element.setAttribute("aria-label", `Loss above its minimum: ${number(path[0].value - least)} at the start, ${number(above(now))} after ${state.shown} steps.`);

    rate.ruler.draw(state.rate, t);
    numbers.show({
      limit: [t.limit, number(t.limit)],
      curvature: [t.L, `${number(t.L)}, ${number(t.mu)}`],
      measured: [measured, `× ${number(measured)}`],
      factor: [t.factor, `× ${number(t.factor)}`],
      bestRate: [t.bestRate, number(t.bestRate)],
      best: [t.best, `× ${number(t.best)}`],
    });
    status.classList.toggle("failed", t.happens === "diverges");
    if (timer === null) say(...sentence(state, t, measured));
  }

  const set = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const halt = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
    draw();
  };
  const steps = slider({ label: "Steps shown", steps: [0, STEPS, 1], value: state.shown, show: String, change: (shown) => set({ shown }) });
  const rate = slider({ label: "Learning rate η", steps: [...RATES, 0.005], log: true, value: state.rate, change: (r) => set({ rate: r }) });
  rate.ruler = ruler(...RATES);
  rate.element.append(rate.ruler.element);
  const kappa = slider({ label: "Condition number κ", steps: [1, 100, 0.02], log: true, value: state.kappa, change: (k) => set({ kappa: k }) });
  const play = button("▶ Play", () => {
    if (timer !== null) return halt();
    if (state.shown === STEPS || calm()) set({ shown: 0 });
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      set({ shown: state.shown + 1 });
      steps.set(state.shown);
      if (state.shown === STEPS) halt();
    }, calm() ? 500 : 110);
    return undefined;
  }, { class: "main" });
  const one = button("Step", () => {
    set({ shown: Math.min(STEPS, state.shown + 1) });
    steps.set(state.shown);
  });
  const back = button("Restart", () => {
    set({ shown: 0 });
    steps.set(0);
  });
  const best = button("Best η", () => {
    set({ rate: theory(state.kappa, state.rate).bestRate });
    rate.set(state.rate);
  });

  const clamp = (v, [low, high]) => Math.min(high, Math.max(low, v));
  const move = (w, b) => set({ w: clamp(w, range.w), b: clamp(b, range.b) });
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (!by) return;
    event.preventDefault();
    move(state.w + by[0], state.b + by[1]);
  });
  const follow = (event) => move(...plane.back(...where(plane.element, event)));
  plane.element.addEventListener("click", follow);
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow), { once: true });
  });

  root.append(
    html("div", { class: "area-main" }, plane.element),
    status,
    html("div", { class: "controls" }, rate.element, kappa.element, steps.element, html("div", { class: "buttons" }, play, one, back, best)),
    html("div", { class: "area-side" }, fit.element, curve.element),
    numbers.element,
  );
  draw();
}

start("descent", mount);
