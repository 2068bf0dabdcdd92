// A race of optimisers over two parameters: their paths, their losses, and what each of them remembers.

import { button, calm, choice, html, number, readouts, slider, stage, start, svg, word } from "./common.js";
import { axes, contour, line, where } from "./plot.js";
import { LABELS, SURFACES, arrives, race } from "./race-rules.js";

export { LABELS, RULES, SURFACES, arrives, race } from "./race-rules.js";
export const STEPS = 200;
const NAMES = Object.keys(LABELS);
const RATES = [1e-4, 5];
const GRID = 61;
const FLOOR = 1e-8; // of the picture of losses

const pair = (p) => `(${p.map((x) => number(x, 2)).join(", ")})`;
const memory = ({ t: _, ...state }) =>
  Object.entries(state).map(([k, p]) => `${k} ${pair(p)}`).join("  ") || "nothing";

/** A small sign for each optimiser, around (x, y). */
function sign(name, x, y, size) {
  const s = size;
  const shapes = {
    momentum: `M${x - s} ${y - s}h${2 * s}v${2 * s}h${-2 * s}z`,
    nesterov: `M${x} ${y - 1.2 * s}l${1.2 * s} ${2.1 * s}h${-2.4 * s}z`,
    adagrad: `M${x} ${y - 1.3 * s}l${1.3 * s} ${1.3 * s}l${-1.3 * s} ${1.3 * s}l${-1.3 * s} ${-1.3 * s}z`,
    rmsprop: `M${x} ${y + 1.2 * s}l${1.2 * s} ${-2.1 * s}h${-2.4 * s}z`,
    adam: `M${x - s} ${y - s}l${s} ${0.6 * s}l${s} ${-0.6 * s}l${-0.6 * s} ${s}l${0.6 * s} ${s}l${-s} ${-0.6 * s}l${-s} ${0.6 * s}l${0.6 * s} ${-s}z`,
  };
  return name === "gd"
    ? svg("circle", { class: `sign r-${name}`, cx: x, cy: y, r: s })
    : svg("path", { class: `sign r-${name}`, d: shapes[name] });
}

export function mount(element) {
  const { root, status, say } = stage(element, "A race of optimisers");
  const state = { surface: "ravine", shown: 40, at: "momentum", start: null, rates: null, runs: new Set(["gd", "momentum", "rmsprop", "adam"]) };
  let timer = null;
  let plane = null;
  let curve = null;
  let trail = null;
  let handle = null;

  const left = html("div", { class: "area-main" });
  const lossBox = html("div", {});
  const body = html("tbody", {});
  const table = html("table", { class: "checks runners" },
    html("caption", {}, "State after the steps shown"),
    html("thead", {}, html("tr", {}, ...["optimiser", "loss", "at w", "remembers"].map((t) => html("th", { scope: "col" }, t)))),
    body);

  /** The map and the losses of a surface, drawn anew. */
  function ground() {
    const s = SURFACES[state.surface];
    const ticks = ([low, high]) => Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, k) => Math.ceil(low) + k);
    plane = axes({ width: 340, height: 340, title: "The loss from above", x: { range: s.a, ticks: ticks(s.a), label: "w₁" }, y: { range: s.b, ticks: ticks(s.b), label: "w₂" } });
    curve = axes({
      width: 320, height: 200, title: "Loss above the least", margin: { left: 50 },
      x: { range: [0, STEPS], ticks: [0, 50, 100, 150, 200], label: "step" },
      y: { range: [FLOOR, 1e4], ticks: [1e-8, 1e-4, 1, 1e4], label: "loss", log: true },
    });
    plane.element.setAttribute("role", "group");
    plane.element.setAttribute("aria-label", `The loss over two parameters: ${s.label}`);
    plane.element.classList.add("clickable");
    const at = (range, k) => range[0] + (k / (GRID - 1)) * (range[1] - range[0]);
    const heights = Array.from({ length: GRID * GRID }, (_, k) => s.value([at(s.a, k % GRID), at(s.b, Math.floor(k / GRID))]));
    const place = (c, r) => [plane.X(at(s.a, c)), plane.Y(at(s.b, r))];
    const lines = s.levels.map((level) => svg("path", { class: "level-line", d: contour(heights.map((h) => h - level), GRID, place) }));
    const bottoms = s.bottoms.map(([a, b]) => svg("path", { class: "bottom", d: `M${plane.X(a) - 6} ${plane.Y(b)}h12m-6-6v12` }));
    trail = svg("g");
    plane.plot.append(...lines, trail);
    handle = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": "Start, w₁; up and down move w₂", "aria-valuemin": s.a[0], "aria-valuemax": s.a[1] },
      svg("circle", { r: 22, fill: "transparent" }), svg("circle", { r: 8, class: "start" }));
    plane.over.append(...bottoms, handle);
    const step = (s.a[1] - s.a[0]) / 80;
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
      if (!by) return;
      event.preventDefault();
      move([state.start[0] + by[0], state.start[1] + by[1]]);
    });
    const follow = (event) => move(plane.back(...where(plane.element, event)));
    plane.element.addEventListener("click", follow);
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      handle.addEventListener("pointermove", follow);
      handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow), { once: true });
    });
    left.replaceChildren(plane.element);
    lossBox.replaceChildren(curve.element);
  }

  const numbers = readouts({ gradient: "gradient there", step: "length of its next step", arrives: "steps to a loss of 0.001", rate: "its rate" });

  function draw() {
    const s = SURFACES[state.surface];
    const all = Object.fromEntries(NAMES.map((n) => [n, race(state.surface, n, state.start, state.rates[n], STEPS + 1)]));
    const runners = NAMES.filter((n) => state.runs.has(n));
    const now = (n) => all[n][Math.min(state.shown, all[n].length - 1)];
    const gone = (n) => all[n].length - 1 < state.shown;
    const drawn = ([px, py]) => [Math.max(-1e4, Math.min(1e4, px)), Math.max(-1e4, Math.min(1e4, py))];
    trail.replaceChildren(...runners.flatMap((n) => {
      const points = all[n].slice(0, state.shown + 1).map((p) => drawn([plane.X(p.w[0]), plane.Y(p.w[1])]));
      const every = Math.max(1, Math.round(state.shown / 8));
      const chosen = n === state.at ? " chosen" : "";
      return [svg("path", { class: `rim`, d: line(points) }), svg("path", { class: `run r-${n}${chosen}`, d: line(points) }),
        ...points.filter((_, k) => k % every === 0 && k < points.length - 1).map(([x, y]) => sign(n, x, y, 2.6)),
        sign(n, ...points[points.length - 1], 5.5)];
    }));
    const [sx, sy] = [plane.X(state.start[0]), plane.Y(state.start[1])];
    handle.setAttribute("transform", `translate(${sx} ${sy})`);
    handle.setAttribute("aria-valuenow", state.start[0].toFixed(2));
    handle.setAttribute("aria-valuetext", `w₁ ${number(state.start[0])}, w₂ ${number(state.start[1])}`);
    const above = (p) => Math.min(1e12, Math.max(p.value - s.least, FLOOR));
    curve.plot.replaceChildren(
      svg("path", { class: "now", d: `M${curve.X(state.shown)} 0V400` }),
      ...runners.flatMap((n) => {
        const points = all[n].slice(0, STEPS + 1).map((p, k) => [curve.X(k), curve.Y(above(p))]);
        const [x, y] = points[Math.min(state.shown, points.length - 1)];
        return [svg("path", { class: `run r-${n}`, d: line(points) }), sign(n, x, Math.max(y, 26), 4)];
      }));

    const order = [...runners].sort((p, q) => gone(p) - gone(q) || now(p).value - now(q).value);
    body.replaceChildren(...order.map((n) => html("tr", { "data-row": n, "data-value": String(now(n).value), "data-w": now(n).w.join(" ") },
      html("th", { scope: "row" }, svg("svg", { viewBox: "0 0 26 12", class: "key", "aria-hidden": "true" }, svg("path", { class: `run r-${n}`, d: "M0 6H26" }), sign(n, 13, 6, 3.6)), LABELS[n]),
      html("td", { class: gone(n) ? "is-failed" : "" }, gone(n) ? "✗ ran away" : number(now(n).value)),
      html("td", {}, gone(n) ? "–" : pair(now(n).w)), html("td", {}, gone(n) ? "–" : memory(now(n).state)))));
    curve.element.setAttribute("aria-label", `Loss above the least after ${state.shown} steps: ${order.map((n) => `${LABELS[n]} ${number(above(now(n)))}`).join(", ")}.`);

    const one = all[state.at];
    const here = now(state.at);
    const next = one[Math.min(state.shown, one.length - 1) + 1];
    const length = next ? Math.hypot(next.w[0] - here.w[0], next.w[1] - here.w[1]) : NaN;
    const first = arrives(state.surface, one.slice(0, STEPS + 1));
    numbers.show({
      gradient: [here.g.join(" "), gone(state.at) ? "–" : pair(here.g)],
      step: [length, Number.isNaN(length) ? "–" : number(length)],
      arrives: [first, first < 0 ? `not within ${STEPS}` : String(first)],
      rate: [state.rates[state.at], number(state.rates[state.at])],
    });
    for (const n of NAMES) toggles[n].setAttribute("aria-pressed", String(state.runs.has(n)));
    const lost = order.filter(gone);
    status.classList.toggle("failed", lost.length > 0);
    if (timer !== null) return;
    const lead = order.filter((n) => !gone(n));
    say(
      ...(lead.length ? [`After ${state.shown} steps `, word("value", LABELS[lead[0]]), ` leads, ${number(now(lead[0]).value - s.least)} above the least loss`, lead.length > 1 ? `; last is ${LABELS[lead[lead.length - 1]]}, ${number(now(lead[lead.length - 1]).value - s.least)} above it.` : "."] : [runners.length ? "" : "Nobody runs."]),
      ...(lost.length ? [" ", word("failed", "✗ Ran away: "), `${lost.map((n) => LABELS[n]).join(", ")}. The rate is too large for this valley.`] : []),
    );
  }

  const set = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const clamp = (v, [low, high]) => Math.min(high, Math.max(low, v));
  const move = ([a, b]) => set({ start: [clamp(a, SURFACES[state.surface].a), clamp(b, SURFACES[state.surface].b)] });
  const halt = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
    draw();
  };
  const onto = (surface) => {
    Object.assign(state, { surface, start: SURFACES[surface].start, rates: { ...SURFACES[surface].rates } });
    ground();
    rate.set(state.rates[state.at]);
    draw();
  };

  const surface = choice({ label: "Surface", options: Object.entries(SURFACES).map(([k, s]) => [k, s.label]), value: state.surface, change: onto });
  const at = choice({
    label: "Look at, and set the rate of", options: Object.entries(LABELS), value: state.at,
    change: (n) => {
      state.runs.add(n);
      set({ at: n });
      rate.set(state.rates[n]);
    },
  });
  const rate = slider({ label: "Its learning rate η", steps: [...RATES, 0.02], log: true, value: 0.01, change: (r) => set({ rates: { ...state.rates, [state.at]: r } }) });
  const steps = slider({ label: "Steps shown", steps: [0, STEPS, 1], value: state.shown, show: String, change: (shown) => set({ shown }) });
  const toggles = Object.fromEntries(NAMES.map((n) => [n, button(LABELS[n], () => {
    if (!state.runs.delete(n)) state.runs.add(n);
    draw();
  }, { class: "toggle" })]));
  const play = button("▶ Play", () => {
    if (timer !== null) return halt();
    if (state.shown === STEPS || calm()) set({ shown: 0 });
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      set({ shown: Math.min(STEPS, state.shown + (calm() ? 20 : 1)) });
      steps.set(state.shown);
      if (state.shown === STEPS) halt();
    }, calm() ? 1000 : 90);
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
  const same = button("This rate for all", () => set({ rates: Object.fromEntries(NAMES.map((n) => [n, state.rates[state.at]])) }));
  const good = button("Good rates", () => {
    set({ rates: { ...SURFACES[state.surface].rates } });
    rate.set(state.rates[state.at]);
  });

  root.append(
    left,
    status,
    html("div", { class: "controls" },
      surface.element, at.element, rate.element, steps.element,
      html("div", { class: "buttons", role: "group", "aria-label": "Who runs" }, ...Object.values(toggles)),
      html("div", { class: "buttons" }, play, one, back, same, good)),
    html("div", { class: "area-side" }, lossBox, numbers.element),
    html("div", { class: "runner-box" }, table),
  );
  onto(state.surface);
}

start("race", mount);
