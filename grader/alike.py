"""Which submissions are nearly the same: evidence for a person to look at, never a verdict.

What is compared is the structure of a student's code, not its text. Each cell is parsed; comments, docstrings and
layout fall away. The sequence of nodes is cut into pieces of ``PIECE`` consecutive ones, and in each of them every
name that the student chose is replaced by the number of its first appearance there, so that renaming hides nothing;
names of the assignment's functions, of builtins and of attributes stay. Two kinds of piece are then taken out:
those of the released notebook, and those that many students wrote, for these are what the task asks for. A pair is
listed when it shares at least ``FEWEST`` of what is left, and that is at least ``SHARE`` of what the smaller of the
two has left.

Whole classes may write the same short right answer, and then nothing is left to compare: nobody is listed for it.
Text that is the same letter by letter, comments included, is grouped apart, however many have it.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.bundle import Bundle

PIECE = 8  # consecutive nodes
FEWEST = 30  # shared pieces that not many have
SHARE = 0.6  # of the smaller one's
MANY = 0.02  # of the class: what more than that wrote is what the task asks for
AT_LEAST = 4  # students, below which nothing counts as many
LONGEST = 40_000  # characters of one cell that are compared
MOST = 4000  # pieces of one student
SHORT = 200  # characters below which equal text says nothing
CHOSEN = "chosen "  # begins the word for a name that the student chose
KNOWN = frozenset(dir(builtins)) | {"np", "numpy", "plt", "self", "math"}


@dataclass(frozen=True)
class Pair:
    """Two students; ``shared`` pieces in common, which are ``share`` of the smaller one's."""

    one: str
    other: str
    shared: int
    share: float


@dataclass
class Alike:
    """What was found: groups with the same text, and pairs with nearly the same structure."""

    same_text: list[list[str]]
    pairs: list[Pair]
    compared: int


def alike(verdicts: Mapping[str, Mapping[str, Any]], bundle: Bundle) -> Alike:
    """Compare the submissions of a class: {student: verdict}."""
    sources = {who: students_code(v) for who, v in verdicts.items()}
    given = [bundle.released.get(c.name, c.source) for c in bundle.cells if c.code]
    names = KNOWN | _names(given)
    ours = pieces(given, names)
    # What is right to the letter for everyone is not evidence; a student who wrote nothing is not compared.
    known: dict[str, set[int]] = {}
    written = {who: _pieces_of(code, names, known) - ours for who, code in sources.items()}
    written = {who: found for who, found in written.items() if found}
    count = Counter(itertools.chain.from_iterable(written.values()))
    limit = max(AT_LEAST, MANY * len(written))
    rare = {who: {p for p in found if count[p] <= limit} for who, found in written.items()}
    return Alike(_same_text(sources, bundle), _pairs(rare), len(written))


def students_code(verdict: Mapping[str, Any]) -> list[str]:
    """The source of every cell of code that the student wrote."""
    cells = [c["source"] for c in verdict["cells"] if c["kind"] == "answer"]
    return cells + [c["source"] for c in verdict["extra"] if not c.get("text")]


def _pieces_of(sources: list[str], names: frozenset[str], known: dict[str, set[int]]) -> set[int]:
    """The pieces of a student's cells; a cell that someone else has to the letter is not parsed again."""
    found: set[int] = set()
    for source in sources:
        if source not in known:
            known[source] = pieces([source], names)
        found |= known[source]
        if len(found) > MOST:
            return set(sorted(found)[:MOST])
    return found


def pieces(sources: Iterable[str], names: frozenset[str]) -> set[int]:
    """The pieces of some cells, as numbers that are equal where the pieces are."""
    found: set[int] = set()
    for source in sources:
        tokens = _tokens(source[:LONGEST], names)
        for at in range(len(tokens) - PIECE + 1):
            first: dict[int, int] = {}
            window = [t if t >= 0 else first.setdefault(t, -1 - len(first)) for t in tokens[at : at + PIECE]]
            found.add(hash(tuple(window)))
            if len(found) >= MOST:
                return found
    return found


_numbers: dict[str, int] = {}  # word -> a number: hashes of numbers are the same in every run


def _tokens(source: str, names: frozenset[str]) -> list[int]:
    """A cell's nodes as numbers; those below zero are names that the student chose."""
    tree = _parse(source)
    words = _walk(tree, names) if tree else re.findall(r"\w+|[^\w\s]", source)
    numbers = []
    for word in words:
        number = _numbers.setdefault(word, len(_numbers))
        numbers.append(-1 - number if word.startswith(CHOSEN) else number)
    return numbers


def _parse(source: str) -> ast.AST | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a student's "\d" is not our concern
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _walk(tree: ast.AST, names: frozenset[str]) -> Iterable[str]:
    """The tree as words, parents first; without recursion, for students' trees may be deep."""

    def name(word: str) -> str:
        return word if word in names else CHOSEN + word

    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            continue  # a docstring
        if isinstance(node, ast.Name):
            yield name(node.id)
        elif isinstance(node, ast.arg):
            yield name(node.arg)
        elif isinstance(node, ast.Constant):
            yield f"{type(node.value).__name__} {str(node.value)[:40]}"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield type(node).__name__
            yield name(node.name)
        elif isinstance(node, ast.Attribute):
            yield f".{node.attr}"
        elif not isinstance(node, ast.expr_context | ast.Module):
            yield type(node).__name__
        stack += reversed(list(ast.iter_child_nodes(node)))


def _names(sources: Iterable[str]) -> frozenset[str]:
    """The functions and classes that the assignment names."""
    found = set()
    for source in sources:
        tree = _parse(source)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
    return frozenset(found)


def _pairs(rare: Mapping[str, set[int]]) -> list[Pair]:
    """All pairs that share enough; only students with a piece in common are ever compared."""
    owners: dict[int, list[str]] = defaultdict(list)
    for who in sorted(rare):
        for piece in rare[who]:
            owners[piece].append(who)
    shared: Counter[tuple[str, str]] = Counter()
    for having in owners.values():
        shared.update(itertools.combinations(having, 2))
    found = []
    for (one, other), number in shared.items():
        share = number / min(len(rare[one]), len(rare[other]))
        if number >= FEWEST and share >= SHARE:
            found.append(Pair(one, other, number, share))
    return sorted(found, key=lambda p: (-p.share, -p.shared, p.one, p.other))


def _same_text(sources: Mapping[str, list[str]], bundle: Bundle) -> list[list[str]]:
    """Groups of students whose cells are the same letter by letter, where that is long enough to say something."""
    given = {t.strip() for t in bundle.released.values()}
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for who, code in sources.items():
        own = tuple(t.strip() for t in code if t.strip() not in given)
        if sum(map(len, own)) >= SHORT:
            groups[own].append(who)
    return sorted(sorted(g) for g in groups.values() if len(g) > 1)
