"""What the course knows about right and wrong answers: the checks that an assignment's visible tests call.

    from bplib.check import check, score

    check("04.relu", "gradient", relu)   # silent pride, or one message about the first thing to mend
    score()                              # the points so far

A task (``bplib.check.tasks``) holds a right answer, inputs, and the wrong answers that people really give;
``bplib.check.wrong`` keeps the wrong gradients that the library's own tests must reject.
"""

from bplib.check.judge import NotYet, check
from bplib.check.session import score
from bplib.check.student import StudentError
from bplib.check.task import Misconception, Task, all_tasks, find

__all__ = ["Misconception", "NotYet", "StudentError", "Task", "all_tasks", "check", "find", "score"]
