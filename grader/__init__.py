"""Grading of the course's assignments: the part of the project that teachers run.

It stands on nbgrader's formats and on ``bplib.check``; ``bplib`` never imports it.
"""
