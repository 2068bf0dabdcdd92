"""Cases by op, one file a family, mirroring bplib/ops. ``CASES[op name]`` is the list for that op."""

from __future__ import annotations

import importlib
import pkgutil

from tests.bplib.prove import Case

CASES: dict[str, list[Case]] = {}

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    for _op, _cases in importlib.import_module(f"{__name__}.{_module}").CASES.items():
        assert _op not in CASES, f"{_op} has cases in two files"
        CASES[_op] = _cases
