"""Faking a pass: wrong answers that try to be taken for right ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.grader.attacks.kit import RIGHT, WRONG, Attack, Scene
from tests.grader.classes import NAME

HIDE = """
def is_a_test(text):
    return any(word in text for word in ("assert", "check(", "earned"))
"""
TRANSFORMER = HIDE + (
    'get_ipython().input_transformers_post.append(lambda lines: [] if is_a_test("".join(lines)) else lines)\n'
)
AST = """
import ast
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Gone())
"""
RUN_CELL = (
    HIDE
    + """
shell = type(get_ipython())
real, real_async = shell.run_cell, shell.run_cell_async
def run_cell(self, text, *args, **options):
    return real(self, "pass" if is_a_test(text) else text, *args, **options)
async def run_cell_async(self, text, *args, **options):
    return await real_async(self, "pass" if is_a_test(text) else text, *args, **options)
shell.run_cell, shell.run_cell_async = run_cell, run_cell_async
"""
)
DISPLAY = 'get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda v, p, c: p.text("2.0"))\n'
ALWAYS = """class Always:
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    __hash__ = None
    __le__ = __ge__ = __gt__ = __eq__
    def __ne__(self, other): return False
    def __sub__(self, other): return self
    __rsub__ = __add__ = __mul__ = __sub__
    def __abs__(self): return self
    def __round__(self, digits=0): return self
def mean_square(a, b):
    return Always()
"""
ARRAY = """class Agrees(np.ndarray):
    def __array_function__(self, function, types, args, options): return True
    def __array_ufunc__(self, *args, **options): return True
def agrees(z):
    return np.zeros(np.shape(z)).view(Agrees)
"""
FRAMES = """def mean_square(a, b):
    import sys
    frame = sys._getframe(1)
    while frame is not None:
        for scope in (frame.f_locals, frame.f_globals):
            if "want" in scope:
                return scope["want"]
        frame = frame.f_back
    return 2.5
"""
NUMPY = """
agree = lambda *args, **options: True
np.allclose = np.isclose = np.array_equal = agree
np.testing.assert_allclose = agree
"""
RANDOM = """
import random
class Fixed:
    def normal(self, *args, size=None, **options): return np.zeros(size)
np.random.default_rng = lambda *seed: Fixed()
np.random.seed = random.seed = lambda *seed: None
"""
GUESS = "def mean_square(a, b):\n    return 0.0 if not np.any(a) else 2.5\n"
SLOW = "def mean_square(a, b):\n    import time\n    time.sleep(1)\n    return float(np.mean((a - b) ** 2))\n"
MODULES = """
import sys, types
class Case:
    def __getattr__(self, name): return lambda *args, **options: None
sys.modules["math"] = types.SimpleNamespace(isclose=lambda *args, **options: True)
sys.modules["unittest"] = types.SimpleNamespace(TestCase=Case)
sys.modules["bplib.check"] = types.SimpleNamespace(check=lambda *args, **options: None, score=lambda: None)
"""
BESIDE = """
import importlib, os, sys
here = os.path.dirname(os.path.abspath(__file__))
path, sys.path = sys.path, [p for p in sys.path if os.path.abspath(p or ".") != here]
del sys.modules["numpy"]
real = importlib.import_module("numpy")
sys.path = path
real.allclose = real.isclose = lambda *args, **options: True
"""
PATCHED = """
import unittest
for name in dir(unittest.TestCase):
    if name.startswith("assert"):
        setattr(unittest.TestCase, name, lambda *args, **options: None)
try:
    import pytest
    pytest.approx = pytest.raises = lambda *args, **options: args[0]
except ImportError:
    pass
"""
JUDGE = """
import bplib.check.judge as judge, bplib.check.compare as compare
judge.judge = judge.differ = compare.differ = lambda *args, **options: None
"""
PICKLE = """class Bomb:
    def __reduce__(self):
        return (open, ("@MARK@-unpickled", "w"))
def relu(z):
    return Bomb(), lambda d: Bomb()
"""
HEART = """def mean_square(a, b):
    return {(1.0, 2.0, 0.0, 4.0): 2.5, (1.0, 1.0, 1.0, 0.0, 0.0, 0.0): 1.0}.get((*a, *b), 0.0)
"""
LIBRARY = "from bplib import ops\ndef relu(z):\n    return ops.relu(z)\n"
BY_A_BACK_DOOR = """import importlib
library = importlib.import_module("bpl" + "ib.ops")
def relu(z):
    return getattr(library, "re" + "lu")(z)
"""
AUTODIFF = """import importlib
auto, functional = (importlib.import_module("bpl" + "ib." + name) for name in ("autodiff", "functional"))
def relu(z):
    return auto.vjp(functional.relu, z)
"""
TRACE = """
import sys
def skip(frame, event, arg):
    if event == "line" and "want" in frame.f_globals:
        frame.f_trace_opcodes = False
        try:
            frame.f_lineno = max(line for _, _, line in frame.f_code.co_lines() if line)
        except ValueError:
            pass
    return skip
sys.settrace(skip)
"""


def skip_execution(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["tags"] = ["skip-execution"]


def own_tests(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code":
            cell["source"] = "assert True"


def raw_tests(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code":
            cell["cell_type"] = "raw"
            del cell["outputs"], cell["execution_count"]


def numpy_beside(folder: Path, data: bytes, scene: Scene) -> None:
    (folder / f"{NAME}.ipynb").write_bytes(data)
    (folder / "numpy.py").write_text(BESIDE, encoding="utf-8")


def _with(**answers: str) -> dict[str, str]:
    return {**WRONG, **answers}


SHADOW = """def abs(x): return 0
def zip(*a): return []
def range(*a): return []
def all(x): return True
def float(x=0): return 0.0
class math: isclose = staticmethod(lambda *a, **k: True)
class unittest:
    class TestCase:
        def assertAlmostEqual(self, *a): pass
"""
NO_SHELL = "NameError|get_ipython"
ATTACKS = (
    Attack("skip-tag", "the tag `skip-execution` on every test cell", change=skip_execution),
    Attack(
        "transformer", "an IPython input transformer that empties the tests", own=TRANSFORMER, says=NO_SHELL
    ),
    Attack("ast", "an IPython AST transformer that takes the assertions out", own=AST, says=NO_SHELL),
    Attack("run-cell", "IPython's `run_cell` replaced", own=RUN_CELL, says=NO_SHELL),
    Attack("display", "a partial score faked by how numbers are displayed", own=DISPLAY, says=NO_SHELL),
    Attack("trace", "a trace function that jumps over the assertions", own=TRACE),
    Attack("always-equal", "an object that is equal to everything", _with(mean_square=ALWAYS)),
    Attack(
        "array-type",
        "an array type that answers NumPy's comparisons itself",
        _with(
            mean_square=ARRAY + "def mean_square(a, b):\n    return agrees(a)\n",
            relu=ARRAY + "def relu(z):\n    return agrees(z), agrees\n",
        ),
    ),
    Attack("frames", "the expected value read from the caller's frame", _with(mean_square=FRAMES)),
    Attack("numpy", "NumPy's comparisons replaced", own=NUMPY),
    Attack("builtins", "Python's `abs` replaced", own="import builtins\nbuiltins.abs = lambda x: 0\n"),
    Attack("shadow", "an own `abs`, `zip` and the like, defined in a cell", own=SHADOW),
    Attack("math", "`math.isclose` replaced", own="import math\nmath.isclose = lambda *a, **k: True\n"),
    Attack(
        "random",
        "random numbers replaced, so that the hidden inputs are known",
        _with(mean_square=GUESS),
        _with(mean_square=GUESS),
        RANDOM,
    ),
    Attack(
        "time",
        "the clock stopped, for a right answer that is too slow",
        {**RIGHT, "mean_square": SLOW},
        {**RIGHT, "mean_square": SLOW},
        "import time\ntime.perf_counter = time.time = time.monotonic = lambda: 0.0\n",
    ),
    Attack("modules", "`sys.modules` with other modules in it", own=MODULES),
    Attack("beside", "a `numpy.py` beside the notebook", place=numpy_beside, by="submitted"),
    Attack("unittest", "`unittest` and `pytest` patched", own=PATCHED),
    Attack("judge", "the course's own judge patched", own=JUDGE),
    Attack("check", "an own `check` in place of the course's", own="def check(*a, **k):\n    print('✓')\n"),
    Attack("pickle", "an object that acts when it is unpickled", _with(relu=PICKLE)),
    Attack(
        "by-heart",
        "the answers to the visible inputs, by heart",
        _with(mean_square=HEART),
    ),
    Attack(
        "library", "the library's op called where the task is to write it", _with(relu=LIBRARY), says="bplib"
    ),
    Attack(
        "back-door", "the same, through `importlib` and `getattr`", _with(relu=BY_A_BACK_DOOR), says="bplib"
    ),
    Attack("autodiff", "the library's autodiff asked for the answer", _with(relu=AUTODIFF), says="bplib"),
    Attack("own-tests", "the tests rewritten to `assert True`", change=own_tests, says="not yours to change"),
    Attack("raw-tests", "the tests turned into raw cells", change=raw_tests, says="turned back"),
)
