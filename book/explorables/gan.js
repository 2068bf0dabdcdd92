// A generator and a discriminator play on the ring of eight: samples, arrows −dx, the verdict, what is found.

import { button, calm, choice, html, number, random, readouts, slider, stage, start, svg, word } from "./common.js";
import { CENTRES, STD, begin, census, forger, forward, noise, normals, round } from "./gan-game.js";
import { axes, contour, line } from "./plot.js";

export * from "./gan-game.js";

const EDGE = 3;
const GRID = 40; // points of the field in each direction
const SHOWN = 500; // samples drawn and counted
const ARROWS = 60; // of them with an arrow
const EVERY = 10; // rounds between two points of the curves
const LAST = 4000;
const AT = Array.from({ length: GRID }, (_, i) => -EDGE + (2 * EDGE * (i + 0.5)) / GRID);
const PLANE = Float64Array.from([...AT].reverse().flatMap((q) => AT.flatMap((p) => [p, q]))); // rows from the top
const PRESETS = {
  "D slower": { rateG: 0.001, rateD: 0.0002, beta: 0.9 },
  "Equal": { rateG: 0.001, rateD: 0.001, beta: 0.9 },
  "D faster": { rateG: 0.001, rateD: 0.004, beta: 0.9 },
  "Equal, β₁ = 0.5": { rateG: 0.001, rateD: 0.001, beta: 0.5 },
};

/** The arrows −dx of the first samples, each sample's own, without the 1/N of the mean: [x, y, u, v]. */
export const arrows = ({ x, dx }, count) => Array.from({ length: count }, (_, i) =>
  [x[2 * i], x[2 * i + 1], (-dx[2 * i] * x.length) / 2, (-dx[2 * i + 1] * x.length) / 2]);

/** How many of eight equal sectors around the middle hold at least 2 % of the points (n, 2). */
export function sectors(x) {
  const counts = new Array(8).fill(0);
  for (let i = 0; i < x.length; i += 2) counts[Math.round((Math.atan2(x[i + 1], x[i]) * 4) / Math.PI + 8) % 8] += 1;
  return counts.filter((c) => c >= 0.01 * x.length).length;
}

/** A length of 1, 2 or 5 times a power of ten, such that arrows of length `long` can be drawn against it. */
function ruler(long) {
  const power = 10 ** Math.floor(Math.log10(long));
  return [5, 2, 1].find((k) => k * power <= long) * power;
}

export function mount(element) {
  const { root, status, say } = stage(element, "A generator and a discriminator");
  const state = { ...PRESETS["Equal, β₁ = 0.5"], loss: "non-saturating", seed: 0, playing: false, seen: true, until: LAST };
  let game, history, sums, dots;

  const map = axes({
    width: 340, height: 340, title: "Samples, arrows −dx; grey: D says real", margin: { left: 40, right: 6, bottom: 36 },
    x: { range: [-EDGE, EDGE], ticks: [-2, 0, 2], label: "x₁" }, y: { range: [-EDGE, EDGE], ticks: [-2, 0, 2], label: "x₂" },
  });
  map.element.querySelector(".paper").remove(); // the canvas lies below
  const field = html("canvas", { class: "ground", width: GRID, height: GRID, "aria-hidden": "true" });
  const surface = html("div", { class: "surface" }, field, map.element);
  const [losses, modes] = [html("div", {}), html("div", {})];
  const numbers = readouts({ t: "round", found: "clusters found", share: "samples near a cluster", arrow: "arrow, mean length", lossD: "loss of D", lossG: "loss of G" });

  function restart() {
    game = begin(state.seed);
    const normal = normals(random(1000 + state.seed));
    dots = noise(normal, SHOWN); // the same in every round, so that a sample can be followed
    [history, sums] = [[], [0, 0]];
    draw();
    tell();
  }

  function advance() {
    game = round(game, state);
    sums = [sums[0] + game.lossD / EVERY, sums[1] + game.lossG / EVERY];
    if (game.t % EVERY) return;
    history.push([game.t, ...sums, census(forward(game.G, dots).out).found.filter(Boolean).length]);
    sums = [0, 0];
  }

  function look() {
    const made = forger(game, dots, state.loss);
    const { found, share } = census(made.x);
    const all = arrows(made, SHOWN);
    const lengths = all.map(([, , u, v]) => Math.hypot(u, v));
    return { x: made.x, found, share, all, lengths, mean: lengths.reduce((a, b) => a + b, 0) / SHOWN, many: found.filter(Boolean).length };
  }

  function draw() {
    const now = look();
    const s = forward(game.D, PLANE).out;
    paintField(s);
    drawMap(now, s);
    drawCharts(now);
    numbers.show({
      t: [game.t, String(game.t)], found: [now.many, `${now.many} of 8`], share: [now.share, `${Math.round(100 * now.share)} %`],
      arrow: [now.mean, number(now.mean)], lossD: [game.lossD, game.t ? number(game.lossD) : "–"], lossG: [game.lossG, game.t ? number(game.lossG) : "–"],
    });
  }

  function paintField(s) {
    const probe = root.appendChild(html("i", { style: "color:var(--xd)", hidden: true }));
    const rgb = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    const image = field.getContext("2d").createImageData(GRID, GRID);
    s.forEach((v, i) => image.data.set([...rgb, 150 / (1 + Math.exp(-v))], 4 * i));
    field.getContext("2d").putImageData(image, 0, 0);
  }

  function drawMap({ x, found, all, lengths, many, mean }, s) {
    const { X, Y } = map;
    const unit = X(1) - X(0);
    const some = lengths.slice(0, ARROWS).sort((a, b) => a - b);
    const key = ruler(Math.max(1e-12, some[Math.floor(0.9 * ARROWS)]));
    const scale = (0.5 * unit) / key; // picture units for a length of 1
    const arrow = (px, py, u, v) => {
      const long = Math.hypot(u, v) * scale;
      if (!(long > 0.5)) return "";
      const cut = Math.min(long, 2 * unit) / Math.hypot(u, v);
      const [dx, dy] = [u * cut, -v * cut];
      const [hx, hy] = [dx, dy].map((d) => (d / Math.hypot(dx, dy)) * Math.min(5, long));
      const [ex, ey] = [px + dx, py + dy];
      return `${line([[px, py], [ex, ey]])}${line([[ex - hx - 0.5 * hy, ey - hy + 0.5 * hx], [ex, ey], [ex - hx + 0.5 * hy, ey - hy - 0.5 * hx]])}`;
    };
    const edge = (c, r) => [X(-EDGE + (2 * EDGE * (c + 0.5)) / GRID), Y(EDGE - (2 * EDGE * (r + 0.5)) / GRID)];
    const inside = (p) => Math.max(-20, Math.min(20, p)); // far samples need not be drawn far away
    const specks = Array.from({ length: SHOWN }, (_, i) => `M${(X(inside(x[2 * i])) - 1.2).toFixed(1)} ${(Y(inside(x[2 * i + 1])) - 1.2).toFixed(1)}h2.4v2.4h-2.4z`);
    map.plot.replaceChildren(
      svg("path", { class: "undecided", d: contour([...s], GRID, edge) }),
      ...CENTRES.map(([a, b], k) => svg("circle", { class: `mode${found[k] ? " found" : ""}`, cx: X(a), cy: Y(b), r: 3 * STD * unit })),
      svg("path", { class: "v-dot", d: specks.join("") }),
      svg("path", { class: "arrow", d: all.slice(0, ARROWS).map(([p, q, u, v]) => arrow(X(inside(p)), Y(inside(q)), u, v)).join("") }),
      ...CENTRES.map(([a, b]) => svg("path", { class: "bottom", d: `M${X(a) - 5} ${Y(b)}h10m-5-5v10` })),
    );
    map.over.replaceChildren(
      svg("path", { class: "arrow", d: arrow(X(-2.9), Y(-2.8), key, 0) }),
      svg("text", { class: "g-text halo tick", x: X(-2.3), y: Y(-2.8) + 4 }, `length ${number(key, 1)}`),
    );
    map.element.setAttribute("aria-label", `Samples of the generator on the ring: ${many} of 8 clusters found after ${game.t} rounds, arrows of mean length ${number(mean)}.`);
  }

  function drawCharts({ many }) {
    let end = 250;
    while (end < game.t) end *= 2;
    const x = { range: [0, end], ticks: [0, end / 2, end] };
    const low = state.loss === "minimax" ? -1 : 0;
    const ln = Math.LN2;
    const plot = axes({
      width: 320, height: 168, title: "Both losses", margin: { left: 50 }, x,
      y: { range: [low, 3], ticks: [low, ln, 2 * ln, 3], names: { [ln]: "log 2", [2 * ln]: "log 4" } },
    });
    const series = (column, of) => line(history.map((row) => [of.X(row[0]), of.Y(Math.max(-1, Math.min(8, row[column])))]));
    plot.plot.append(svg("path", { class: "d-line", d: series(1, plot) }), svg("path", { class: "v-line", d: series(2, plot) }));
    plot.over.append(...[["d-line", "d-text", "D", 250], ["v-line", "v-text", "G", 280]].flatMap(([kind, words, name, at]) => [
      svg("path", { class: kind, d: `M${at} 18h12` }), svg("text", { class: `${words} tick`, x: at + 15, y: 22 }, name)]));
    plot.element.setAttribute("aria-label", game.t ? `Loss of D ${number(game.lossD)}, of G ${number(game.lossG)}.` : "No losses yet.");
    const count = axes({
      width: 320, height: 150, title: "Clusters found", margin: { left: 50 }, x: { ...x, label: "round" },
      y: { range: [0, 8.4], ticks: [0, 2, 4, 6, 8] },
    });
    count.plot.append(svg("path", { class: "v-line", d: series(3, count) }));
    count.element.setAttribute("aria-label", `${many} clusters found in round ${game.t}.`);
    losses.replaceChildren(plot.element);
    modes.replaceChildren(count.element);
  }

  function tell() {
    const { many, share, mean, x } = look();
    const clump = game.t >= 300 && many <= 2 && sectors(x) <= 4;
    status.classList.toggle("failed", clump);
    say(
      `Round ${game.t}: `, word("value", `${many} of 8`), ` clusters found, ${Math.round(100 * share)} % of the samples near one. `,
      ...(game.t ? [`D was right on ${Math.round(100 * game.right)} % of the last round’s points. `] : []),
      "The arrows are ", word("gradient", number(mean)), " long on average. ",
      ...(clump ? [word("failed", "■ ONE CLUMP"), ": the samples crowd together, and most of the ring is empty."]
        : many === 8 ? [word("parameter", "✓ ALL EIGHT"), "."] : game.t ? [] : ["Press Play."]),
    );
  }

  // Rounds are computed in slices, so that the page answers while they run; for those who asked for less motion
  // the picture changes once a second.
  let frame = null;
  let drawn = 0;
  const going = () => state.playing && state.seen && !document.hidden;
  function run() {
    frame = null;
    if (!going()) return tick();
    const from = performance.now();
    while (game.t < state.until && performance.now() - from < 20) advance();
    if (game.t >= state.until) return play(false);
    if (!calm() || from - drawn > 1000) {
      draw();
      drawn = from;
    }
    return tick();
  }
  function tick() {
    root.dataset.running = String(going());
    if (going() && frame === null) frame = calm() ? setTimeout(run, 0) : requestAnimationFrame(run);
  }
  function play(on, until = LAST) {
    Object.assign(state, { playing: on && game.t < until, until });
    drawn = performance.now();
    playing.textContent = state.playing ? "❚❚ Pause" : "▶ Play";
    if (!on) {
      draw();
      tell();
    }
    tick();
  }

  const playing = button("▶ Play", () => play(!state.playing), { class: "main" });
  const one = button("Step", () => {
    if (game.t < LAST) advance();
    play(false);
  });
  const many = button("Run 500 rounds", () => play(true, Math.min(LAST, game.t + 500)));
  const again = button("Restart", () => {
    play(false);
    restart();
  });
  const rate = (name, key) => slider({
    label: `Learning rate of ${name}`, steps: [1e-4, 1e-2, 0.01], log: true, value: state[key], show: (r) => String(Number(r.toPrecision(2))), change: (r) => { state[key] = r; },
  });
  const [rateG, rateD] = [rate("G", "rateG"), rate("D", "rateD")];
  const beta = choice({ label: "Adam’s β₁, both", options: [["0.5", "0.5"], ["0.9", "0.9"]], value: String(state.beta), change: (b) => { state.beta = Number(b); } });
  const kind = choice({
    label: "Loss of G", options: [["non-saturating", "non-saturating"], ["minimax", "minimax"]], value: state.loss,
    change: (loss) => {
      state.loss = loss;
      draw();
      if (!state.playing) tell();
    },
  });
  const seed = slider({
    label: "Seed", steps: [0, 9, 1], value: state.seed, show: String,
    change: (s) => {
      state.seed = s;
      play(false);
      restart();
    },
  });
  const preset = (how) => () => {
    Object.assign(state, how);
    rateG.set(how.rateG);
    rateD.set(how.rateD);
    beta.set(String(how.beta));
    play(false);
    restart();
  };

  root.append(
    html("div", { class: "area-main" }, surface),
    html("div", { class: "buttons" }, playing, one, many, again),
    status,
    html("div", { class: "controls" }, rateG.element, rateD.element, beta.element, kind.element, seed.element,
      html("div", { class: "buttons", role: "group", "aria-label": "The four games of the table" }, ...Object.entries(PRESETS).map(([name, how]) => button(name, preset(how))))),
    html("div", { class: "area-side" }, losses, modes),
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

start("gan", mount);
