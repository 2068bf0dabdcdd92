"""What an ``nbgrader_config.py`` needs so that nbgrader grades with our sandbox.

    from grader.nbgrader_config import use

    c = get_config()
    use(c)

Only the step that runs the notebook is another; ``nbgrader autograde``, the formgrader and its button stay as they
are. Nothing of nbgrader is imported here, so that reading a configuration takes no time.
"""

from __future__ import annotations

from typing import Any

SANITIZE = ["nbgrader.preprocessors.ClearOutput", "nbgrader.preprocessors.OverwriteKernelspec"]
AUTOGRADE = [
    "grader.preprocessor.SandboxedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]


def use(c: Any) -> Any:
    """Change a configuration (of ``get_config()``) so that submissions run in the sandbox; gives it back.

    The cells of the master are put in place by our step, from the source notebook; nbgrader's own steps for that
    (which stop at a duplicated or retyped cell) are left out.
    """
    c.Autograde.sanitize_preprocessors = list(SANITIZE)
    c.Autograde.autograde_preprocessors = list(AUTOGRADE)
    return c
