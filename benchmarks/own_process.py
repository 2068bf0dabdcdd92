"""What a real assignment costs to grade, beside what its tests take in the student's own process.

Run as a program, it is that process: it runs the right answers and the tests, hidden ones included, and prints
the seconds that the tests took.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.graded_class import ROOT, command


def notebooks() -> dict[str, Path]:
    """The real assignments by number."""
    return {p.stem[:2]: p for p in sorted((ROOT / "solutions").glob("[0-9]*/*.ipynb"))}


def in_this_process(path: Path) -> float:
    """Run the right answers and the tests here; the seconds of the tests."""
    from bplib.check.notebook import python, run_cell
    from grader.bundle import _cell
    from grader.grade import _run_test

    spent, scope = 0.0, {"__name__": "__main__"}
    for number, plain in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        cell = _cell(plain, number)
        if not cell.code or cell.role == "look":
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            began = time.perf_counter()
            if cell.role == "test":
                _run_test(cell.source, scope, cell.name)
                spent += time.perf_counter() - began
            else:
                run_cell(python(cell.source), scope, cell.name)
    return spent


def table(quick: bool) -> list[dict[str, Any]]:
    """Each assignment, on one core: seconds in the student's own process, and to grade it as a worker does."""
    from grader.bundle import Bundle
    from grader.drivers import Judge
    from grader.limits import Limits

    rounds, rows = 2 if quick else 7, []
    bundles = {number: Bundle.read(path).to_dict() for number, path in notebooks().items()}
    spec = {"limits": asdict(Limits()), "bundles": bundles}
    allowed = os.sched_getaffinity(0)
    # As where every core has a worker: no core is asleep that would have to be woken for each call.
    os.sched_setaffinity(0, {min(allowed)})
    judge = Judge(spec | {"level": "best", "opener": "grader.sandbox:open_sandbox"})
    for number, path in notebooks().items():
        raw, own, ours = path.read_bytes(), [], []
        for at in range(rounds + 1):  # they take turns: a machine's speed drifts
            began = time.perf_counter()
            verdict = judge(number, raw)
            ours.append(time.perf_counter() - began)
            if at:
                own.append(float(command(sys.executable, "-m", "benchmarks.own_process", str(path))))
        scores = [c for c in verdict["cells"] if c["kind"] == "test"]
        if any(c["score"] != c["points"] for c in scores):
            raise SystemExit(f"the right answers to {number} do not get all points; see the verdict")
        rows.append({"assignment": number, "own": min(own), "graded": min(ours[1:]), "first": ours[0]})
    judge.close()
    os.sched_setaffinity(0, allowed)
    return rows


if __name__ == "__main__":
    print(in_this_process(Path(sys.argv[1])))
