"""How much of everything a submission may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission's child. ``call_seconds`` is for one call of a test, ``cell_seconds`` for one cell."""

    call_seconds: float = 2.0
    cell_seconds: float = 10.0
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    memory: int = 2048 * MB
    processes: int = 32
    file_bytes: int = 16 * MB
    temporary_bytes: int = 64 * MB
    open_files: int = 128
    printed_bytes: int = 64 * 1024  # per cell; what is over is counted and dropped
    frame_bytes: int = 64 * MB
    messages: int = 200_000
    restarts: int = 8  # fresh children after one that died or hung

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"limit {name} is {value!r}; it should be a number above zero")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Limits:
        """Limits with some values changed. ValueError for a name that is none."""
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise ValueError(f"no such limits: {unknown}; there are {sorted(cls.__dataclass_fields__)}")
        return cls(**values)
