"""Audits assignments, several tasks at a time, and tells the result as a table and as JSON."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bplib.check.task import all_tasks, find
from grader.audit import source as sources
from grader.audit.trial import Bench, TaskAudit, audit_task
from grader.audit.variants import read as read_variants

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 6 << 30  # a mutant may ask for a huge array: it gets an error, and not the machine
MIN_RIGHT, MIN_WRONG = 3, 3


def notebook(number: str, root: Path = ROOT) -> Path:
    """The source notebook of an assignment."""
    found = sorted((root / "solutions").glob(f"{number}_*/{number}_*.ipynb"))
    if len(found) != 1:
        raise SystemExit(
            f"solutions/ has {len(found)} notebooks for assignment {number!r}; it should have one"
        )
    return found[0]


def numbers(root: Path = ROOT) -> list[str]:
    """The assignments that there are."""
    return sorted(p.name[:2] for p in (root / "solutions").glob("[0-9][0-9]_*") if p.is_dir())


def _one(job: tuple[str, bool]) -> TaskAudit:
    id, with_mutants = job
    number = id.split(".")[0]
    try:
        bench = Bench(sources.read(notebook(number)))
        variants = read_variants(ROOT / "solutions" / "variants" / f"a{number}.py")
        return audit_task(bench, find(id), variants, with_mutants)
    except Exception as error:
        return TaskAudit(id, find(id).title, find(id).points(), notes=[f"{type(error).__name__}: {error}"])


def _begin() -> None:
    os.environ["MPLBACKEND"] = "agg"
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdin = open(os.devnull)  # noqa: SIM115  # held for the life of the worker


def run(assignments: list[str], with_mutants: bool = True, progress: bool = True) -> list[TaskAudit]:
    """Audit every task of these assignments, in processes of their own."""
    jobs = [(task.id, with_mutants) for a in assignments for task in all_tasks(a)]
    if not jobs:
        raise SystemExit(f"no tasks are known for {', '.join(assignments) or 'any assignment'}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    found = []
    with ProcessPoolExecutor(min(cores, len(jobs)), mp_context=context, initializer=_begin) as pool:
        for done, audit in enumerate(pool.map(_one, jobs), 1):
            found.append(audit)
            if progress and sys.stderr.isatty():
                print(f"\r{done} of {len(jobs)} tasks", end="", file=sys.stderr, flush=True)
    return found


def faults(audits: list[TaskAudit]) -> list[str]:
    """What falls short, a line each; empty where everything holds."""
    lines = []
    for a in audits:
        say = lambda text, id=a.task: lines.append(f"{id}: {text}")
        for note in a.notes:
            say(note)
        if a.notes and not a.solution and not a.misconceptions:
            continue
        if not a.solution:
            say("the solution does not earn full points")
        if not a.stub:
            say("the released stub earns points")
        if a.by_heart:
            say(f"an answer that knows only the visible cases keeps {', '.join(a.by_heart)}")
        for name in a.survived:
            say(f"misconception {name} keeps full points under visible and hidden tests")
        for name in a.survived_visible:
            say(f"misconception {name} keeps full points under the visible tests")
        for name in a.unnamed:
            say(f"misconception {name} loses points, and is not named")
        for what in a.rejected:
            say(f"a right answer is rejected: {what}")
        for what in a.survivors:
            say(f"mutant survives: {what}")
        if a.misconceptions < MIN_WRONG:
            say(f"{a.misconceptions} misconceptions, at least {MIN_WRONG} are wanted")
        if a.right < MIN_RIGHT:
            say(f"{a.right} right variants, at least {MIN_RIGHT} are wanted")
    return lines


def totals(audits: list[TaskAudit]) -> dict[str, float]:
    """The figures of all tasks together."""
    wrong = sum(a.misconceptions for a in audits)
    part = lambda n: n / wrong if wrong else 0.0
    return {
        "tasks": len(audits),
        "points": sum(a.points for a in audits),
        "misconceptions": wrong,
        "kill_rate_visible": part(sum(len(a.killed_visible) for a in audits)),
        "kill_rate": part(sum(len(a.killed) for a in audits)),
        "named_rate": part(sum(len(a.named) for a in audits)),
        "right_variants": sum(a.right for a in audits),
        "false_rejections": sum(len(a.rejected) for a in audits),
        "mutants": sum(a.mutants for a in audits),
        "mutants_equivalent": sum(len(a.equivalent) for a in audits),
        "mutants_survived": sum(len(a.survivors) for a in audits),
    }


COLUMNS = [
    "task",
    "points",
    "wrong",
    "visible",
    "total",
    "named",
    "right",
    "rejected",
    "mutants",
    "equivalent",
    "alive",
]


def rows(audits: list[TaskAudit]) -> list[list[str]]:
    """The table's rows, a task each, and a last one for all."""
    lines = []
    for a in audits:
        counts = [
            a.misconceptions,
            len(a.killed_visible),
            len(a.killed),
            len(a.named),
            a.right,
            len(a.rejected),
        ]
        lines.append(
            [
                a.task,
                f"{a.points:g}",
                *map(str, counts),
                str(a.mutants),
                str(len(a.equivalent)),
                str(len(a.survivors)),
            ]
        )
    sums = [f"{sum(float(line[k]) for line in lines):g}" for k in range(1, len(COLUMNS))]
    return [*lines, ["all", *sums]]


def table(audits: list[TaskAudit]) -> str:
    """The result as plain text."""
    lines = [COLUMNS, *rows(audits)]
    wide = [max(len(line[k]) for line in lines) for k in range(len(COLUMNS))]
    text = [
        "  ".join(
            w.ljust(n) if k == 0 else w.rjust(n) for k, (w, n) in enumerate(zip(line, wide, strict=True))
        )
        for line in lines
    ]
    t = totals(audits)
    text += [
        "",
        f"misconceptions killed: {t['kill_rate_visible']:.1%} by visible tests, {t['kill_rate']:.1%} by all",
        f"misconceptions named by visible tests: {t['named_rate']:.1%}",
        f"right answers rejected: {t['false_rejections']:g} of {t['right_variants']:g}",
        f"mutants: {t['mutants']:g}, of which {t['mutants_equivalent']:g} equivalent, {t['mutants_survived']:g} alive",
    ]
    return "\n".join(text)


def as_json(audits: list[TaskAudit]) -> dict[str, Any]:
    """The result for programs."""
    return {"totals": totals(audits), "tasks": [asdict(a) for a in audits], "faults": faults(audits)}


def write_json(audits: list[TaskAudit], path: Path) -> None:
    """Write the result; the old file stands until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(as_json(audits), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)
