"""The step of nbgrader that runs a notebook, with our sandbox in place of a kernel.

``nbgrader autograde`` and the formgrader's button run it where ``grader.nbgrader_config.use`` put it into the
course's configuration. It grades the file as it was handed in and gives nbgrader a notebook whose outputs hold the
result; nbgrader's next steps read the points off them and write the gradebook.
"""

from __future__ import annotations

import atexit
import json
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Unicode

from grader import autograded, handed_in
from grader.course import Course, Master
from grader.drivers import Judge
from grader.gradebook import Book
from grader.journal import Journal
from grader.key import key as key_of
from grader.limits import Limits

_judges: dict[str, Judge] = {}


class SandboxedExecute(NbGraderPreprocessor):
    """Grades a submission in a sandbox, and writes the result as the notebook's outputs."""

    level = Unicode("best", help="The sandbox: best, or one of the levels that `grader doctor` lists.").tag(
        config=True
    )
    limits = Dict(
        help="Limits of one submission that differ from the usual ones, as {'call_seconds': 5}."
    ).tag(config=True)
    opener = Unicode(
        "grader.sandbox:open_sandbox", help="module:function that opens the sandbox of a level."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The graded notebook. ValueError for a submission that a person must look at."""
        found = resources["nbgrader"]
        student, assignment, notebook = found["student"], found["assignment"], found["notebook"]
        course = self._course()
        masters = course.masters(assignment)
        if notebook not in masters:
            raise ValueError(f"{course.folder('source', assignment)} has no notebook {notebook}.ipynb")
        try:
            raw = handed_in.read(course.folder("submitted", assignment, student) / f"{notebook}.ipynb")
        except handed_in.Refused as refused:
            raise ValueError(str(refused)) from None
        verdict = self._judge(assignment, masters)(notebook, raw)
        key = key_of(raw, masters[notebook].bundle, Limits.from_dict(dict(self.limits)))
        with Journal(course.journal_path(assignment)) as journal:
            journal.append(key, verdict)  # the last one counts
        with Book(found["db_url"], course.course_id, self.config) as book:
            book.forget(student, assignment, notebook)
        if verdict["status"] != "graded":
            raise ValueError(verdict["reason"])
        shown = autograded.build(raw, masters[notebook].bundle, masters[notebook].released, verdict)
        return nbformat.reads(json.dumps(shown), as_version=4), resources

    def _course(self) -> Course:
        """The course that nbgrader is at work on: its folders, as nbgrader was told."""
        above = self.parent
        while above is not None and getattr(above, "coursedir", None) is None:
            above = above.parent
        if above is None:
            raise ValueError(
                "SandboxedExecute works as a step of nbgrader autograde only: it needs its course"
            )
        said = above.coursedir
        course = Course(Path(said.root).resolve(), self.config)
        course.db_url, course.structure = said.db_url, said.directory_structure
        course.course_id = said.course_id or course.course_id
        for step in course.steps:
            course.steps[step] = getattr(said, f"{step}_directory")
        return course

    def _judge(self, assignment: str, masters: dict[str, Master]) -> Judge:
        """A judge for this assignment; its sandbox stays open for the next submission."""
        bundles = {name: master.bundle.to_dict() for name, master in masters.items()}
        spec = {"bundles": bundles, "level": self.level, "opener": self.opener}
        spec["limits"] = {
            n: getattr(Limits.from_dict(dict(self.limits)), n) for n in Limits.__dataclass_fields__
        }
        known = json.dumps(spec, sort_keys=True)
        if known not in _judges:
            _close()
            _judges[known] = Judge(spec)
        return _judges[known]


@atexit.register
def _close() -> None:
    """Close the sandbox."""
    for judge in _judges.values():
        judge.close()
    _judges.clear()
