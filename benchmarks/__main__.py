"""Side by side: bplib, PyTorch (CPU, eager) and HIPS autograd; with one thread and with two.

python -m benchmarks                 everything; writes build/bench.md and build/bench.json
python -m benchmarks --quick         a few rounds of each, to see that all of it runs
python -m benchmarks --only conv     the cases whose name contains "conv"
python -m benchmarks grader          the grader beside stock nbgrader; --help has more
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _child(threads: int, args: argparse.Namespace, kernels: str = "") -> dict[str, Any]:
    """One process per setting: BLAS reads the number of threads and its choice of kernels once, when loaded."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment.update({name: str(threads) for name in THREADS})
    if kernels:
        environment["OPENBLAS_CORETYPE"] = kernels
    command = [sys.executable, "-m", "benchmarks", "--child", str(threads)]
    command += ["--quick"] if args.quick else []
    command += ["--only", args.only] if args.only else []
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"the benchmark with {threads} thread(s) failed; its message stands above")
    return json.loads(done.stdout.splitlines()[-1])


def _run_child(threads: int, quick: bool, only: str) -> None:
    import torch

    from benchmarks.cases import CASES, mlp
    from benchmarks.measure import slope, take_turns

    torch.set_num_threads(threads)
    out: dict[str, Any] = {"cases": {}, "scaling": {}, "kernels": _kernels()}
    for name, build in CASES.items():
        if only.lower() in name.lower():
            print(f"  {threads} thread(s): {name}", file=sys.stderr, flush=True)
            out["cases"][name] = take_turns(build(), 0.1 if quick else 2.0, pause=threads > 1)
    if not only and threads == 1 and "OPENBLAS_CORETYPE" not in os.environ:
        grids = {
            "batch": ([256, 512, 1024, 2048], lambda n: ([256] * 4, n)),
            "depth": ([4, 8, 16, 32], lambda n: ([512] * (n + 1), 256)),
            "width": ([512, 1024, 2048], lambda n: ([n] * 4, 256)),
        }
        for axis, (sizes, shape) in grids.items():
            print(f"  cost against {axis}", file=sys.stderr, flush=True)
            runs = [take_turns(mlp(*shape(n)), 0.1 if quick else 1.5) for n in sizes]
            out["scaling"][axis] = {
                "sizes": sizes,
                **{
                    system: {
                        "ms": [r[system]["ms"] for r in runs],
                        "exponent": slope(sizes, [r[system]["ms"] for r in runs]),
                    }
                    for system in ("bplib", "pytorch")
                },
            }
    print(json.dumps(out))


def _kernels() -> str:
    """Which of OpenBLAS's kernels NumPy uses here: its guess at the processor decides over a factor of two."""
    import threadpoolctl

    found = [i for i in threadpoolctl.threadpool_info() if "numpy" in i["filepath"]]
    return str(found[0].get("architecture", "unknown")) if found else "unknown"


def _geometric_mean(xs: list[float]) -> float:
    return math.exp(sum(map(math.log, xs)) / len(xs))


def _table(results: dict[str, Any]) -> str:
    from benchmarks.cases import TARGETS

    lines = [
        "| forward + backward, float32 | target | 1 thread | 2 threads | AVX2 | bplib ms | PyTorch ms "
        "| autograd | peak MiB | PyTorch MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, one in results["1"]["cases"].items():
        two = results["2"]["cases"][name]
        ratios = [r["bplib"]["ratio"] for r in (one, two)]
        mark = " " if max(ratios) <= TARGETS[name] else " (!)"
        narrow = results.get("avx2", {}).get("cases", {}).get(name)
        avx2 = f"{narrow['bplib']['ratio']:.2f}" if narrow else "–"
        hips = f"{one['autograd']['ratio']:.2f}" if "autograd" in one else "–"
        peak = results["peak_kib"].get(name, {})
        memory = [f"{peak[s] / 1024:.1f}" if s in peak else "–" for s in ("bplib", "pytorch")]
        lines.append(
            f"| {name} | {TARGETS[name]:.1f} | {ratios[0]:.2f} | {ratios[1]:.2f}{mark}| {avx2} "
            f"| {one['bplib']['ms']:.2f} | {one['pytorch']['ms']:.2f} | {hips} | {memory[0]} | {memory[1]} |"
        )
    means = [_geometric_mean([r["bplib"]["ratio"] for r in results[t]["cases"].values()]) for t in ("1", "2")]
    lines.append(f"| geometric mean | 1.5 | {means[0]:.2f} | {means[1]:.2f} | | | | | | |")
    lines.append("")
    lines.append(
        "Ratios are time / PyTorch's time in the same run (medians); ms are with one thread; the autograd column "
        "is HIPS autograd's ratio; (!) marks a ratio over its target. NumPy's OpenBLAS chose the kernels "
        f"{results['1']['kernels']}; the AVX2 column repeats the run on one thread with the kernels of a "
        "processor without AVX-512 (OPENBLAS_CORETYPE=Haswell), where that differs; PyTorch keeps its own."
    )
    if results["1"]["scaling"]:
        lines += [
            "",
            "| cost of an MLP step against | sizes | bplib: time ~ size^ | PyTorch |",
            "|---|---|--:|--:|",
        ]
        for axis, row in results["1"]["scaling"].items():
            lines.append(
                f"| {axis} | {', '.join(map(str, row['sizes']))} | {row['bplib']['exponent']:.2f} "
                f"| {row['pytorch']['exponent']:.2f} |"
            )
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:2] == ["grader"]:
        from benchmarks import grader

        grader.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: does everything run?")
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _run_child(args.child, args.quick, args.only)
        return

    import torch

    from benchmarks.measure import peak_kib

    results: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
    }
    for threads in (1, 2):
        results[str(threads)] = _child(threads, args)
    if results["1"]["kernels"] == "SkylakeX":
        results["avx2"] = _child(1, args, "Haswell")
    results["peak_kib"] = {}
    if not args.quick:
        for name in results["1"]["cases"]:
            print(f"  peak memory: {name}", file=sys.stderr, flush=True)
            results["peak_kib"][name] = {s: peak_kib(name, s) for s in ("bplib", "pytorch")}
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    table = _table(results)
    (folder / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "bench.md").write_text(table + "\n")
    print(table)
    print(f"\nwritten: {folder / 'bench.md'}, {folder / 'bench.json'}\n", flush=True)
    if not args.only:
        subprocess.run(
            [sys.executable, "-m", "benchmarks", "grader", *["--quick"] * args.quick], cwd=ROOT, check=True
        )


if __name__ == "__main__":
    main()
