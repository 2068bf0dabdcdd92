// The tape, step by step: a computational graph goes forward (values), then backward (gradients), one op at a time.
// Break a rule, and the comparison with finite differences turns red at the node where the mistake starts.

import { button, choice, fixed, html, number, stage, start, svg, word } from "./common.js";
import { GRAPHS, RULES, backward, check, forward, uses } from "./tape-graph.js";

export { GRAPHS, OPS, RULES, backward, check, differences, forward } from "./tape-graph.js";

const KINDS = { w: "parameter", W: "parameter", b: "parameter", y: "data" };
const TITLES = { x: "x, input", w: "w, weight", W: "W, weights", b: "b, bias", y: "y, target" };
const short = (v) => (v !== 0 && (Math.abs(v) < 5e-4 || Math.abs(v) >= 100) ? number(v) : fixed(v));
const row = (r) => r.map(short).join("\u2002");
const text = (m) => (m.length === 1 && m[0].length === 1 ? short(m[0][0]) : `[${m.map((r) => r.map(short).join(", ")).join("; ")}]`);
const val = (m) => word("value", text(m));
const grad = (m) => word("gradient", text(m));

/** What one step of the sweep did, in a sentence: a list of texts and coloured numbers. */
function told(graph, values, before, after, node, broken) {
  const d = after.gradients[node.name];
  const sent = node.from.map((n) => after.received[n]?.filter((r) => r.from === node.name)[0]?.value);
  const lines = {
    loss: () => [`L sends d${node.from[0]} = ${broken === "two" ? "" : "2 "}(h − y) = `, grad(sent[0]), ` back to h${broken === "two" ? ": the factor 2 is left out" : ""}.`],
    add: () => [`A sum hands its gradient on unchanged: ${node.from[0]} and ${node.from[1]} each receive `, grad(d), "."],
    tanh: () => broken === "slope"
      ? ["tanh should scale by 1 − a². That factor is left out: z receives ", grad(sent[0]), ", the whole of da."]
      : ["tanh scales by its slope, 1 − a² = ", val(values.a.map((r) => r.map((v) => 1 - v * v))), ": z receives ", grad(d), " × that = ", grad(sent[0]), "."],
    mul: () => broken === "swap"
      ? ["A product should give each factor the other one. Here each is given itself: w receives dp·w = ", grad(sent[1]), "."]
      : ["A product gives each factor the other one: w receives ", grad(d), " × ", val(values.x), " = ", grad(sent[1]), "."],
    linear: () => ["W receives xᵀ·dz, b receives dz, and x receives ", broken === "transpose" ? "dz·W, without the transpose: " : "dz·Wᵀ = ", grad(sent[0]), "."],
  };
  const words = lines[node.op]();
  const i = node.from.indexOf("x");
  if (i >= 0 && before.gradients.x && broken === "overwrite") {
    words.push(" x had ", grad(before.gradients.x), " from h. That is overwritten by ", grad(sent[i]), " from ", node.name, ".");
  } else if (i >= 0 && before.gradients.x) {
    words.push(" x had ", grad(before.gradients.x), " from h and adds ", grad(sent[i]), " from ", node.name, ": ", grad(after.gradients.x), ".");
  } else if (i >= 0) {
    words.push(" x has one more use, so it waits for more.");
  }
  return words;
}

/** What the check says in the end. */
function verdict(rows, broken) {
  const names = (list) => list.map((r) => r.name).join(", ");
  const starts = rows.filter((r) => r.starts);
  const inherit = rows.filter((r) => !r.ok && !r.starts);
  if (!starts.length && broken === "none") return [` ✓ All ${rows.length} gradients agree with finite differences.`];
  if (!starts.length) return [" ✓ With these numbers the broken rule gives the same gradients, and the check cannot see it. Change an input."];
  const first = starts[0];
  return [
    " ", word("failed", `✗ The check fails, and it starts at ${names(starts)}`), `: the sweep says ${text(first.claimed)} for ${first.name}, finite differences say ${text(first.measured)}.`,
    inherit.length ? ` ${names(inherit)} inherit${inherit.length === 1 ? "s" : ""} the error.` : "",
  ];
}

const LINE = 15;

/** The lines of a node's box: [class, text]. */
function lines(graph, name, state, shown) {
  const { values, sweep, complete } = shown;
  const node = graph.nodes.find((n) => n.name === name);
  const out = [["title", node?.formula ?? TITLES[name]]];
  if (!shown.known.has(name)) return [...out, ["d-text", "?"]];
  const kind = { parameter: "p-text", data: "d-text" }[KINDS[name]] ?? "v-text";
  for (const r of values[name]) out.push([kind, row(r)]);
  const got = sweep.received[name] ?? [];
  if (uses(graph, name).length > 1) {
    got.forEach((part, i) => out.push([`g-text part ${state.broken === "overwrite" && i < got.length - 1 ? "gone" : ""}`, `${i && part.value[0].length === 1 && part.value[0][0] >= 0 ? "+" : ""}${row(part.value[0])} via ${part.from}`]));
  }
  if (sweep.gradients[name] && shown.seeded) {
    sweep.gradients[name].forEach((r, i) => out.push([`g-text ${r.length === 1 ? "strong" : ""}`, `${i ? "" : `d${name} `}${row(r)}`]));
  }
  const checked = complete.has(name) && shown.rows.find((r) => r.name === name);
  if (checked) out.push(checked.ok ? ["ok", "✓ check"] : ["bad", checked.starts ? "✗ starts here" : "✗ inherited"]);
  return out;
}

function picture(graph, state, shown, narrow) {
  const wideBox = state.graph === "layer";
  const last = Math.max(...Object.values(graph.place).map(([i]) => i));
  const boxes = {};
  for (const [name, [i, side]] of Object.entries(graph.place)) {
    const content = lines(graph, name, state, shown);
    const w = narrow ? (wideBox ? 140 : 118) : wideBox ? 136 : 103;
    const h = content.length * LINE + 12;
    // Along the chain from left to right, or on a phone from top to bottom.
    const gap = narrow ? (wideBox ? 116 : 100) : (752 - w - 8) / last;
    const cx = narrow ? (side ? 340 - w / 2 - 2 : 28 + w / 2) : 4 + w / 2 + i * gap;
    const cy = narrow ? 56 + i * gap + (i ? 14 : 0) : side ? 256 : 104;
    boxes[name] = { name, content, w, h, cx, cy, x: cx - w / 2, y: cy - h / 2 };
  }
  const height = narrow ? boxes.L.cy + 34 : 310;
  const drawn = [];
  for (const node of graph.nodes) for (const from of node.from) drawn.push(edge(graph, boxes, from, node.name, shown, narrow));
  for (const box of Object.values(boxes)) drawn.push(figure(box, shown));
  return svg("svg", { viewBox: `0 0 ${narrow ? 340 : 752} ${height}`, role: "img", "aria-label": described(graph, shown) }, ...drawn);
}

function edge(graph, boxes, from, to, shown, narrow) {
  const [a, b] = [boxes[from], boxes[to]];
  const back = shown.sweep.received[from]?.some((r) => r.from === to);
  const now = back ? shown.now === to && shown.backward : shown.now === to && !shown.backward;
  const skip = graph.place[to][0] - graph.place[from][0] > 1;
  let d;
  let ends; // the two ends and the direction of the line there
  if (skip && narrow) {
    d = `M${a.x} ${a.cy}H14V${b.cy}H${b.x}`;
    ends = [[a.x, a.cy, 0], [b.x, b.cy, 0]];
  } else if (skip) {
    d = `M${a.cx} ${a.y}V14H${b.cx}V${b.y}`;
    ends = [[a.cx, a.y, 90], [b.cx, b.y, 90]];
  } else {
    const across = narrow ? graph.place[from][0] === graph.place[to][0] : graph.place[from][0] !== graph.place[to][0];
    const sign = across ? Math.sign(b.cx - a.cx) : Math.sign(b.cy - a.cy);
    if (across && graph.place[from][1]) {
      // from the side, one step behind: up and across
      const y = narrow ? a.cy : b.y + b.h;
      const p = narrow ? [a.x, y] : [a.cx - 20, a.y];
      const q = narrow ? [b.x + b.w, y] : [b.cx + b.w / 2 - 12, y];
      d = `M${p}L${q}`;
      const turn = (Math.atan2(q[1] - p[1], q[0] - p[0]) * 180) / Math.PI;
      ends = [[...p, turn + 180], [...q, turn]];
    } else {
      const p = across ? [a.cx + (sign * a.w) / 2, a.cy] : [a.cx, a.cy + (sign * a.h) / 2];
      const q = across ? [b.cx - (sign * b.w) / 2, b.cy] : [b.cx, b.cy - (sign * b.h) / 2];
      if (narrow && graph.place[from][1] && a.cy !== b.cy) q[0] = b.cx;
      d = `M${p}L${q}`;
      const turn = (Math.atan2(q[1] - p[1], q[0] - p[0]) * 180) / Math.PI;
      ends = [[...p, turn + 180], [...q, turn]];
    }
  }
  const [x, y, turn] = back ? ends[0] : ends[1];
  const kind = `edge ${back ? "back" : ""} ${now ? "now" : ""}`;
  return svg("g", { class: kind }, svg("path", { d }), svg("path", { class: "head", d: "M0 0l-9 -5v10z", transform: `translate(${x} ${y}) rotate(${turn})` }));
}

function figure(box, shown) {
  const bad = box.content.some(([kind]) => kind === "bad");
  const kind = `node ${KINDS[box.name] ?? "inner"} ${shown.known.has(box.name) ? "" : "unknown"} ${shown.now === box.name ? "now" : ""} ${bad ? "wrong" : ""}`;
  const texts = box.content.map(([cls, words], i) =>
    svg("text", { class: cls, x: box.cx, y: box.y + 17 + i * LINE, "text-anchor": "middle", "xml:space": "preserve" }, words));
  return svg("g", { class: kind, "data-node": box.name }, svg("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: KINDS[box.name] ? 12 : 4 }), ...texts);
}

function described(graph, shown) {
  const said = [...shown.known].map((name) => {
    const g = shown.seeded && shown.sweep.gradients[name];
    return `${name} is ${text(shown.values[name])}${g ? `, gradient ${text(g)}` : ""}`;
  });
  return `Graph: ${graph.nodes.map((n) => n.formula).join(", ")}. ${said.join("; ")}.`;
}

function table(rows, complete) {
  const cells = (r) => complete.has(r.name)
    ? [html("td", { class: "is-gradient" }, text(r.claimed)), html("td", {}, text(r.measured)), html("td", { class: r.ok ? "" : "is-failed" }, r.ok ? "✓ agrees" : r.starts ? "✗ starts here" : "✗ inherited")]
    : [html("td", {}, "–"), html("td", {}, "–"), html("td", {}, "not yet")];
  const head = ["name", "sweep", "differences", "check"].map((h) => html("th", { scope: "col" }, h));
  const body = rows.map((r) => html("tr", { "data-row": r.name, "data-ok": String(r.ok), "data-starts": String(r.starts) }, html("th", { scope: "row" }, `d${r.name}`), ...cells(r)));
  return html("table", { class: "checks" }, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...body));
}

export function mount(element) {
  const { root, status, say } = stage(element, "The tape, step by step");
  const state = { graph: "neuron", broken: "none", step: 0, inputs: structuredClone(GRAPHS.neuron.inputs) };
  const canvas = html("div", { class: "graph" });
  const checks = html("div", {});
  const fields = html("div", { class: "fields" });
  const steps = () => 2 * GRAPHS[state.graph].nodes.length + 1; // forward, the seed, backward

  function draw() {
    const graph = GRAPHS[state.graph];
    const n = graph.nodes.length;
    const values = forward(graph, state.inputs);
    const count = Math.max(0, state.step - n - 1);
    const sweep = backward(graph, values, state.broken, count);
    const rows = check(graph, state.inputs, state.broken);
    const swept = new Set([...graph.nodes].reverse().slice(0, count).map((node) => node.name));
    const complete = new Set(rows.map((r) => r.name).filter((name) => uses(graph, name).every((user) => swept.has(user))));
    const known = new Set([...Object.keys(graph.inputs), ...graph.nodes.slice(0, state.step).map((node) => node.name)]);
    const active = state.step <= n ? graph.nodes[state.step - 1] : graph.nodes[n - Math.max(1, count)];
    const shown = { values, sweep, rows, complete, known, seeded: state.step > n, backward: state.step > n, now: active?.name };
    canvas.replaceChildren(picture(graph, state, shown, root.clientWidth < 620));
    checks.replaceChildren(table(rows, complete));

    let words;
    if (state.step === 0) words = ["Step forward: each node computes its ", word("value", "value"), ". Then the ", word("gradients", "gradients").cloneNode(true), " come back the same way."];
    else if (state.step <= n) words = [`${active.formula} = `, val(values[active.name]), active.name === "h" ? ". x is used here for the second time." : active.name === "L" ? ". Forward is done: which gradient will x get?" : "."];
    else if (count === 0) words = ["Now backward. A small change of L changes L by just as much: dL = ", grad([[1]]), "."];
    else words = told(graph, values, backward(graph, values, state.broken, count - 1), sweep, active, state.broken);
    const wrong = rows.filter((r) => complete.has(r.name) && !r.ok);
    if (state.step === steps()) words.push(...verdict(rows, state.broken));
    else if (wrong.length) words.push(" ", word("failed", `✗ Wrong from ${wrong.filter((r) => r.starts).map((r) => r.name).join(", ")} on.`));
    else if (state.broken !== "none" && state.step <= n) words.push(" One rule is broken. Step on, and see where the check fails.");
    say(...words);
    status.classList.toggle("failed", wrong.length > 0);
    back.setAttribute("aria-disabled", String(state.step === 0)); // disabled would throw the focus away
    for (const b of [next, all]) b.setAttribute("aria-disabled", String(state.step === steps()));
    next.textContent = state.step < n ? "Step forward ▶" : "◀ Step backward";
  }

  function inputs() {
    fields.replaceChildren(...Object.entries(state.inputs).map(([name, m]) =>
      html("fieldset", { class: `field ${KINDS[name] ?? "inner"}` }, html("legend", {}, TITLES[name]),
        html("div", { style: `display:grid;gap:4px;grid-template-columns:repeat(${m[0].length},1fr)` },
          m.flatMap((r, i) => r.map((v, j) => html("input", {
            type: "number", step: 0.1, min: -5, max: 5, value: v, name: `${name}${i}${j}`,
            "aria-label": m.length + m[0].length === 2 ? name : `${name}, row ${i + 1}, column ${j + 1}`,
            oninput: (event) => {
              const x = event.target.valueAsNumber;
              const fits = Number.isFinite(x) && Math.abs(x) <= 5;
              event.target.setAttribute("aria-invalid", String(!fits));
              if (!fits) return;
              state.inputs[name][i][j] = x;
              draw();
            },
          })))))));
  }

  const go = (step) => {
    state.step = Math.min(steps(), Math.max(0, step));
    draw();
  };
  const back = button("Undo", () => go(state.step - 1));
  const next = button("Step forward ▶", () => go(state.step + 1), { class: "main" });
  const all = button("To the end", () => go(steps()));
  const reset = button("Restart", () => {
    state.inputs = structuredClone(GRAPHS[state.graph].inputs);
    inputs();
    go(0);
  });
  const rules = () => Object.entries(RULES).filter(([, r]) => !r.only || r.only === state.graph).map(([key, r]) => [key, r.label]);
  const broken = choice({ label: "Break a rule", options: rules(), value: "none", change: (key) => {
    state.broken = key;
    draw();
  } });
  const which = choice({ label: "Graph", options: Object.entries(GRAPHS).map(([key, g]) => [key, g.label]), value: state.graph, change: (key) => {
    Object.assign(state, { graph: key, broken: "none", inputs: structuredClone(GRAPHS[key].inputs) });
    broken.fill(rules());
    inputs();
    go(0);
  } });
  root.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") go(state.step + 1);
    if (event.key === "ArrowLeft") go(state.step - 1);
  });

  root.append(canvas, html("div", { class: "buttons" }, next, back, all, reset), status, html("div", { class: "controls" }, broken.element, which.element), fields, checks);
  inputs();
  draw();
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (root.clientWidth < 620 !== width < 620) draw();
    width = root.clientWidth;
  }).observe(root);
}

start("tape", mount);
