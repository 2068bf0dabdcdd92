"""Real attacks on a grader, each a submission file: run through ours and through stock nbgrader, and told in a table.

python -m tests.grader.attacks                 run all of it, write book/_fragments/attacks.md
python -m tests.grader.attacks --only frames   run one, show what came of it
"""
