"""``python -m bplib.check NOTEBOOK``: run its cells, print what each check says, and the points at the end."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from bplib.check import score
from bplib.check.judge import NotYet
from bplib.check.notebook import code_cells, run_cell


def main() -> int:
    """0 where every check of the notebook holds, 1 where one does not."""
    parser = argparse.ArgumentParser(prog="python -m bplib.check", description=__doc__)
    parser.add_argument("notebook", type=Path, help="an assignment, such as 04_activations.ipynb")
    path = parser.parse_args().notebook
    os.environ.setdefault("MPLBACKEND", "agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    missing = 0
    for number, source in enumerate(code_cells(path), 1):
        try:
            run_cell(source, namespace, f"cell {number}")
        except NotYet as error:
            missing += 1
            print(f"\n{error}\n")
        except NotImplementedError:
            continue  # a picture of something that is not written yet
        except Exception as error:
            missing += 1
            print(f"\nCode cell {number} stopped with {type(error).__name__}: {error}\n")
    if "score()" not in source:
        score()
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
