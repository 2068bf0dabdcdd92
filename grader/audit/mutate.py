"""Mechanical mutants of a solution: one operator, number, axis, index, transpose or statement changed at a time."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
NAMES = {
    "maximum": "minimum", "minimum": "maximum", "sum": "mean", "mean": "sum", "max": "min", "min": "max",
    "zeros_like": "ones_like", "ones_like": "zeros_like", "zeros": "ones", "argmax": "argmin", "argmin": "argmax",
    "exp": "expm1", "log1p": "log", "log": "log1p", "sqrt": "square", "sin": "cos", "cos": "sin", "tanh": "sinh",
    "reversed": "list",
}  # fmt: skip
COMMUTE = {
    "maximum",
    "minimum",
    "add",
    "multiply",
    "allclose",
    "outer",
    "isclose",
    "range",
    "reshape",
    "zeros",
}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(what was changed, the changed source), each once. Docstrings and annotations are left alone."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    told: Counter[str] = Counter()
    for at, node in enumerate(ast.walk(tree)):
        for change in range(_count(node)):
            new_tree: ast.AST = copy.deepcopy(tree)
            target = list(ast.walk(new_tree))[at]
            old = ast.unparse(target)
            replacement = _apply(target, change)
            if replacement is not None:
                new_tree = _replace(new_tree, target, replacement)
            ast.fix_missing_locations(new_tree)
            text = ast.unparse(new_tree)
            if text in seen:
                continue
            seen.add(text)
            new = "pass" if isinstance(replacement, ast.Pass) else ast.unparse(replacement or target)
            label = f"{_short(old)} → {_short(new)}"
            told[label] += 1
            yield label if told[label] == 1 else f"{label} #{told[label]}", text + "\n"


def _short(text: str) -> str:
    lines = text.splitlines()
    return lines[0] if len(lines) == 1 else f"{lines[0]} …"


def _count(node: ast.AST) -> int:
    """How many changes this node has."""
    if isinstance(node, ast.BinOp):
        return 1 if isinstance(node.op, ast.MatMult) else len(SWAPS.get(type(node.op), ()))
    if isinstance(node, ast.Compare):
        return len(SWAPS.get(type(node.ops[0]), ()))
    if isinstance(node, ast.BoolOp):
        return 1
    if isinstance(node, ast.UnaryOp):
        return 1 if isinstance(node.op, ast.USub | ast.Not) else 0
    if isinstance(node, ast.Constant):
        return 1 if isinstance(node.value, bool | int | float) else 0
    if isinstance(node, ast.Attribute):
        return 1 if node.attr == "T" or node.attr in NAMES else 0
    if isinstance(node, ast.Name):
        return 1 if node.id == "reversed" else 0
    if isinstance(node, ast.AugAssign):
        return 3
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        swap = len(node.args) == 2 and name not in COMMUTE
        return int(swap) + len(node.keywords)
    if isinstance(node, ast.Assign):
        return 1 if isinstance(node.targets[0], ast.Subscript | ast.Attribute) else 0
    if isinstance(node, ast.Expr):
        return 1 if isinstance(node.value, ast.Call) else 0
    return 0


def _apply(node: ast.AST, change: int) -> ast.AST | None:
    """Make the change in place, or give what should stand in the node's stead."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.MatMult):
            node.left, node.right = node.right, node.left
        else:
            node.op = SWAPS[type(node.op)][change]()  # type: ignore[assignment]  # the table pairs like with like
    elif isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])][change]()  # type: ignore[call-overload]  # as above
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        return node.operand
    elif isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            node.value = not value
        elif isinstance(value, int | float):
            node.value = 1 - value if value in (0, 1) else value + 1
    elif isinstance(node, ast.Attribute):
        if node.attr == "T":
            return node.value
        node.attr = NAMES[node.attr]
    elif isinstance(node, ast.Name):
        node.id = NAMES[node.id]
    elif isinstance(node, ast.AugAssign):
        if change == 0:
            return ast.Assign(targets=[node.target], value=node.value)
        if change == 1:
            return ast.Pass()
        node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
    elif isinstance(node, ast.Call):
        if change < len(node.keywords):
            del node.keywords[change]
        else:
            node.args.reverse()
    elif isinstance(node, ast.Assign | ast.Expr):
        return ast.Pass()
    return None


class _Replacer(ast.NodeTransformer):
    def __init__(self, target: ast.AST, replacement: ast.AST) -> None:
        self.target, self.replacement = target, replacement

    def visit(self, node: ast.AST) -> ast.AST:
        return self.replacement if node is self.target else self.generic_visit(node)


def _replace(tree: ast.AST, target: ast.AST, replacement: ast.AST) -> ast.AST:
    result: ast.AST = _Replacer(target, replacement).visit(tree)
    return result
