"""All attacks in their groups, and what came of one, in plain words."""

from __future__ import annotations

import socket
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.grader.attacks import faking, killing, malformed, presentation, stealing
from tests.grader.attacks.kit import GROUPS, Attack

MODULES = (faking, killing, stealing, malformed, presentation)
ATTACKS: dict[str, tuple[Attack, ...]] = {
    group: module.ATTACKS for group, module in zip(GROUPS, MODULES, strict=True)
}
EVERY = tuple(attack for attacks in ATTACKS.values() for attack in attacks)
BY_ID = {attack.id: attack for attack in EVERY}


@dataclass
class Outcome:
    """What one of the two programs made of an attack. ``points`` is None where there are none in the gradebook."""

    points: float | None
    twin: float
    status: str  # "graded", "zero", "quarantined"; for stock nbgrader also "nothing"
    harms: list[str] = field(default_factory=list)
    told: str = ""  # all that the student is shown

    @property
    def unearned(self) -> float:
        return max(0.0, (self.points or 0.0) - self.twin)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def words(self) -> str:
        """One cell of the table."""
        parts = list(self.harms)
        if self.status == "quarantined":
            return "; ".join(["waits for a person, who is told why", *parts])
        if self.status == "zero":
            return "; ".join(["zero, with the reason", *parts])
        if self.points is None:
            return "; ".join(["**not graded**", *parts])
        if self.unearned:
            parts.insert(0, f"**{_points(self.points)}, {self.unearned:g} not earned**")
        elif self.points < self.twin:
            parts.insert(0, f"{_points(self.points)}; the honest twin has {self.twin:g}")
        else:
            parts.insert(0, f"{_points(self.points)}, as its honest twin")
        return "; ".join(parts)


def _points(number: float) -> str:
    return f"{number:g} point{'s' * (number != 1)}"


class Listener:
    """Listens on this machine, and keeps what it hears: over TCP, and over UDP on the same port."""

    def __init__(self) -> None:
        self.heard = b""
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.tcp.getsockname()[1])
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.knocks = 0
        for work in (self._tcp, self._udp):
            threading.Thread(target=work, daemon=True).start()

    def _tcp(self) -> None:
        while True:
            try:
                caller, _ = self.tcp.accept()
            except OSError:
                return
            self.knocks += 1
            with caller:
                caller.settimeout(1)
                try:
                    self.heard += caller.recv(200)
                except OSError:
                    continue

    def _udp(self) -> None:
        while True:
            try:
                self.heard += self.udp.recv(200)
            except OSError:
                return
            self.knocks += 1

    def close(self) -> None:
        for sock in (self.tcp, self.udp):
            sock.close()
