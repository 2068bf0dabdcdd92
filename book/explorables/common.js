// What the explorables share: elements, controls, a line that is read aloud, numbers as text, random numbers.
//
// An explorable is one module. It exports pure functions (the numbers) and mount(element) (the picture), and ends
// with start(NAME, mount). The page holds <div data-explorable="NAME"> around a still picture, which stays what it
// is without scripts and on paper.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element; attributes that begin with "on" are listeners. */
export const html = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

/** A number for people: so many significant digits, a real minus sign, powers of ten where zeros would pile up. */
export function number(x, digits = 3) {
  if (Number.isNaN(x)) return "not a number";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const size = Math.abs(Number(x.toPrecision(digits)));
  if (size < 1e-3 || size >= 1e5) {
    const [head, power] = x.toExponential(digits - 1).split("e");
    return `${head}·10${superscript(Number(power))}`.replace("-", "−");
  }
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return x.toFixed(places).replace("-", "−");
}

/** A number with so many digits after the point, for columns that must line up. */
export const fixed = (x, places = 3) => {
  const text = Number.isFinite(x) ? x.toFixed(places) : number(x);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
};

export const superscript = (n) => [...String(n)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");

/** Random numbers in [0, 1) that are the same everywhere for the same seed (mulberry32, by Tommy Ettinger). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** True if the reader asked their system for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

let count = 0;
const fresh = (word) => `explorable-${word}-${(count += 1)}`;

/** A slider with its label and its value in words. steps: [low, high, step]; set(x) moves it.
 *  With log: true the slider moves over powers: its position is log10 of the value. */
export function slider({ label, steps, value, log = false, show = number, change }) {
  const [low, high, step] = log ? [Math.log10(steps[0]), Math.log10(steps[1]), steps[2]] : steps;
  const input = html("input", { type: "range", id: fresh("slider"), min: low, max: high, step });
  const shown = html("span", { class: "slider-value", "aria-hidden": "true" }); // the slider says it itself
  const tell = (x) => {
    shown.textContent = show(x);
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  const set = (x) => {
    input.value = log ? Math.log10(x) : x;
    tell(x);
  };
  input.addEventListener("input", () => {
    const x = log ? 10 ** Number(input.value) : Number(input.value);
    tell(x);
    change(x);
  });
  set(value);
  const top = html("span", { class: "slider-top" }, html("label", { for: input.id }, label), shown);
  return { element: html("div", { class: "slider" }, top, input), input, set };
}

/** A button. */
export const button = (label, press, attributes = {}) =>
  html("button", { type: "button", ...attributes, onclick: press }, label);

/** A drop-down list; options are [value, label]. */
export function choice({ label, options, value, change }) {
  const select = html("select", { id: fresh("choice"), onchange: () => change(select.value) });
  const fill = (list) =>
    select.replaceChildren(...list.map(([v, text, off]) => html("option", { value: v, disabled: off }, text)));
  fill(options);
  select.value = value;
  const element = html("div", { class: "choice" }, html("label", { for: select.id }, label), select);
  return { element, select, fill, read: () => select.value, set: (v) => (select.value = v) };
}

/** A list of named numbers: show({name: [value, text]}) fills it; data-value has all the digits. */
export function readouts(names) {
  const cells = {};
  const rows = Object.entries(names).map(([key, label]) => {
    cells[key] = html("dd", { "data-name": key });
    return html("div", {}, html("dt", {}, label), cells[key]);
  });
  const show = (values) => {
    for (const [key, [value, text]] of Object.entries(values)) {
      cells[key].textContent = text;
      cells[key].dataset.value = String(value);
    }
  };
  return { element: html("dl", { class: "readouts" }, ...rows), show };
}

/** Put the live figure in the place of the still one, which is kept for paper. Gives {root, say}. */
export function stage(element, label) {
  const still = html("div", { class: "explorable-print" });
  still.append(...element.childNodes);
  const status = html("p", { class: "explorable-says", role: "status" });
  const root = html("div", { class: "explorable-live", role: "group", "aria-label": label });
  element.replaceChildren(root, still);
  const say = (...parts) => {
    const words = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
    if (status.dataset.words === words) return; // what has not changed is not read again
    status.dataset.words = words;
    status.replaceChildren(...parts);
  };
  return { root, status, say };
}

/** A word in the colour of its meaning: value, gradient, parameter, failed. */
export const word = (meaning, text) => html("b", { class: `is-${meaning}` }, text);

let ready;
const styles = () =>
  (ready ??= new Promise((done) => {
    const href = new URL("explorables.css", import.meta.url).href;
    document.head.append(html("link", { rel: "stylesheet", href, onload: done, onerror: done }));
  }));

/** Mount the explorable on every element that asks for it, once the styles are there. */
export async function start(name, mount) {
  await styles();
  for (const element of document.querySelectorAll(`[data-explorable="${name}"]:not([data-mounted])`)) {
    element.dataset.mounted = "";
    mount(element);
  }
}
