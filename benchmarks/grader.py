"""The grader beside stock nbgrader, on the same class, in one run: python -m benchmarks grader

The class hands in the first five tasks of assignment 01; two in a hundred run until a limit of two seconds ends
them. Ours runs in the best sandbox of this machine, on two cores, and writes gradebook and feedback; stock nbgrader
does the same with a sample, as it is slow, and its time for the class is calculated from its time per submission.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import graded_class as a_class
from benchmarks.graded_class import NAME, command, grader

Row = tuple[str, str, str]  # what, how much, what is asked for


def watched(words: list[str]) -> dict[str, float]:
    """Run a command: its seconds, its processor seconds, and the memory of all its processes at the worst moment."""
    before = os.times()
    began = time.perf_counter()
    process = subprocess.Popen(
        words,
        cwd=a_class.ROOT,
        env=a_class.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = [0]

    def look() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], sum(_memory(pid) for pid in _family(process.pid)))
            time.sleep(1.0)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    said, _ = process.communicate()
    seconds = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} gave {process.returncode}:\n{said}")
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": seconds, "cpu": spent, "peak": peak[0]}


def _family(pid: int) -> list[int]:
    found, queue = [pid], [pid]
    while queue:
        parent = queue.pop()
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                children = [int(w) for w in Path(f"/proc/{parent}/task/{task}/children").read_text().split()]
                found += children
                queue += children
        except OSError:
            continue
    return found


def _memory(pid: int) -> int:
    """Bytes of a process, where pages that several share count for each in part (PSS)."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def start(rounds: int) -> tuple[float, dict[str, float]]:
    """Seconds of ``python -c "import numpy"``, and of each subcommand's help, at best."""

    def best(words: list[str]) -> float:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            command(*words)
            times.append(time.perf_counter() - began)
        return min(times)

    names = [p.stem for p in (a_class.ROOT / "grader" / "commands").glob("[a-z]*.py")]
    helps = {name: best(grader(name, "--help")) for name in sorted(names)}
    return best([sys.executable, "-c", "import numpy"]), helps


def first_progress(course: Path) -> float:
    """Seconds until ``grader autograde`` says how many there are to grade."""
    began = time.perf_counter()
    code = (
        "import sys; from grader.batch import Run; from grader.course import Course; from pathlib import Path\n"
        "def show(settled, of): print(of, flush=True); raise KeyboardInterrupt\n"
        "try: Run(Course.open(Path(sys.argv[1])), sys.argv[2], progress=show)()\n"
        "except KeyboardInterrupt: pass"
    )
    command(sys.executable, "-c", code, str(course), NAME)
    return time.perf_counter() - began


def ours(course: Path) -> dict[str, dict[str, float]]:
    """Grade and write feedback with our two commands."""
    graded = watched([*grader("autograde", NAME, "--course", str(course), "--workers", "2", "--json")])
    pages = watched([*grader("feedback", NAME, "--course", str(course), "--json")])
    count = len(list((course / "submitted").iterdir()))
    if len(list((course / "feedback").glob("*/*/*.html"))) != count:
        raise SystemExit(f"{course} has not a page for each of {count} students")
    return {"autograde": graded, "feedback": pages}


def stock(course: Path) -> dict[str, float]:
    """The same with nbgrader as it comes: seconds of its two commands, and of the start that both begin with."""
    program = str(Path(sys.executable).with_name("nbgrader"))
    began = time.perf_counter()
    command(program, "autograde", "--help", where=course)
    started = time.perf_counter()
    command(program, "autograde", NAME, where=course)
    graded = time.perf_counter()
    command(program, "generate_feedback", NAME, where=course)
    ended = time.perf_counter()
    return {"start": started - began, "autograde": graded - started, "feedback": ended - graded}


def parts(course: Path) -> dict[str, float]:
    """Where the time goes, in seconds a submission: of two workers' time, and of the one process that writes."""
    code = """
import json, sys, time
from pathlib import Path
from grader import batch, journal
from grader.course import Course
from grader.gradebook import Book
spent = {}
def timed(owner, name, label):
    inner = getattr(owner, name)
    def outer(*args, **options):
        began = time.perf_counter()
        try:
            return inner(*args, **options)
        finally:
            spent[label] = spent.get(label, 0.0) + time.perf_counter() - began
    setattr(owner, name, outer)
if __name__ == "__main__":
    timed(journal.Journal, "append", "journal")
    timed(Book, "apply", "gradebook")
    timed(batch.Run, "_show", "autograded/")
    course = Course.open(Path(sys.argv[1]))
    done = batch.Run(course, sys.argv[2], workers=2)()
    spent["execution"] = sum(v["seconds"] for _, v in batch.verdicts(course, sys.argv[2]) if v)
    print(json.dumps({name: seconds / done.submitted for name, seconds in spent.items()}))
"""
    found: dict[str, float] = json.loads(
        command(sys.executable, "-c", code, str(course), NAME).splitlines()[-1]
    )
    return found


def with_dask(course: Path, fresh: Any) -> dict[int, float]:
    """Seconds a submission with one Dask worker and with two, without their start: the median of three classes each."""
    code = """
import os, sys, time
from pathlib import Path
from distributed import Client, LocalCluster
from grader.batch import Run
from grader.cluster import judge_there
from grader.course import Course
if __name__ == "__main__":
    course = Course.open(Path(sys.argv[1]))
    with LocalCluster(n_workers=int(sys.argv[3]), threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:  # a core for each: a worker without bounds starts processes on another
            for core, worker in zip(sorted(os.sched_getaffinity(0)), client.scheduler_info()["workers"]):
                client.run(os.sched_setaffinity, 0, {core}, workers=[worker])
        marks = []
        Run(course, sys.argv[2], scheduler=cluster.scheduler_address, driver="dask",
            progress=lambda settled, of: marks.append((time.perf_counter(), settled)))()
    skip = len(marks) // 5
    print((marks[-1][0] - marks[skip][0]) / (marks[-1][1] - marks[skip][1]))
"""
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):  # in turn, as a machine may be slower for a while
        for n, times in found.items():
            said = command(sys.executable, "-c", code, str(fresh()), NAME, str(n))
            times.append(float(said.splitlines()[-1]))
    return {n: statistics.median(times) for n, times in found.items()}


def main(words: list[str]) -> None:
    """Measure, print the table, and write build/bench-grader.json."""
    parser = argparse.ArgumentParser(prog="benchmarks grader", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small class: does everything run?")
    parser.add_argument("--sample", type=int, default=0, help="submissions for stock nbgrader (20; quick: 2)")
    parser.add_argument("--ten-thousand", action="store_true", help="a class of 10,000 too")
    args = parser.parse_args(words)
    sizes = [20, 40] if args.quick else [100, 1000, *([10_000] if args.ten_thousand else [])]
    sample = args.sample or (2 if args.quick else 20)
    if hasattr(os, "sched_setaffinity"):  # two cores, for both
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as folder:
        results = measure(Path(folder), sizes, sample, args.quick)
    build = a_class.ROOT / "build"
    build.mkdir(exist_ok=True)
    text = shown(results)
    (build / "bench-grader.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (build / "bench-grader.md").write_text(text + "\n", encoding="utf-8")
    print(f"{text}\n\nwritten: {build / 'bench-grader.md'}, {build / 'bench-grader.json'}")


def measure(folder: Path, sizes: list[int], sample: int, quick: bool) -> dict[str, Any]:
    """Everything that is in the table."""
    from benchmarks.own_process import table

    def say(what: str) -> None:
        print(f"  {what}", file=sys.stderr, flush=True)

    found: dict[str, Any] = {"sample": sample, "quick": quick, "load": os.getloadavg()[0]}
    say("start of the command")
    found["numpy"], found["help"] = start(1 if quick else 3)
    base = a_class.make(folder / "base")
    courses = iter(range(1000))

    def fresh(count: int, stock: bool = False) -> Path:
        return a_class.copy(base, folder / f"class-{next(courses)}", count, stock)

    say(f"stock nbgrader, {sample} submissions")
    found["stock"] = stock(fresh(sample, stock=True))
    found["classes"] = {}
    for size in sizes:
        say(f"ours, {size} submissions")
        course = fresh(size)
        if size == sizes[0]:
            found["first progress"] = first_progress(course)
        found["classes"][size] = ours(course)
    say("where the time goes")
    found["parts"] = parts(fresh(sizes[0]))
    if not quick:
        say("Dask, one worker and two")
        found["dask"] = with_dask(base, lambda: fresh(300))
    say("real assignments")
    found["assignments"] = table(quick)
    return found


def shown(found: dict[str, Any]) -> str:
    """The table, in Markdown."""
    sample, classes = found["sample"], found["classes"]
    begin, whole_sample = (
        2 * found["stock"]["start"],
        found["stock"]["autograde"] + found["stock"]["feedback"],
    )
    each = max(0.0, whole_sample - begin) / sample
    rows: list[Row] = [
        ('`python -c "import numpy"`, for comparison', f"{found['numpy']:.2f} s", ""),
        ("slowest subcommand's `--help`", f"{max(found['help'].values()):.2f} s", "< 1 s"),
        ("`grader autograde` until it shows how many there are", f"{found['first progress']:.2f} s", "< 1 s"),
        (
            f"stock nbgrader, {sample} submissions, its two commands",
            f"{sum(found['stock'].values()):.1f} s",
            "",
        ),
    ]
    for size, one in classes.items():
        whole = one["autograde"]["seconds"] + one["feedback"]["seconds"]
        cpu, peak = sum(c["cpu"] for c in one.values()), max(c["peak"] for c in one.values())
        text = f"{whole:.1f} s ({one['feedback']['seconds']:.1f} s of it feedback; processor {cpu:.1f} s)"
        rows.append((f"ours, {int(size):,} submissions", text, "< 180 s" if int(size) == 1000 else ""))
        ratio = f"{each * int(size) / whole:.1f} times as fast"
        rows.append(
            (f"… beside stock's {each * int(size):,.0f} s, calculated from its sample", ratio, "≥ 15")
        )
        rows.append(("… memory of all processes, at most", f"{peak / 2**20:.0f} MiB", "< 1024 MiB"))
    for name, seconds in sorted(found["parts"].items(), key=lambda p: -p[1]):
        where = "in each of two workers" if name == "execution" else "in the one process that writes"
        rows.append((f"a submission: {name}, {where}", f"{1e3 * seconds:.1f} ms", ""))
    if "dask" in found:
        rows.append(
            (
                "Dask, two workers of one core each beside one",
                f"{found['dask'][1] / found['dask'][2]:.2f}",
                "≥ 1.8",
            )
        )
    for row in found["assignments"]:
        most = 1.3 * row["own"] + 0.1
        text = f"{row['graded']:.3f} s; tests in the student's own process {row['own']:.3f} s"
        rows.append((f"assignment {row['assignment']}, right answers, on one core", text, f"≤ {most:.3f} s"))
    ratios = [r["graded"] / (1.3 * r["own"] + 0.1) for r in found["assignments"]]
    rows.append(("… time / (1.3 × own + 0.1 s), median", f"{statistics.median(ratios):.2f}", "≤ 1"))
    lines = ["| what | measured | asked for |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {a} | {b} | {c} |" for a, b, c in rows)])
