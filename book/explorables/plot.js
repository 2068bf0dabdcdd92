// A pair of axes as SVG: a frame, ticks, labels, and two layers to draw on.

import { svg, superscript } from "./common.js";

/** Axes of width × height SVG units. x and y: {range: [low, high], ticks, label, log, names}.
 *  Gives the svg element, X and Y (data to picture), back (their inverse) and two groups: plot, which is cut off at
 *  the frame, and over, which is not. */
export function axes({ width, height, x, y, title, margin = {} }) {
  const m = { left: 46, right: 16, top: title ? 26 : 10, bottom: 40, ...margin };
  const scale = (axis, from, to) => {
    const of = axis.log ? Math.log10 : (v) => v;
    const [low, high] = axis.range.map(of);
    const map = (v) => from + ((of(v) - low) / (high - low)) * (to - from);
    map.back = (p) => low + ((p - from) / (to - from)) * (high - low);
    return map;
  };
  const X = scale(x, m.left, width - m.right);
  const Y = scale(y, height - m.bottom, m.top);
  const clip = `clip-${Math.random().toString(36).slice(2)}`;
  const frame = { x: m.left, y: m.top, width: width - m.left - m.right, height: height - m.top - m.bottom };
  const name = (axis, v) =>
    axis.names?.[v] ?? (axis.log ? `10${superscript(Math.round(Math.log10(v)))}` : String(v).replace("-", "−"));
  const grid = [
    ...x.ticks.map((v) => svg("path", { class: "grid", d: `M${X(v)} ${m.top}V${height - m.bottom}` })),
    ...y.ticks.map((v) => svg("path", { class: "grid", d: `M${m.left} ${Y(v)}H${width - m.right}` })),
  ];
  const texts = [
    ...x.ticks.map((v) => svg("text", { class: "tick", x: X(v), y: height - m.bottom + 16, "text-anchor": "middle" }, name(x, v))),
    ...y.ticks.map((v) => svg("text", { class: "tick", x: m.left - 6, y: Y(v) + 4, "text-anchor": "end" }, name(y, v))),
    svg("text", { class: "axis", x: m.left + frame.width / 2, y: height - 5, "text-anchor": "middle" }, x.label ?? ""),
    svg("text", { class: "axis", "text-anchor": "middle", transform: `translate(13 ${m.top + frame.height / 2}) rotate(-90)` }, y.label ?? ""),
  ];
  if (title) texts.push(svg("text", { class: "title", x: m.left, y: 16 }, title));
  const plot = svg("g", { "clip-path": `url(#${clip})` });
  const over = svg("g");
  const element = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img" },
    svg("clipPath", { id: clip }, svg("rect", frame)),
    svg("rect", { class: "paper", ...frame }),
    svg("g", {}, grid),
    plot,
    svg("rect", { class: "frame", ...frame }),
    svg("g", {}, texts),
    over,
  );
  return { element, plot, over, X, Y, back: (px, py) => [X.back(px), Y.back(py)] };
}

/** The path through points of the picture; a point that is not finite breaks it. */
export function line(points) {
  let pen = "M";
  let d = "";
  for (const [px, py] of points) {
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      pen = "M";
      continue;
    }
    d += `${pen}${px.toFixed(2)} ${py.toFixed(2)}`;
    pen = "L";
  }
  return d;
}

/** Where a pointer is, in the units of the picture. */
export function where(element, event) {
  const box = element.getBoundingClientRect();
  const view = element.viewBox.baseVal;
  return [
    ((event.clientX - box.left) / box.width) * view.width,
    ((event.clientY - box.top) / box.height) * view.height,
  ];
}

/** The path along which a grid of size × size numbers (row by row) is 0; place(column, row) says where a node is. */
export function contour(values, size, place) {
  let d = "";
  const at = (c, r) => values[r * size + c];
  for (let r = 0; r + 1 < size; r += 1) {
    for (let c = 0; c + 1 < size; c += 1) {
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]];
      const cuts = [];
      corners.forEach(([c0, r0], i) => {
        const [c1, r1] = corners[(i + 1) % 4];
        const [v0, v1] = [at(c0, r0), at(c1, r1)];
        if (v0 > 0 === v1 > 0) return;
        const s = v0 / (v0 - v1);
        cuts.push(place(c0 + s * (c1 - c0), r0 + s * (r1 - r0)));
      });
      for (let i = 0; i + 1 < cuts.length; i += 2) d += line([cuts[i], cuts[i + 1]]);
    }
  }
  return d;
}
