"""The tasks of the assignments: a package for each assignment, a file for each task."""
