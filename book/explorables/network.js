// A small network learns in the page: 2 inputs, h tanh units, 1 output; binary cross-entropy, the whole batch a step.

import { button, calm, choice, html, number, random, readouts, slider, stage, start, svg, word } from "./common.js";
import { axes, contour, line } from "./plot.js";
import { POINTS } from "./network-data.js";

/** A data set as x (N, 2) and y (N,). Inputs are scaled by 3, so that a unit's bend fits between the points. */
export function data(name) {
  return { x: POINTS[name].map(([a, b]) => [3 * a, 3 * b]), y: POINTS[name].map((p) => p[2]) };
}

/** First parameters: W1 (2, h) normal, W2 (h, 1) normal with variance 1/h, biases 0. The same for the same seed. */
export function init(seed, h) {
  const draw = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const W1 = [0, 1].map(() => Array.from({ length: h }, normal));
  const W2 = Array.from({ length: h }, () => [normal() / Math.sqrt(h)]);
  return { W1, b1: new Array(h).fill(0), W2, b2: [0] };
}

/** Hidden values a (N, h) and logits z (N,). */
export function forward({ W1, b1, W2, b2 }, x) {
  const a = x.map(([p, q]) => b1.map((b, j) => Math.tanh(p * W1[0][j] + q * W1[1][j] + b)));
  return { a, z: a.map((row) => row.reduce((sum, v, j) => sum + v * W2[j][0], b2[0])) };
}

/** The loss, how many points are right, and the gradient of every parameter. */
export function backward(params, { x, y }) {
  const { W2 } = params;
  const { a, z } = forward(params, x);
  const N = y.length;
  const loss = z.reduce((sum, zi, i) => sum + Math.max(zi, 0) - zi * y[i] + Math.log1p(Math.exp(-Math.abs(zi))), 0) / N;
  const right = z.filter((zi, i) => zi > 0 === (y[i] === 1)).length;
  const dz = z.map((zi, i) => (1 / (1 + Math.exp(-zi)) - y[i]) / N); // σ(z) − y, averaged
  const sum = (f) => dz.reduce((total, d, i) => total + f(d, i), 0);
  const back = (d, i, j) => d * W2[j][0] * (1 - a[i][j] ** 2); // through W2, then through tanh
  const units = W2.map((_, j) => j);
  return {
    loss,
    right,
    dW1: [0, 1].map((k) => units.map((j) => sum((d, i) => back(d, i, j) * x[i][k]))),
    db1: units.map((j) => sum((d, i) => back(d, i, j))),
    dW2: units.map((j) => [sum((d, i) => d * a[i][j])]),
    db2: [sum((d) => d)],
  };
}

/** Parameters after one step of gradient descent. */
export function step({ W1, b1, W2, b2 }, { dW1, db1, dW2, db2 }, rate) {
  const less = (row, d) => row.map((v, j) => v - rate * d[j]);
  return { W1: W1.map((r, k) => less(r, dW1[k])), b1: less(b1, db1), W2: W2.map((r, j) => less(r, dW2[j])), b2: less(b2, db2) };
}

/** The length of each layer's gradient, weights and bias together: [layer 1, layer 2]. */
export const norms = ({ dW1, db1, dW2, db2 }) => [Math.hypot(...dW1.flat(), ...db1), Math.hypot(...dW2.flat(), ...db2)];

const GRID = 60; // points of the picture in each direction
const EDGE = 3.6;
const LAST = 5000;
const AT = Array.from({ length: GRID }, (_, i) => -EDGE + (2 * EDGE * (i + 0.5)) / GRID);
const PLANE = [...AT].reverse().flatMap((q) => AT.map((p) => [p, q])); // rows from the top

/** Paint numbers in −1 … 1 on a canvas: below 0 in one colour, above in the other, 0 see-through. */
function paint(canvas, values, colours) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(GRID, GRID);
  values.forEach((v, i) => {
    image.data.set(colours[v > 0 ? 1 : 0], 4 * i);
    image.data[4 * i + 3] = 150 * Math.min(1, Math.abs(v));
  });
  context.putImageData(image, 0, 0);
}

function colour(root, name) {
  const probe = root.appendChild(html("i", { style: `color:var(${name})`, hidden: true }));
  const rgb = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  probe.remove();
  return rgb;
}

const newCanvas = (kind) => html("canvas", { class: kind, width: GRID, height: GRID, "aria-hidden": "true" });

export function mount(element) {
  const { root, status, say } = stage(element, "A small network learns");
  const state = { set: "spirals", h: 8, rate: 1, seed: 1, t: 0, playing: false, seen: true };
  let points, params, now, history;

  const map = axes({
    width: 340, height: 340, title: "The network’s answer; dotted: its units", margin: { left: 40, right: 6, bottom: 36 },
    x: { range: [-EDGE, EDGE], ticks: [-3, -2, -1, 0, 1, 2, 3], label: "x₁" },
    y: { range: [-EDGE, EDGE], ticks: [-3, -2, -1, 0, 1, 2, 3], label: "x₂" },
  });
  map.element.querySelector(".paper").remove(); // the canvas lies below
  const ground = newCanvas("ground");
  const surface = html("div", { class: "surface" }, ground, map.element);
  const wires = svg("svg", { viewBox: "0 0 320 250", role: "img" });
  const diagram = html("div", { class: "diagram" }, wires);
  const chart = html("div", {});
  const numbers = readouts({ t: "step", loss: "loss", right: "points right", ratio: "‖∇‖, layers 1 : 2" });
  let thumbs = [];

  function restart() {
    points = data(state.set);
    params = init(state.seed, state.h);
    now = backward(params, points);
    history = { every: 1, rows: [] };
    state.t = 0;
    thumbs.forEach((c) => c.remove());
    thumbs = Array.from({ length: state.h }, () => newCanvas("thumb"));
    diagram.append(...thumbs);
    record();
    draw();
    tell();
  }

  function record() {
    if (state.t % history.every) return;
    history.rows.push([state.t, now.loss, ...norms(now)]);
    if (history.rows.length > 400) {
      history.every *= 2;
      history.rows = history.rows.filter(([t]) => t % history.every === 0);
    }
  }

  function advance(count) {
    for (let i = 0; i < count && state.t < LAST; i += 1) {
      params = step(params, now, state.rate);
      now = backward(params, points);
      state.t += 1;
      record();
    }
    if (state.t === LAST) play(false);
    draw();
  }

  function draw() {
    const colours = [colour(root, "--xv"), colour(root, "--xg")];
    const { a, z } = forward(params, PLANE);
    paint(ground, z.map((v) => Math.tanh(v / 2)), colours); // 2σ(z) − 1
    thumbs.forEach((c, j) => paint(c, a.map((row) => row[j]), colours));
    const { X, Y } = map;
    map.plot.replaceChildren(
      ...params.b1.map((b, j) => unitLine(params.W1[0][j], params.W1[1][j], b, X, Y)),
      svg("path", { class: "boundary", d: contour(z, GRID, (c, r) => [X(-EDGE + (2 * EDGE * (c + 0.5)) / GRID), Y(EDGE - (2 * EDGE * (r + 0.5)) / GRID)]) }),
      ...points.x.map(([p, q], i) => points.y[i]
        ? svg("rect", { class: "one", x: X(p) - 3.6, y: Y(q) - 3.6, width: 7.2, height: 7.2 })
        : svg("circle", { class: "zero-class", cx: X(p), cy: Y(q), r: 4 })),
    );
    map.element.setAttribute("aria-label", `${now.right} of ${points.y.length} points on the right side after ${state.t} steps.`);
    drawWires();
    drawChart();
    const [one, two] = norms(now);
    numbers.show({
      t: [state.t, String(state.t)], loss: [now.loss, number(now.loss)],
      right: [now.right, `${now.right} of ${points.y.length}`], ratio: [one / two, `${number(one)} : ${number(two)}`],
    });
  }

  function drawWires() {
    const h = state.h;
    const size = Math.min(44, 232 / h - 4);
    const y = (j) => 18 + (j + 0.5) * (232 / h);
    const wire = (x1, y1, x2, y2, w) => svg("path", { class: `wire ${w < 0 ? "negative" : ""}`, d: `M${x1} ${y1}L${x2} ${y2}`, "stroke-width": Math.min(6, 0.4 + 1.2 * Math.abs(w)).toFixed(2) });
    const dot = (cx, cy, text) => [svg("circle", { class: "unit", cx, cy, r: 15 }), svg("text", { x: cx, y: cy + 4.5, "text-anchor": "middle" }, text)];
    wires.replaceChildren(
      ...params.b1.flatMap((_, j) => [
        wire(40, 84, 150 - size / 2, y(j), params.W1[0][j]), wire(40, 184, 150 - size / 2, y(j), params.W1[1][j]),
        wire(150 + size / 2, y(j), 276, 134, params.W2[j][0]),
      ]),
      ...dot(26, 84, "x₁"), ...dot(26, 184, "x₂"), ...dot(290, 134, "p"),
      ...params.b1.map((_, j) => svg("rect", { class: "unit", x: 150 - size / 2, y: y(j) - size / 2, width: size, height: size })),
      svg("text", { class: "title", x: 4, y: 12 }, "The weights; dashed: negative"),
    );
    thumbs.forEach((c, j) => {
      c.style.cssText = `left:${(150 - size / 2) / 3.2}%;top:${(y(j) - size / 2) / 2.5}%;width:${size / 3.2}%;height:${size / 2.5}%`;
    });
    const weights = params.W2.map(([w], j) => `unit ${j + 1}: ${number(w)}`).join(", ");
    wires.setAttribute("aria-label", `Network with ${h} hidden units. Weights to the output: ${weights}.`);
  }

  function drawChart() {
    let end = 50;
    while (end < state.t) end *= 2;
    const plot = axes({
      width: 320, height: 190, title: "Loss and gradient norms", margin: { left: 50 },
      x: { range: [0, end], ticks: [0, end / 2, end], label: "step" },
      y: { range: [1e-5, 10], ticks: [1e-4, 1e-2, 1], log: true },
    });
    const series = (column) => line(history.rows.map((r) => [plot.X(r[0]), plot.Y(Math.max(1e-5, r[column]))]));
    plot.plot.append(
      svg("path", { class: "v-line", d: series(1) }), svg("path", { class: "g-line", d: series(2) }),
      svg("path", { class: "g-line dashed", d: series(3) }),
    );
    const key = [["v-line", "v-text", "loss", 58], ["g-line", "g-text", "‖∇‖ layer 1", 118], ["g-line dashed", "g-text", "‖∇‖ layer 2", 216]];
    plot.over.append(...key.flatMap(([kind, textKind, words, x]) => [
      svg("path", { class: kind, d: `M${x} 136h20` }), svg("text", { class: `${textKind} halo tick`, x: x + 24, y: 140 }, words),
    ]));
    plot.element.setAttribute("aria-label", `Gradient norms: layer 1 ${number(norms(now)[0])}, layer 2 ${number(norms(now)[1])}.`);
    chart.replaceChildren(plot.element);
  }

  function tell() {
    const [one, two] = norms(now);
    const all = points.y.length;
    const stuck = now.right < all && Math.hypot(one, two) < 4e-3 && state.t > 100;
    status.classList.toggle("failed", stuck);
    say(
      `Step ${state.t}: loss `, word("value", number(now.loss)), `, ${now.right} of ${all} points on the right side. `,
      "The gradient of layer 1 has length ", word("gradient", number(one)), ", that of layer 2 ", word("gradient", number(two)), ". ",
      ...(stuck ? [word("failed", "■ STUCK"), ": hardly any gradient is left, and points are still wrong. Try another seed, or more units."]
        : now.right === all ? ["Every point is right; what is left to learn is to be surer."]
          : state.t === 0 ? ["Press Play."] : []),
    );
  }

  let frame = null;
  function run() {
    frame = null;
    if (!state.playing || !state.seen || document.hidden) return tick();
    advance(calm() ? 60 : 4);
    return tick();
  }
  function tick() {
    const running = state.playing && state.seen && !document.hidden;
    root.dataset.running = String(running);
    if (running && frame === null) frame = calm() ? setTimeout(run, 1000) : requestAnimationFrame(run);
  }
  function play(on) {
    state.playing = on;
    playing.textContent = on ? "❚❚ Pause" : "▶ Play";
    tick();
    if (!on) tell();
  }

  const playing = button("▶ Play", () => play(!state.playing), { class: "main" });
  const one = button("Step", () => {
    play(false);
    advance(1);
    tell();
  });
  const many = button("Run 1000 steps", () => {
    play(false);
    advance(1000);
    tell();
  });
  const again = button("Restart", () => {
    play(false);
    restart();
  });
  const anew = (changes) => {
    Object.assign(state, changes);
    restart();
  };
  const sets = [["spirals", "two spirals"], ["xor", "exclusive or"], ["moons", "two moons"]];
  const which = choice({ label: "Data", options: sets, value: state.set, change: (set) => anew({ set }) });
  const units = slider({ label: "Hidden units", steps: [1, 8, 1], value: state.h, show: String, change: (h) => anew({ h }) });
  const rate = slider({ label: "Learning rate", steps: [0.01, 5, 0.01], log: true, value: state.rate, change: (r) => { state.rate = r; } });
  const seed = slider({ label: "Seed of the first weights", steps: [0, 9, 1], value: state.seed, show: String, change: (s) => anew({ seed: s }) });

  root.append(
    html("div", { class: "area-main" }, surface),
    html("div", { class: "buttons" }, playing, one, many, again),
    status,
    html("div", { class: "controls" }, which.element, rate.element, units.element, seed.element),
    html("div", { class: "area-side" }, diagram, chart),
    numbers.element,
  );
  restart();
  new IntersectionObserver(([entry]) => {
    state.seen = entry.isIntersecting;
    tick();
  }).observe(surface);
  document.addEventListener("visibilitychange", tick);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** The line where a unit's input is 0: there its tanh bends. */
function unitLine(w1, w2, b, X, Y) {
  const far = 20;
  const size = w1 * w1 + w2 * w2 || 1;
  const [p, q] = [(-b * w1) / size, (-b * w2) / size];
  const [u, v] = [(-w2 / Math.sqrt(size)) * far, (w1 / Math.sqrt(size)) * far];
  return svg("path", { class: "unit-line", d: line([[X(p - u), Y(q - v)], [X(p + u), Y(q + v)]]) });
}

start("network", mount);
