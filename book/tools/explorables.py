"""What the explorables take from the library and from themselves: their points, and their still pictures.

    python -m book.tools.explorables data     write book/explorables/network-data.js from bplib.data
    python -m book.tools.explorables stills   write book/explorables/NAME.svg, each a picture of the live page

tests/book/browser/test_explorables.py holds the points against bplib.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bplib import data

ROOT = Path(__file__).resolve().parents[2]
EXPLORABLES = ROOT / "book" / "explorables"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# What to do in the page before its picture is taken: code that runs with `root`, the live figure.
SCENES = {
    "descent": "",
    "tape": "press('To the end');",
    "activations": "",
    "network": "press('Run 1000 steps');",
    "lstm": "",
    "depth": "",
    "race": "",
    "convolution": "",
    "gan": "press('Run 500 rounds'); return rested();",
    "attention": "",
}

PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/book/assets/course.css">
<style>body {{ margin: 0 auto; padding: 12px; max-width: 752px; background: var(--pst-color-background);
color: var(--pst-color-text-base); font-family: "DejaVu Sans", sans-serif; }}</style></head>
<body><main class="bd-article"><h1>{name}</h1><figure class="explorable">
<div class="explorable-stage" data-explorable="{name}">
<img class="explorable-still" src="/book/explorables/{name}.svg" alt="Still picture of {name}"></div>
<figcaption>Caption of {name}.</figcaption></figure><p style="height: 60rem">Text below the figure.</p></main>
<script type="module" src="/book/explorables/{name}.js"></script></body></html>"""

# The panels of a live figure as one SVG: computed styles written out, a canvas as a small image.
SERIALISE = """async (code) => {
  const root = document.querySelector('.explorable-live');
  const press = (text) => [...root.querySelectorAll('button')].find((b) => b.textContent.includes(text)).click();
  const rested = () => new Promise((done) => {
    const look = setInterval(() => root.dataset.running === 'false' && (clearInterval(look), done()), 50);
  });
  await new Function('root', 'press', 'rested', code)(root, press, rested);
  const KEPT = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'opacity',
    'font-size', 'font-weight', 'text-decoration-line', 'paint-order', 'stroke-linejoin'];
  const NS = 'http://www.w3.org/2000/svg';
  const probe = document.createElementNS(NS, 'svg');
  root.append(probe);
  const plain = {};
  for (const tag of ['path', 'text', 'g', 'rect', 'circle', 'ellipse', 'svg', 'clipPath', 'title']) {
    const node = probe.appendChild(document.createElementNS(NS, tag));
    plain[tag] = Object.fromEntries(KEPT.map((k) => [k, getComputedStyle(node)[k]]));
    plain[tag]['font-size'] = plain[tag]['font-weight'] = 'none';
  }
  probe.remove();
  const short = (v) => v.replace(/rgb\\((\\d+), (\\d+), (\\d+)\\)/, (_, r, g, b) =>
    '#' + [r, g, b].map((c) => Number(c).toString(16).padStart(2, '0')).join(''));
  const write = (from, to) => {
    const style = getComputedStyle(from);
    for (const k of KEPT) {
      if (from.tagName !== 'text' && k.startsWith('font')) continue;
      if (k === 'text-decoration-line' && from.tagName !== 'text') continue;
      if (style[k] !== plain[from.tagName][k]) {
        to.setAttribute(k === 'text-decoration-line' ? 'text-decoration' : k, short(style[k]));
      }
    }
    const spoken = from.getAttributeNames().filter((name) => /^(aria|data)-/.test(name));
    for (const name of ['class', 'style', 'tabindex', 'role', ...spoken]) to.removeAttribute(name);
    [...from.children].forEach((child, i) => write(child, to.children[i]));
  };
  const origin = root.getBoundingClientRect();
  const parts = [...root.querySelectorAll('svg[role], canvas')].map((from) => {
    const box = from.getBoundingClientRect();
    const at = { x: box.x - origin.x, y: box.y - origin.y, width: box.width, height: box.height };
    const to = from.localName === 'canvas' ? document.createElementNS(NS, 'image') : from.cloneNode(true);
    if (from.localName === 'canvas') { // no larger than it is seen
      const small = document.createElement('canvas');
      small.width = small.height = Math.min(from.width, Math.round(box.width));
      small.getContext('2d').drawImage(from, 0, 0, small.width, small.height);
      to.setAttribute('href', small.toDataURL());
    }
    if (from.localName === 'canvas') to.setAttribute('preserveAspectRatio', 'none');
    else write(from, to);
    for (const [k, v] of Object.entries(at)) to.setAttribute(k, v.toFixed(1));
    return [at.y + at.height, to];
  });
  const height = Math.ceil(Math.max(...parts.map(([low]) => low)) + 8);
  const whole = document.createElementNS(NS, 'svg');
  whole.setAttribute('viewBox', `0 0 ${Math.ceil(origin.width)} ${height}`);
  whole.setAttribute('font-family', 'DejaVu Sans, system-ui, sans-serif');
  const card = document.createElementNS(NS, 'rect');
  for (const [k, v] of [['width', '100%'], ['height', '100%'], ['fill', '#ffffff']]) card.setAttribute(k, v);
  whole.append(card, ...parts.map(([, part]) => part));
  return new XMLSerializer().serializeToString(whole);
}"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if not self.path.startswith("/page/"):
            return super().do_GET()
        _, _, name, theme = self.path.split("/")
        body = PAGE.format(name=name, theme=theme).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serve() -> Iterator[str]:
    """A server of the repository on localhost with one page for each explorable: /page/NAME/light or /dark."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Handler, directory=str(ROOT))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def points() -> dict[str, tuple[Any, Any]]:
    """The data sets of network.js, {name: (x (N, 2), y (N,))}, three decimals, within about ±1."""
    rng = np.random.default_rng
    xor, xor_y = data.xor(40, rng(0), noise=0.15)
    moons, moons_y = data.two_moons(80, rng(0), noise=0.1)
    spirals, spirals_y = data.spirals(100, rng(0), classes=2, turns=0.9, noise=0.02)
    sets = {
        "xor": (1.2 * xor - 0.6, xor_y),
        "moons": (0.6 * (moons - np.array([0.5, 0.25])), moons_y),
        "spirals": (spirals, spirals_y),
    }
    return {name: (np.round(x, 3), y) for name, (x, y) in sets.items()}


def write_data() -> None:
    """network-data.js, from bplib.data."""
    lines = [
        "// Points (x₁, x₂, class) made by bplib.data; written by python -m book.tools.explorables data.",
        "",
    ]
    lines.append("export const POINTS = {")
    for name, (x, y) in points().items():
        rows = [f"[{a:.6g}, {b:.6g}, {c}]" for (a, b), c in zip(x, y, strict=True)]
        lines.append(f"  {name}: [")
        lines += ["    " + ", ".join(rows[i : i + 5]) + "," for i in range(0, len(rows), 5)]
        lines.append("  ],")
    lines.append("};")
    (EXPLORABLES / "network-data.js").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_stills() -> None:
    """NAME.svg for each explorable: the panels of the live page, as they stand after its scene."""
    from playwright.sync_api import sync_playwright

    with serve() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 800, "height": 1000})
        for name, scene in SCENES.items():
            page.goto(f"{address}/page/{name}/light")
            page.wait_for_selector(".explorable-live svg")
            picture = page.evaluate(SERIALISE, scene)
            (EXPLORABLES / f"{name}.svg").write_text(picture + "\n", encoding="utf-8")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Data and still pictures of the explorables.")
    parser.add_argument("what", choices=("data", "stills"))
    {"data": write_data, "stills": write_stills}[parser.parse_args().what]()


if __name__ == "__main__":
    main()
