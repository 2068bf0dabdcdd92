"""Presentation: right answers whose output acts on the pages and tables that people read."""

from __future__ import annotations

from tests.grader.attacks.kit import RIGHT, Attack

PROOF = "window.attacked"  # in every script: it may be shown as text, never be run
SCRIPT = f"<script>{PROOF} = 1</script>"
PRINTED = f"print('{SCRIPT}')\nprint('<img src=x onerror=\"{PROOF}=1\">')\n"
HTML = f"from IPython.display import HTML, display\ndisplay(HTML('{SCRIPT}<b>all points</b>'))\n"
SVG = f"from IPython.display import SVG, display\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\">{SCRIPT}</svg>'))\n"
JAVASCRIPT = f"from IPython.display import Javascript, display\ndisplay(Javascript('{PROOF} = 1'))\n"
WORDS = (
    f"Because {SCRIPT} <img src=x onerror={PROOF}=1> [x](javascript:{PROOF}=1) <iframe srcdoc='x'></iframe>"
)
TERMINAL = """print("\\x1b]0;owned\\x07\\x1b[2J\\x1b[31mall points\\x1b[8m")
raise ValueError("\\x1b[2J\\x1b]0;owned\\x07")
"""
WARNING = {
    **RIGHT,
    "mean_square": "def mean_square(a, b):\n    import sys\n    print('careful', file=sys.stderr)\n"
    "    return float(np.mean((a - b) ** 2))\n",
    "count_dead": "def count_dead(slopes):\n    import warnings\n    warnings.warn('slow')\n"
    "    return int(np.sum(np.asarray(slopes) == 0))\n",
}

ATTACKS = (
    Attack("html-printed", "tags and scripts printed", RIGHT, RIGHT, PRINTED, says="<script>"),
    Attack("html-shown", "a script through `display(HTML(…))`", RIGHT, RIGHT, HTML),
    Attack("svg", "a script in an SVG", RIGHT, RIGHT, SVG),
    Attack("javascript", "a script through `Javascript(…)`", RIGHT, RIGHT, JAVASCRIPT),
    Attack(
        "html-words",
        "a script in an answer in words",
        {**RIGHT, "explain-choice": WORDS},
        RIGHT,
        says="<script>",
    ),
    Attack("terminal", "terminal escapes in output and errors", RIGHT, RIGHT, TERMINAL),
    Attack("formula", "a formula as a student's name", RIGHT, RIGHT, student="=1+1"),
    Attack("warning", "a warning on stderr beside a right answer", WARNING, RIGHT),
)
