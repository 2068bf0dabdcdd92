"""Builds the book and serves it.

    python -m book.tools.build html                 from clean; a warning anywhere is a failure
    python -m book.tools.build book [--port 8000]   what changed, then serve it on this machine
    python -m book.tools.build serve [--port 8000]  serve what is built

A cell's results are kept from build to build in _build/.jupyter_cache, and hold as long as the cell's notebook,
the library and the pinned packages are the same: a fingerprint of the latter two empties the cache.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "_build"
HTML = BUILT / "html"
DOCTREES = BUILT / ".doctrees"
CACHE = BUILT / ".jupyter_cache"
STAMP = BUILT / "cells-stamp"
EXTRA = {"index.html", "404.html", "genindex.html", "search.html"}  # pages that Sphinx adds to ours


def contents() -> list[str]:
    """The pages that the table of contents names, in order, as paths without a suffix."""

    def walk(node: Any) -> list[str]:
        found = []
        if isinstance(node, dict):
            found += [str(node[key]) for key in ("root", "file") if key in node]
            node = list(node.values())
        if isinstance(node, list):
            found += [page for part in node for page in walk(part)]
        return found

    return walk(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))


def pages() -> set[str]:
    """The pages that stand in the built book, as paths without a suffix."""
    found = (path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    return {name.removesuffix(".html") for name in found if name not in EXTRA and "_static/" not in name}


def fingerprint() -> str:
    """What a cell's result depends on beside its notebook: the library's source and the pinned packages."""
    digest = hashlib.sha256()
    for path in [ROOT / "requirements.txt", *sorted((ROOT / "bplib").rglob("*.py"))]:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build(clean: bool) -> int:
    """Build the site; 0, or the exit code of a build with a warning, or 1 where pages are missing."""
    began = time.perf_counter()
    BUILT.mkdir(exist_ok=True)
    if clean:
        shutil.rmtree(HTML, ignore_errors=True)
        shutil.rmtree(DOCTREES, ignore_errors=True)
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != fingerprint():
        shutil.rmtree(CACHE, ignore_errors=True)
        shutil.rmtree(DOCTREES, ignore_errors=True)  # or pages would keep the results of the old library
        STAMP.write_text(fingerprint(), encoding="utf-8")
    program = Path(sys.executable).parent / "jupyter-book"
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    words = [str(program), "build", "-W", "-n", "--keep-going", "."]
    code = subprocess.run(words, cwd=ROOT, env={**os.environ, **threads}).returncode
    if code:
        shutil.rmtree(DOCTREES, ignore_errors=True)  # or a second build would not say what is wrong
        print(f"The book was not built: exit code {code}. The warnings above say why.", file=sys.stderr)
        return code
    wanted, found = set(contents()), pages()
    if wanted != found:
        missing, extra = sorted(wanted - found), sorted(found - wanted)
        print(
            f"The book is not what _toc.yml says: missing {missing}, not asked for {extra}", file=sys.stderr
        )
        return 1
    print(f"{len(found)} pages in _build/html, built in {time.perf_counter() - began:.0f} s")
    return 0


class Files(http.server.SimpleHTTPRequestHandler):
    """A plain file server, as a static host is one: the files, and 404.html where there is none."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def translate_path(self, path: str) -> str:
        prefix = getattr(self.server, "prefix", "")
        return super().translate_path(path[len(prefix) :] if prefix and path.startswith(prefix) else path)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.exists():
            super().send_error(code, message, explain)
            return
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.read_bytes())


def server(port: int = 0, folder: Path = HTML, prefix: str = "") -> http.server.ThreadingHTTPServer:
    """A file server on this machine only; port 0 takes a free one. ``prefix`` is the site's path on its host."""
    made = http.server.ThreadingHTTPServer(
        ("127.0.0.1", port), functools.partial(Files, directory=str(folder))
    )
    made.daemon_threads = True
    made.prefix = prefix  # type: ignore[attr-defined]
    return made


def serve(port: int) -> int:
    with server(port) as made:
        print(f"The book is at http://127.0.0.1:{made.server_address[1]}/ – Ctrl-C stops it", flush=True)
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(1)
        except KeyboardInterrupt:
            print()
        made.shutdown()
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["html", "book", "serve"])
    parser.add_argument("--port", type=int, default=0, help="the port to serve on (default: a free one)")
    args = parser.parse_args(argv)
    if args.command == "serve":
        return serve(args.port)
    code = build(clean=args.command == "html")
    return code if code or args.command == "html" else serve(args.port)


if __name__ == "__main__":
    raise SystemExit(main())
