// Attention among six tokens: scores, mask, weights, output, and what a gradient at the output sends back.

import { button, choice, fixed, html, number, random, readouts, slider, stage, start, svg, word } from "./common.js";
import { axes, line, where } from "./plot.js";

export const TOKENS = ["she", "drank", "hot", "tea", "pad", "pad"];
export const WORDS = 4; // the others are padding
const T = TOKENS.length;
const Q = [[1, -0.5], [0.5, -1.6], [-0.6, -1.4], [1.4, -0.9], [0.2, 0.4], [0.4, -0.2]];
const K = [[1.5, 1.7], [-1, 2], [2.1, -0.9], [0.2, -2.1], [-2.4, 0.4], [-2, -1.3]];
export const V = [[1.6, 1.3], [-1.1, 1.9], [2, -1.2], [-0.3, -2], [-2.3, 0.3], [-1.8, -1.5]];

/** Where the reader begins: the first two numbers of all queries and keys, (T, 2) each. */
export const first = () => ({ q: Q.map((r) => [...r]), k: K.map((r) => [...r]) });

/** Queries and keys (T, d): the reader's two numbers, then standard normal ones, always the same. */
export function vectors({ q, k }, d) {
  const draw = random(31);
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const longer = (rows) => rows.map((row) => [...row, ...Array.from({ length: 30 }, normal)].slice(0, d));
  return { q: longer(q), k: longer(k) };
}

/** Which query i may look at which key j, (T, T). */
export const allowed = (mask) => TOKENS.map((_, i) => TOKENS.map((__, j) =>
  (j <= i || !["causal", "both"].includes(mask)) && (j < WORDS || !["padding", "both"].includes(mask))));

const dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
const times = (a, b) => a.map((row) => b[0].map((_, c) => row.reduce((sum, v, k) => sum + v * b[k][c], 0)));
const turned = (a) => a[0].map((_, c) => a.map((row) => row[c]));
const each = (f, ...grids) => grids[0].map((row, i) => row.map((_, j) => f(...grids.map((g) => g[i][j]))));
const factor = (q, how) => (how.scale ? 1 / Math.sqrt(q[0].length) : 1);

/** Scores s, what softmax makes of them p, the weights used w, all (T, T), and the outputs o (T, 2).
 *  how: {mask, after: the mistake of masking after softmax, scale: divide by √d}. */
export function forward(q, k, v, how) {
  const may = allowed(how.mask);
  const s = times(q, turned(k)).map((row) => row.map((x) => x * factor(q, how)));
  const p = s.map((row, i) => {
    const open = row.map((x, j) => (how.after || may[i][j] ? x : -Infinity));
    const top = Math.max(...open);
    const e = open.map((x) => Math.exp(x - top));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((x) => x / sum);
  });
  const w = how.after ? each((x, ok) => (ok ? x : 0), p, may) : p;
  return { may, s, p, w, o: times(w, v) };
}

/** From d at the outputs (T, 2): dp and ds (T, T), dq, dk, dv. */
export function backward({ may, p, w }, q, k, v, how, d) {
  const back = times(d, turned(v));
  const dp = how.after ? each((x, ok) => (ok ? x : 0), back, may) : back; // the mask passes what it passed
  const ds = dp.map((row, i) => row.map((x, j) => p[i][j] * (x - dot(p[i], row))));
  const scaled = (rows) => rows.map((row) => row.map((x) => x * factor(q, how)));
  return { dp, ds, dq: scaled(times(ds, k)), dk: scaled(times(turned(ds), q)), dv: times(turned(w), d) };
}

const CELL = 46;
const LEFT = 58;
const TOP = 46;
const EDGE = 3.2;
const name = (i) => (i < WORDS ? `“${TOKENS[i]}”` : `padding ${i - WORDS + 1}`);
const pair = ([a, b], digits = 2) => `(${fixed(a, digits)}, ${fixed(b, digits)})`;
const sum = (list) => list.reduce((a, b) => a + b, 0);

export function mount(element) {
  const { root, status, say } = stage(element, "Attention among six tokens");
  const state = { ...first(), d: 2, at: [3, 2], show: "w", move: "q", angle: 0, all: false, how: { mask: "causal", after: false, scale: true } };

  const map = svg("svg", { viewBox: `0 0 ${LEFT + T * CELL + 4} ${TOP + T * CELL + 4}`, role: "group", "aria-label": "Map of queries and keys" });
  const heading = svg("text", { class: "title", x: 2, y: 14 });
  const cells = TOKENS.map((_, i) => TOKENS.map((__, j) => {
    const at = { x: LEFT + j * CELL + 1.5, y: TOP + i * CELL + 1.5, width: CELL - 3, height: CELL - 3, rx: 3 };
    const [shade, frame] = [svg("rect", { class: "shade", ...at }), svg("rect", { class: "rim-box", ...at })];
    const text = svg("text", { class: "cell-number", x: at.x + at.width / 2, y: at.y + at.height / 2 + 4.5, "text-anchor": "middle" });
    const node = svg("g", { class: "pick", role: "gridcell", "data-cell": `${i}-${j}` }, shade, frame, text);
    node.addEventListener("focus", () => set({ at: [i, j] }));
    node.addEventListener("click", () => node.focus({ preventScroll: true }));
    return { node, shade, text };
  }));
  const grid = svg("g", { role: "grid", "aria-label": "Rows are queries, columns are keys" }, cells.map((row) => svg("g", { role: "row" }, row.map((c) => c.node))));
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -T], End: [0, T] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [r, c] = state.at.map((v, k) => Math.min(T - 1, Math.max(0, v + step[k])));
    cells[r][c].node.focus();
  });
  const rowNames = TOKENS.map((t, i) => svg("text", { x: LEFT - 6, y: TOP + (i + 0.5) * CELL + 4, "text-anchor": "end" }, t));
  const columnNames = TOKENS.map((t, j) => svg("text", { x: LEFT + (j + 0.5) * CELL, y: TOP - 6, "text-anchor": "middle" }, t));
  const band = svg("rect", { class: "band", x: 1, width: LEFT + T * CELL + 2, height: CELL });
  map.append(heading, ...rowNames, ...columnNames, grid, band);

  const plane = (title) => axes({
    width: 170, height: 178, title, margin: { left: 22, right: 4, top: 22, bottom: 20 },
    x: { range: [-EDGE, EDGE], ticks: [-2, 0, 2] }, y: { range: [-EDGE, EDGE], ticks: [-2, 0, 2] },
  });
  const [match, mix] = [plane("Query, keys"), plane("Values, output")];
  for (const { element: half } of [match, mix]) half.setAttribute("style", "flex: 1 1 0; min-width: 0");
  match.element.setAttribute("role", "group");
  match.element.setAttribute("aria-label", "Query and keys: their first two numbers");
  const handle = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-valuemin": -EDGE, "aria-valuemax": EDGE },
    svg("circle", { r: 18, fill: "transparent" }), svg("circle", { r: 6.5, class: "start" }));
  match.over.append(handle);
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (!by) return;
    event.preventDefault();
    move(moved().map((v, c) => v + by[c]));
  });
  const follow = (event) => move(match.back(...where(match.element, event)));
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow), { once: true });
  });
  const moved = () => (state.move === "q" ? state.q[state.at[0]] : state.k[state.at[1]]);
  function move(to) {
    const kept = to.map((v) => Math.round(100 * Math.max(-3, Math.min(3, v))) / 100);
    const i = state.at[state.move === "q" ? 0 : 1];
    set({ [state.move]: state[state.move].map((row, r) => (r === i ? kept : row)) });
  }

  const caption = html("caption", {});
  const body = html("tbody", {});
  const table = html("table", { class: "checks row-table" }, caption,
    html("thead", {}, html("tr", {}, ...["key", "s", "weight", "dp", "ds"].map((t) => html("th", { scope: "col" }, t)))), body);
  const numbers = readouts({ sum: "weights of the row, added up", top: "largest weight", o: "output", dq: "gradient of the query", back: "sum of |ds|", leak: "of it, at hidden keys" });

  function draw() {
    const { how, at: [i, j] } = state;
    const { q, k } = vectors(state, state.d);
    const run = forward(q, k, V, how);
    const wish = [Math.cos((state.angle * Math.PI) / 180), Math.sin((state.angle * Math.PI) / 180)];
    const d = TOKENS.map((_, r) => (state.all || r === i ? wish.map((v) => -v) : [0, 0]));
    const back = backward(run, q, k, V, how, d);
    drawMap(run, back, i, j);
    drawPlanes(run, back, wish, i, j);
    caption.textContent = `The row of ${name(i)}`;
    body.replaceChildren(...TOKENS.map((_, c) => {
      const values = [run.s[i][c], run.w[i][c], back.dp[i][c], back.ds[i][c]];
      const off = !run.may[i][c];
      const text = values.map((v, n) => (off && n === 0 && !how.after ? "−∞" : fixed(v)));
      return html("tr", { "data-row": c, "data-values": values.join(" "), class: c === j ? "now" : "" },
        html("th", { scope: "row", "aria-label": off ? `${TOKENS[c]}, hidden` : false }, `${TOKENS[c]}${off ? " ✗" : ""}`),
        ...text.map((t, n) => html("td", { class: n > 1 ? "is-gradient" : n === 1 ? "is-value" : "" }, t)));
    }));
    const total = sum(back.ds[i].map(Math.abs));
    const leak = sum(back.ds[i].filter((_, c) => !run.may[i][c]).map(Math.abs));
    const top = Math.max(...run.w[i]);
    numbers.show({
      sum: [sum(run.w[i]), fixed(sum(run.w[i]))], top: [top, fixed(top)], o: [run.o[i].join(" "), pair(run.o[i])],
      dq: [back.dq[i].join(" "), `${pair(back.dq[i], 3).slice(0, -1)}${state.d > 2 ? ", …" : ""})`],
      back: [total, number(total)], leak: [leak, number(leak)],
    });
    tell(run, back, { i, j, total, leak, top });
  }

  function drawMap(run, back, i, j) {
    const values = { w: run.w, s: run.s, ds: back.ds }[state.show];
    const largest = Math.max(1e-12, ...values.flat().map(Math.abs));
    heading.textContent = { w: "weights", s: "scores s", ds: "gradients ds" }[state.show] + ": query down, key across";
    map.classList.toggle("gradients", state.show === "ds");
    cells.forEach((row, r) => row.forEach(({ node, shade, text }, c) => {
      const v = values[r][c];
      const off = !run.may[r][c];
      text.textContent = state.show === "s" && off && !state.how.after ? "−∞" : fixed(v, 2);
      shade.setAttribute("fill-opacity", (0.38 * Math.min(1, Math.abs(v) / (state.show === "w" ? 1 : largest))).toFixed(3));
      node.classList.toggle("hidden-key", off);
      node.classList.toggle("chosen-cell", r === i && c === j);
      node.dataset.value = String(v);
      node.setAttribute("tabindex", r === i && c === j ? 0 : -1);
      node.setAttribute("aria-selected", String(r === i && c === j));
      node.setAttribute("aria-label", `query ${name(r)}, key ${name(c)}${off ? ", hidden" : ""}: ${text.textContent}`);
    }));
    band.setAttribute("y", TOP + i * CELL);
  }

  function drawPlanes(run, back, wish, i, j) {
    const arrow = ({ X, Y }, [a, b], [u, v], scale) => {
      const cut = Math.min(scale, 2.5 / Math.max(1e-12, Math.hypot(u, v)));
      const [px, py, ex, ey] = [X(a), Y(b), X(a + u * cut), Y(b + v * cut)];
      const long = Math.hypot(ex - px, ey - py);
      if (long < 1) return null;
      const [hx, hy] = [ex - px, ey - py].map((t) => (t / long) * Math.min(5, long));
      return svg("path", { class: "arrow", d: line([[px, py], [ex, ey]]) + line([[ex - hx - 0.5 * hy, ey - hy + 0.5 * hx], [ex, ey], [ex - hx + 0.5 * hy, ey - hy - 0.5 * hx]]) });
    };
    const minus = (row) => row.slice(0, 2).map((v) => -v);
    const label = ({ X, Y }, [a, b], text) => svg("text", { class: "tick halo", x: X(a), y: Y(b) + (b > 0 ? -8 : 16), "text-anchor": "middle" }, text);
    const hand = moved();
    match.plot.replaceChildren(
      svg("path", { class: "p-line", d: line([[match.X(0), match.Y(0)], [match.X(state.q[i][0]), match.Y(state.q[i][1])]]) }),
      ...state.k.flatMap(([a, b], c) => [svg("circle", { class: run.may[i][c] ? "v-dot" : "off-dot", cx: match.X(a), cy: match.Y(b), r: c === j ? 5.5 : 4 }), label(match, [a, b], TOKENS[c])]),
      ...state.k.map((at, c) => arrow(match, at, minus(back.dk[c]), 3)).filter(Boolean),
      ...[arrow(match, state.q[i], minus(back.dq[i]), 3)].filter(Boolean),
    );
    handle.setAttribute("transform", `translate(${match.X(hand[0])} ${match.Y(hand[1])})`);
    handle.setAttribute("aria-label", `${state.move === "q" ? "Query" : "Key"} of ${name(state.at[state.move === "q" ? 0 : 1])}: first number; up and down move the second`);
    handle.setAttribute("aria-valuenow", hand[0].toFixed(2));
    handle.setAttribute("aria-valuetext", `${fixed(hand[0], 2)} and ${fixed(hand[1], 2)}`);
    const [ox, oy] = [mix.X(run.o[i][0]), mix.Y(run.o[i][1])];
    mix.plot.replaceChildren(
      ...V.map((v, c) => svg("path", { class: "d-line", d: line([[ox, oy], [mix.X(v[0]), mix.Y(v[1])]]), "stroke-opacity": run.w[i][c].toFixed(3) })),
      ...V.flatMap((v, c) => [svg("circle", { class: run.may[i][c] ? "v-dot" : "off-dot", cx: mix.X(v[0]), cy: mix.Y(v[1]), r: (2.5 + 5 * Math.sqrt(run.w[i][c])).toFixed(2) }), label(mix, v, TOKENS[c])]),
      arrow(mix, run.o[i], wish, 1),
      svg("rect", { class: "out", x: ox - 4, y: oy - 4, width: 8, height: 8 }),
    );
    mix.element.setAttribute("aria-label", `Output of ${name(i)} at ${pair(run.o[i])}.`);
  }

  function tell(run, back, { i, j, total, leak, top }) {
    const most = run.w[i].indexOf(top);
    const seen = run.may[i].filter(Boolean).length;
    const wrong = state.how.after && seen < T;
    const astray = sum(run.w[i].filter((_, c) => c > i || c >= WORDS));
    const flat = top > 0.99 && seen > 1;
    const [ds, s] = [back.ds[i][j], run.may[i][j] || state.how.after ? fixed(run.s[i][j], 2) : "−∞"];
    status.classList.toggle("failed", wrong || flat);
    const verdict = wrong ? [word("failed", "✗ MASK TOO LATE"), `: its weights add up to ${fixed(sum(run.w[i]), 2)}, and hidden scores still get a gradient, `, word("gradient", number(leak, 2)), " in all."]
      : flat ? [word("failed", "■ SATURATED"), `: one weight is ${fixed(top)}, and all the scores together get `, word("gradient", number(total, 2)), "."]
        : seen === 1 ? ["Only one key can be seen, so its weight is 1 whatever the score, and no score gets a gradient."]
          : seen < T ? [word("parameter", "✓ THE MASK HOLDS"), ": hidden scores get exactly 0."]
            : [`No mask: ${Math.round(100 * astray)} % of its attention is on what comes later or is padding.`];
    say(
      `${i < WORDS ? "The query of " : "The query at "}${name(i)} puts most weight, `, word("value", fixed(top, 2)), `, on ${name(most)}. Its score with ${name(j)} is ${s} and gets `,
      word("gradient", fixed(ds)), `${ds < -5e-4 ? ": a step of descent raises it" : ds > 5e-4 ? ": a step of descent lowers it" : ""}. `, ...verdict,
    );
  }

  const set = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const rule = (changes) => set({ how: { ...state.how, ...changes } });
  const list = (label, options, value, change) => choice({ label, options, value, change }).element;
  const query = (step) => () => set({ at: [(state.at[0] + step + T) % T, state.at[1]] });
  root.append(
    html("div", { class: "area-main" }, map),
    html("div", { class: "controls" },
      list("Mask", [["none", "none"], ["causal", "causal: nothing later"], ["padding", "no padding"], ["both", "causal, no padding"]], "causal", (mask) => rule({ mask })),
      list("Applied", [["before", "before softmax"], ["after", "after softmax (a mistake)"]], "before", (v) => rule({ after: v === "after" }))),
    html("div", { class: "area-side" }, html("div", { class: "pair" }, match.element, mix.element), table),
    status,
    html("div", { class: "buttons" }, button("◀ Query", query(-1)), button("Query ▶", query(1), { class: "main" }), button("Put vectors back", () => set(first()))),
    html("div", { class: "controls" },
      list("Scores", [["on", "divided by √d"], ["off", "not divided"]], "on", (v) => rule({ scale: v === "on" })),
      list("Numbers in a query, d", [["2", "2, both shown"], ["8", "8, two shown"], ["32", "32, two shown"]], "2", (d) => set({ d: Number(d) })),
      list("The map shows", [["w", "weights"], ["s", "scores"], ["ds", "gradient of the scores"]], "w", (show) => set({ show })),
      list("The handle moves", [["q", "the query of the row"], ["k", "the key of the column"]], "q", (v) => set({ move: v })),
      list("The loss looks at", [["one", "the output of this row"], ["all", "all outputs"]], "one", (v) => set({ all: v === "all" })),
      slider({ label: "It wants the output to go", steps: [0, 345, 15], value: 0, show: (a) => `${a}°`, change: (angle) => set({ angle }) }).element),
    numbers.element,
  );
  draw();
}

start("attention", mount);
