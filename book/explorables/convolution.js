// A convolution, cell by cell: what a chosen input, weight or output computes on the way forward, and what it sends or
// receives on the way back.

import { button, choice, html, stage, start, svg, word } from "./common.js";

export const X = [
  [1, 0, 2, 1, 0, 3],
  [0, 2, 1, 0, 1, 1],
  [3, 1, 0, 2, 2, 0],
  [1, 0, 1, 3, 0, 1],
  [0, 2, 2, 0, 1, 2],
  [2, 1, 0, 1, 3, 0],
];
export const W = [
  [1, 0, -1],
  [2, 1, -2],
  [0, 3, -1],
];
export const DZ = [
  [1, -1, 0, 2, 1, -2],
  [0, 2, -1, 1, -1, 1],
  [-2, 1, 3, 0, 2, 0],
  [1, 0, -1, -2, 1, 1],
  [2, -1, 1, 0, 1, -1],
  [0, 1, -2, 1, 0, 2],
]; // what comes back, cut to the size of the output

/** How often the window stops: n pixels in a line, k weights. */
export const outSize = (n, k, { stride, padding, dilation }) =>
  Math.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1;

const table = (rows, columns, f) => Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => f(r, c)));

/** Every product of the convolution: {z, w, x}, each [row, column]. Those on the padding are left out: they are 0. */
export function products(height, width, kernel, how) {
  const list = [];
  const at = (i, k) => i * how.stride + k * how.dilation - how.padding;
  table(outSize(height, kernel, how), outSize(width, kernel, how), (i, j) =>
    table(kernel, kernel, (k, l) => {
      const [h, v] = [at(i, k), at(j, l)];
      if (h >= 0 && h < height && v >= 0 && v < width) list.push({ z: [i, j], w: [k, l], x: [h, v] });
    }));
  return list;
}

const read = (grid, [r, c]) => grid[r][c];

/** The output (P, Q) of x (H, W) under the kernel w (K, K). */
export function forward(x, w, how) {
  const z = table(outSize(x.length, w.length, how), outSize(x[0].length, w.length, how), () => 0);
  for (const p of products(x.length, x[0].length, w.length, how)) z[p.z[0]][p.z[1]] += read(x, p.x) * read(w, p.w);
  return z;
}

/** What dz (P, Q) sends to the pixels and to the weights: {dx, dw}. */
export function backward(x, w, dz, how) {
  const dx = x.map((row) => row.map(() => 0));
  const dw = w.map((row) => row.map(() => 0));
  for (const p of products(x.length, x[0].length, w.length, how)) {
    dx[p.x[0]][p.x[1]] += read(dz, p.z) * read(w, p.w);
    dw[p.w[0]][p.w[1]] += read(dz, p.z) * read(x, p.x);
  }
  return { dx, dw };
}

/** The products in which a cell takes part: grid "x", "w" or "z". */
export const part = (list, grid, [r, c]) => list.filter((p) => p[grid][0] === r && p[grid][1] === c);

const CELL = 42;
const RING = 1; // the widest padding
const say = (n) => String(n).replace("-", "−");
const factor = (n) => (n < 0 ? `(${say(n)})` : say(n));
const name = (grid, [r, c]) => `${grid}(${r}, ${c})`;
const MEANING = { x: "value", w: "parameter", z: "value" };
const LONG = 12; // as many products are written out

/** a·b + a·b + … = sum, at most LONG products of them. */
function sum(pairs) {
  const total = pairs.reduce((t, [a, b]) => t + a * b, 0);
  const shown = pairs.slice(0, LONG).map(([a, b]) => `${factor(a)}·${factor(b)}`).join(" + ");
  const more = pairs.length > LONG ? ` + … (${pairs.length} products)` : "";
  return [pairs.length ? `${shown}${more}` : "0", say(total)];
}

/** A grid that can be walked with the arrow keys; choose(position) is called when a cell is reached or pointed at. */
function cells({ grid, label, rows, columns, offset = 0, choose }) {
  const all = table(rows, columns, (r, c) => {
    const [left, top] = [(c + offset) * CELL, (r + offset) * CELL];
    const main = svg("text", { class: "cell-main", x: left + CELL / 2, y: top + 21, "text-anchor": "middle" });
    const sub = svg("text", { class: "cell-sub", x: left + CELL / 2, y: top + 36, "text-anchor": "middle" });
    const box = svg("rect", { x: left + 2, y: top + 2, width: CELL - 4, height: CELL - 4, rx: 3 });
    const node = svg("g", { class: `cell ${grid}-cell`, role: "gridcell", tabindex: r || c ? -1 : 0, "data-cell": `${grid}-${r}-${c}` }, box, main, sub);
    const pick = () => choose([r, c]);
    node.addEventListener("focus", pick);
    node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && pick());
    node.addEventListener("click", () => node.focus({ preventScroll: true }));
    return { node, main, sub };
  });
  const element = svg("g", { role: "grid", "aria-label": label }, all.map((row) => svg("g", { role: "row" }, row.map((cell) => cell.node))));
  element.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -columns], End: [0, columns] }[event.key];
    const from = event.target.dataset?.cell?.split("-").slice(1).map(Number);
    if (!step || !from) return;
    event.preventDefault();
    const [r, c] = [[from[0] + step[0], rows], [from[1] + step[1], columns]].map(([to, n]) => Math.min(n - 1, Math.max(0, to)));
    all[r][c].node.focus();
  });
  const reach = ([r, c]) => all.flat().forEach(({ node }) => node.setAttribute("tabindex", node === all[r][c].node ? 0 : -1));
  return { element, all, reach };
}

export function mount(element) {
  const { root, status, say: tell } = stage(element, "A convolution, cell by cell");
  const state = { how: { stride: 1, padding: 0, dilation: 1 }, back: false, grid: "z", at: [1, 2] };
  const [H, K] = [X.length, W.length];
  const side = (H + 2 * RING) * CELL;
  const small = (n) => svg("svg", { viewBox: `0 0 ${n * CELL} ${H * CELL + 24}`, role: "group", style: `flex: ${n} 1 0; min-width: 0` });
  const [input, kernel, output] = [svg("svg", { viewBox: `0 0 ${side} ${side + 24}`, role: "group" }), small(K), small(H)];
  let grids, list, z, dz, dx, dw;

  const chooser = (grid) => (at) => {
    if (state.grid === grid && state.at[0] === at[0] && state.at[1] === at[1]) return;
    Object.assign(state, { grid, at });
    draw();
  };
  const framed = (box, inner, ...more) =>
    box.replaceChildren(svg("text", { class: "title", x: 3, y: 15 }), svg("g", { transform: "translate(0 24)" }, ...more, inner));
  const titles = () => [
    [input, state.back ? "back to the input: dx" : "input x"],
    [kernel, state.back ? "weights: dw" : "kernel w"],
    [output, state.back ? "from the loss: dz" : `output z, ${z.length} × ${z[0].length}`],
  ];

  function compute() {
    const { how } = state;
    z = forward(X, W, how);
    dz = DZ.slice(0, z.length).map((row) => row.slice(0, z[0].length));
    ({ dx, dw } = backward(X, W, dz, how));
    list = products(H, X[0].length, K, how);
    const ring = table(H + 2, H + 2, (r, c) => (r % (H + 1) && c % (H + 1) ? null : svg("g", { class: "cell pad" },
      svg("rect", { x: c * CELL + 2, y: r * CELL + 2, width: CELL - 4, height: CELL - 4, rx: 3 }),
      svg("text", { class: "cell-main", x: (c + 0.5) * CELL, y: r * CELL + 26, "text-anchor": "middle" }, "0")))).flat();
    grids = {
      x: cells({ grid: "x", label: "input x", rows: H, columns: X[0].length, offset: RING, choose: chooser("x") }),
      w: cells({ grid: "w", label: "kernel w", rows: K, columns: K, choose: chooser("w") }),
      z: cells({ grid: "z", label: "output z", rows: z.length, columns: z[0].length, choose: chooser("z") }),
    };
    framed(input, grids.x.element, ...(how.padding ? ring : []));
    framed(kernel, grids.w.element);
    framed(output, grids.z.element);
    if (state.grid === "z") state.at = state.at.map((v) => Math.min(v, z.length - 1));
    draw();
  }

  /** What stands below a cell's number when it takes part in the chosen one's products. */
  function note(grid, mine) {
    const { back } = state;
    if (grid === state.grid || !mine.length) return "";
    if (!back) return grid === "x" && state.grid === "z" ? `×${say(read(W, mine[0].w))}` : grid === "z" && state.grid === "x" ? `×${say(read(W, mine[0].w))}` : "";
    if (state.grid === "z") { // a window hands out
      const share = read(dz, mine[0].z) * (grid === "x" ? read(W, mine[0].w) : read(X, mine[0].x));
      return `${share < 0 ? "−" : "+"}${Math.abs(share)}`;
    }
    if (grid === "z") return `×${say(state.grid === "x" ? read(W, mine[0].w) : read(X, mine[0].x))}`;
    return null; // the value, as always on the way back
  }

  function draw() {
    const { back } = state;
    const chosen = part(list, state.grid, state.at);
    const main = back ? { x: dx, w: dw, z: dz } : { x: X, w: W, z };
    const values = { x: X, w: W, z };
    root.classList.toggle("backward", back);
    for (const [box, words] of titles()) {
      box.querySelector(".title").textContent = words;
      box.setAttribute("aria-label", words);
    }
    for (const [grid, { all, reach }] of Object.entries(grids)) {
      if (grid === state.grid) reach(state.at);
      all.forEach((row, r) => row.forEach(({ node, main: text, sub }, c) => {
        const self = grid === state.grid && state.at[0] === r && state.at[1] === c;
        const mine = self ? [] : part(chosen, grid, [r, c]);
        node.classList.toggle("chosen", self);
        node.classList.toggle("partner", mine.length > 0);
        node.setAttribute("aria-selected", String(self));
        text.textContent = say(main[grid][r][c]);
        sub.textContent = note(grid, mine) || (back && grid !== "z" ? `${grid} ${say(values[grid][r][c])}` : "");
        node.dataset.value = String(main[grid][r][c]);
        const gradient = back ? `gradient ${say(main[grid][r][c])}, ` : "";
        const value = back && grid === "z" ? "" : `value ${say(values[grid][r][c])}`;
        node.setAttribute("aria-label", `${grid}, row ${r}, column ${c}: ${gradient}${value}`.replace(/, $/, ""));
      }));
    }
    tell(...sentence(chosen));
  }

  function sentence(chosen) {
    const { grid, at, back } = state;
    const padded = K * K - chosen.length;
    const own = word(back ? "gradient" : MEANING[grid], name(back ? `d${grid}` : grid, at));
    if (!chosen.length) {
      return grid === "x" ? [own, " is in no window: the stride leaves it out. Forward it counts for nothing, and back it gets ", word("gradient", "0"), "."]
        : [own, " lies on the padding only, and that is 0."];
    }
    if (!back && grid === "z") {
      const [terms, total] = sum(chosen.map((p) => [read(W, p.w), read(X, p.x)]));
      return [own, ` = ${terms} = `, word("value", total), ": each weight times the pixel it lies on.", padded ? ` ${padded} of the weights lie on the padding.` : ""];
    }
    if (!back && grid === "w") {
      const all = z.length * z[0].length;
      return [own, ` = ${say(read(W, at))} is used at all ${all} places. `, chosen.length < all ? `At ${all - chosen.length} of them it lies on the padding. ` : "",
        `Framed are the ${chosen.length} pixels that it meets, one for each output.`];
    }
    if (!back) {
      const ways = chosen.map((p) => `${name("z", p.z)} by ${name("w", p.w)}`).join(", ");
      return [own, ` = ${say(read(X, at))} goes into ${chosen.length === 1 ? "one output" : `${chosen.length} outputs, each time through another weight`}: ${ways}.`];
    }
    if (grid === "z") {
      return [own, ` = ${say(read(dz, at))} is sent to the ${chosen.length} pixels of its window, times the weight that lies on each, and to the ${chosen.length} weights, `,
        "times the pixel under each. The numbers with + and − are the shares; what other windows send is added to them."];
    }
    const other = grid === "w" ? (p) => read(X, p.x) : (p) => read(W, p.w);
    const [terms, total] = sum(chosen.map((p) => [read(dz, p.z), other(p)]));
    const why = grid === "w" ? ": over all places, what came back times the pixel that it met."
      : `: every window that saw the pixel, times the weight by which it saw it.${chosen.length > 1 ? ` The first window saw it by ${name("w", chosen[0].w)}, the last by ${name("w", chosen.at(-1).w)}: the kernel backwards.` : ""}`;
    return [own, ` = ${terms} = `, word("gradient", total), why];
  }

  const set = (key) => (value) => {
    state.how = { ...state.how, [key]: Number(value) };
    compute();
  };
  const turn = (step) => () => {
    const [P, Q] = [z.length, z[0].length];
    const now = state.grid === "z" ? state.at[0] * Q + state.at[1] : step > 0 ? -1 : 0;
    const next = (now + step + P * Q) % (P * Q);
    Object.assign(state, { grid: "z", at: [Math.floor(next / Q), next % Q] });
    draw();
  };
  const options = (...values) => values.map((v) => [String(v), String(v)]);
  const direction = choice({
    label: "Direction", options: [["forward", "forward: values"], ["back", "back: gradients"]], value: "forward",
    change: (v) => { state.back = v === "back"; draw(); },
  });
  const stride = choice({ label: "Stride", options: options(1, 2, 3), value: "1", change: set("stride") });
  const padding = choice({ label: "Padding", options: options(0, 1), value: "0", change: set("padding") });
  const dilation = choice({ label: "Dilation", options: options(1, 2), value: "1", change: set("dilation") });
  root.append(
    html("div", { class: "area-main" }, input),
    html("div", { class: "area-side" }, html("div", { class: "pair" }, kernel, output)),
    status,
    html("div", { class: "buttons" }, button("◀ Previous", turn(-1)), button("Next window ▶", turn(1), { class: "main" })),
    html("div", { class: "controls" }, direction.element, stride.element, padding.element, dilation.element),
  );
  compute();
}

start("convolution", mount);
