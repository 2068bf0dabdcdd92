"""Notebooks in their normal form: executed, text outputs kept, nothing in them that changes from run to run.

    python -m book.tools.notebooks run chapters/01_first_network.ipynb   execute, then normalise
    python -m book.tools.notebooks format chapters/*.ipynb               normalise only
    python -m book.tools.notebooks check chapters/*.ipynb                exit 1 if one is not normal

Normal means: no execution counts, no images (the book draws them afresh), no timestamps, no metadata but tags and
MyST-NB's own; one kernel; unique cell ids; no output on stderr; the first code cell is the set-up cell below.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[2]
KEPT_CELL_METADATA = ("tags", "mystnb", "nbgrader", "editable", "deletable")
IMAGES = re.compile(r"^(image/|application/pdf)")

SETUP = """\
# Runs anywhere: in Colab, and only there, this fetches the course's
# library first.
import sys

if "google.colab" in sys.modules:
    %pip install -q "git+{url}"
"""


def repository_url() -> str:
    """The one setting of the repository's address: ``repository.url`` in _config.yml."""
    import yaml

    return str(yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"])


def _normal_output(output: Any) -> Any | None:
    output = nbformat.from_dict(output)
    if "execution_count" in output:
        output["execution_count"] = None
    if "data" in output:
        had_image = any(IMAGES.match(kind) for kind in output["data"])
        output["data"] = {k: v for k, v in output["data"].items() if not IMAGES.match(k)}
        if had_image:
            output["data"] = {"text/plain": "<Figure>"}
        output["metadata"] = {}
    if output["output_type"] == "error":  # the path and line numbers of a traceback are the machine's
        output["traceback"] = []
    return output


def normalise(nb: Any, setup: str | None = None) -> Any:
    """The normal form of a notebook, as a new one. ``setup`` replaces the source of the first code cell."""
    nb = nbformat.from_dict(nb)
    nb["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **({"mystnb": nb["metadata"]["mystnb"]} if "mystnb" in nb["metadata"] else {}),
    }
    nb["nbformat"], nb["nbformat_minor"] = 4, 5
    seen: set[str] = set()
    first_code = True
    for i, cell in enumerate(nb["cells"]):
        cell["metadata"] = {k: cell["metadata"][k] for k in KEPT_CELL_METADATA if k in cell["metadata"]}
        if cell["metadata"].get("tags") == []:
            del cell["metadata"]["tags"]
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{i:03d}"
        seen.add(cell["id"])
        cell["source"] = "\n".join(line.rstrip() for line in cell["source"].rstrip().split("\n"))
        if cell["cell_type"] == "code":
            if first_code and setup is not None:
                cell["source"] = setup.rstrip()
                cell["metadata"]["tags"] = sorted({*cell["metadata"].get("tags", []), "hide-cell"})
            first_code = False
            cell["execution_count"] = None
            cell["outputs"] = _merged([o for o in map(_normal_output, cell["outputs"]) if o])
    return nb


def _merged(outputs: list[Any]) -> list[Any]:
    """Neighbouring pieces of one stream become one piece; how a kernel cuts them is chance."""
    out: list[Any] = []
    for o in outputs:
        if out and o["output_type"] == "stream" == out[-1]["output_type"] and o["name"] == out[-1]["name"]:
            out[-1]["text"] += o["text"]
        else:
            out.append(o)
    return out


def faults(nb: Any, path: Path) -> list[str]:
    """What no normalisation can mend: output on stderr, an error where none is announced."""
    found = []
    for i, cell in enumerate(nb["cells"]):
        for o in cell.get("outputs", []):
            if o["output_type"] == "stream" and o["name"] == "stderr":
                found.append(f"{path.name}: cell {i} writes to stderr: {o['text'][:200]!r}")
            if o["output_type"] == "error" and "raises-exception" not in cell["metadata"].get("tags", []):
                found.append(f"{path.name}: cell {i} raises {o['ename']}: {o['evalue'][:300]}")
    return found


def setup_for(path: Path) -> str | None:
    """Chapters carry the set-up cell; assignments bring their own first cell."""
    return SETUP.format(url=repository_url()) if path.resolve().parent.name == "chapters" else None


def text_of(nb: Any) -> str:
    return nbformat.writes(nb, indent=1) + "\n"


def execute(nb: Any, folder: Path, timeout: int = 300) -> None:
    """Run every cell in a fresh kernel, with one BLAS thread, from the folder of the notebook."""
    from nbclient import NotebookClient

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    NotebookClient(
        nb, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["run", "format", "check"])
    parser.add_argument("notebooks", nargs="+", type=Path)
    args = parser.parse_args(argv)
    bad = 0
    for path in args.notebooks:
        nb = nbformat.read(path, as_version=4)
        began = time.perf_counter()
        setup = setup_for(path)
        if args.command == "run":
            nb = normalise(nb, setup)  # the set-up cell may be new
            execute(nb, path.parent)
        normal = normalise(nb, setup)
        problems = faults(normal, path)
        if args.command == "check":
            if text_of(normal) != path.read_text(encoding="utf-8"):
                problems.append(f"{path.name} is not normal: python -m book.tools.notebooks format {path}")
        else:
            temporary = path.with_suffix(".part")
            temporary.write_text(text_of(normal), encoding="utf-8")
            temporary.replace(path)
            print(f"{path.name}: {len(normal['cells'])} cells, {time.perf_counter() - began:.1f} s")
        for problem in problems:
            print(problem, file=sys.stderr)
        bad += len(problems)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
