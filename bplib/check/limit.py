"""A limit on the time of a call, which works wherever Python has threads."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from types import TracebackType

LOOK = 0.05  # seconds between two looks at the clock
IDLE_LOOKS = 10  # so many with nothing to watch, and the watcher ends


class TooLong(BaseException):
    """Thrown into a call that is over its time; not an Exception, so that ``except Exception`` lets it out."""


class _Watcher:
    """One thread that looks after all limited calls of this process. It ends when there have been none for a while.

    A thread for each call would cost more than most calls do.
    """

    def __init__(self) -> None:
        self.process = os.getpid()  # a forked process does not have the thread
        self.guard = threading.Lock()  # nothing slower: a throw may arrive wherever Python's own code runs
        self.limits: list[Limit] = []
        self.running = False

    def enter(self, limit: Limit) -> None:
        with self.guard:
            if not self.running:
                threading.Thread(target=self._watch, daemon=True).start()
                self.running = True
            self.limits.append(limit)

    def _watch(self) -> None:
        idle = 0
        while idle < IDLE_LOOKS:
            time.sleep(LOOK)
            with self.guard:
                self.limits = [limit for limit in self.limits if not limit.over]
                for limit in self.limits:
                    limit.look()
                idle = 0 if self.limits else idle + 1
                self.running = idle < IDLE_LOOKS


class Limit:
    """Throws ``TooLong`` into this thread when the time is up, again and again, until the call has ended."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.thread = threading.get_ident()
        self.watcher: _Watcher | None = None
        self.over = self.thrown = False

    def look(self) -> None:
        """Throw, if it is time. The watcher's lock is held."""
        if time.monotonic() >= self.until:
            self.until, self.thrown = time.monotonic() + 0.1, True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(TooLong))

    def __enter__(self) -> None:
        global _watcher
        if _watcher.process != os.getpid():
            _watcher = _Watcher()
        # A browser's Python has no threads, and so no limit: the reader closes the page there.
        with contextlib.suppress(RuntimeError):
            _watcher.enter(self)
            self.watcher = _watcher

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self.watcher is not None and not self.over:
            with contextlib.suppress(TooLong), self.watcher.guard:  # one may arrive just here
                self.over = True
                if self.thrown:  # take back what has not arrived
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)


_watcher = _Watcher()
