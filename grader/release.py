"""Makes the notebook that students receive from the one that the instructor writes.

The steps are nbgrader's own, those of ``nbgrader generate_assignment``, without its database: a test holds
this and that command to the same result.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any


def released(source: Path) -> Any:
    """The released notebook of a source notebook: no solutions, no hidden tests, test cells locked."""
    import nbformat
    from nbgrader import preprocessors as steps

    logging.getLogger("nbgrader").setLevel(logging.WARNING)
    try:
        nb = nbformat.read(source, as_version=4)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{source} is not a notebook that can be released: {error}") from None
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ):
        nb, _ = step().preprocess(nb, {})
    return nb
