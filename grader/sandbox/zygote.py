"""A warm interpreter that forks once for each submission. It runs none of the student's code itself.

A request is one message on the control socket: the limits as JSON, with two descriptors (the submission's socket,
the guardian's socket). When the grader's end closes, the zygote ends, and with it all that it started.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import signal
import socket

from grader.limits import Limits
from grader.sandbox import confine, guardian, kernel
from grader.sandbox.confine import Setting

WARM = (
    *("numpy", "numpy.random", "matplotlib.pyplot", "matplotlib.backends.backend_agg"),
    *(
        "grader.child",
        "bplib.viz",
        "bplib.data",
        "bplib.check",
        "random",
        "math",
        "inspect",
        "time",
        "ctypes",
    ),
)
SLOTS = 500


def warm() -> None:
    """Load what nearly every submission loads, and draw a first figure, which is the slow one."""
    for name in WARM:
        importlib.import_module(name)
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2], label="x")
    axes.legend()
    figure.savefig(io.BytesIO())
    plt.close(figure)


def main(control: int, setting: str) -> None:
    """Load, say "ready", and serve until the grader is gone."""
    told = socket.socket(fileno=control)
    try:
        plain = json.loads(setting)
        known = Setting(**plain | {"read": tuple(plain["read"]), "look": tuple(plain["look"])})
        warm()
        if known.level == "bubblewrap":
            if known.user and os.getuid() == 0:
                kernel.become(known.user, known.user)
            kernel.set_capabilities()
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        confine.remember_size()
    except BaseException as error:
        told.send(f"failed: {type(error).__name__}: {error}"[:500].encode())
        os._exit(70)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the guardians are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's affair
    gc.collect()
    gc.freeze()
    told.send(b"ready")
    slot = 0
    while True:
        message, fds, _, _ = socket.recv_fds(told, 1 << 16, 2)
        if not message:
            os._exit(0)
        slot = (slot + 1) % SLOTS
        if os.fork() == 0:
            try:
                told.close()
                guardian.run(known, Limits.from_dict(json.loads(message)), slot, *fds)
            finally:
                os._exit(70)
        for fd in fds:
            os.close(fd)
