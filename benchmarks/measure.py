"""How it is measured: the systems take turns, and the median of the ratios of neighbouring runs is reported.

A machine's speed drifts while a benchmark runs; a ratio of two runs a few milliseconds apart hardly does.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]


def _seconds(work: Work, repeat: int) -> float:
    began = time.perf_counter()
    for _ in range(repeat):
        work()
    return (time.perf_counter() - began) / repeat


def _turn(work: Work, repeat: int, pause: bool) -> float:
    """One system's turn. With several threads the other system's idle workers keep a core busy for a while
    after its turn, so there is a pause and an untimed call first; without it PyTorch's LSTM took twice as long."""
    if pause:
        time.sleep(0.05)
        work()
    return _seconds(work, repeat)


def take_turns(systems: dict[str, Work], seconds: float, pause: bool = False) -> dict[str, dict[str, float]]:
    """Median milliseconds of each system, and the median over rounds of its time / PyTorch's time."""
    for work in systems.values():
        work()
    slowest = max(_seconds(work, 1) for work in systems.values())
    repeat = max(1, int(0.005 / slowest))
    cost = (slowest * (repeat + pause) + 0.05 * pause) * len(systems)
    rounds = max(5, min(100, int(seconds / cost)))
    times: dict[str, list[float]] = {name: [] for name in systems}
    # What the imports left on the heap (most of it is PyTorch's) is not scanned by the collector again
    # in the middle of somebody's turn.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, work in systems.items():
            times[name].append(_turn(work, repeat, pause))
    gc.unfreeze()
    return {
        name: {
            "ms": 1e3 * statistics.median(ts),
            "ratio": statistics.median(a / b for a, b in zip(ts, times["pytorch"], strict=True)),
            "rounds": rounds,
        }
        for name, ts in times.items()
    }


_PEAK = """
import resource, sys
from benchmarks.cases import CASES
import torch
torch.set_num_threads(1)
systems = CASES[sys.argv[1]]()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
systems[sys.argv[2]]()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak_kib(case: str, system: str) -> int:
    """How much the process's peak memory grows in one forward and backward pass, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, case, system], capture_output=True, text=True, check=True, timeout=120
    )
    return int(done.stdout.split()[-1])


def slope(sizes: list[int], times: list[float]) -> float:
    """The exponent of time ~ size^slope, by least squares on logarithms."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
