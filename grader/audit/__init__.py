"""Tests the tests: every exercise against right, wrong, empty, memorised and mutilated answers.

grader audit             all assignments; a table, and build/audit.json
grader audit 04          one of them
"""
