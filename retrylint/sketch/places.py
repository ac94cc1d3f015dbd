"""Where lines stand: in a function, or in a statement of a module's or a class's own body."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrylint.names import Owner
from retrylint.sketch.looping import MODULE
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import FUNCTIONS, Defined, nested_blocks


@dataclass(frozen=True, slots=True)
class Place:
    """A function, or a statement outside of functions: its node, and its first and last line.

    `nodes`: the node, and those that begin in the same line.
    """

    owner: Owner
    name: str
    node: ast.stmt
    nodes: tuple[ast.stmt, ...]
    lines: tuple[int, int]


def places_of(
    lines: Iterable[int], names: Container[str], tree: ast.Module, definitions: Sequence[Defined]
) -> Iterator[Place]:
    """The places in these lines that call, set, iterate or are decorated with something of these names, or that state
    such an option, each once.
    """
    functions = [
        (each.first_line, each.node.end_lineno or 0, each) for each in definitions if isinstance(each.node, FUNCTIONS)
    ]
    beginnings = [first for first, _, _ in functions]
    found: dict[tuple[int, int], Place] = {}
    for line in dict.fromkeys(lines):
        before = bisect_right(beginnings, line)
        place = _function_at(line, functions, before) or _statement_at(line, tree)
        if place is not None:
            found.setdefault(place.lines, place)
    yield from (place for place in found.values() if _uses(place.node, names))


def makes(node: ast.AST, names: Container[str]) -> bool:
    """Does a function return what a call of one of these names gives?"""
    if not isinstance(node, ast.FunctionDef):
        return False
    returned = (each.value for each in nodes_of(node) if isinstance(each, ast.Return))
    return any(isinstance(value, ast.Call) and _last_name(value.func) in names for value in returned)


def _uses(root: ast.AST, names: Container[str]) -> bool:
    for node in nodes_of(root):
        used = _used_by(node)
        if any(_last_name(each) in names for each in used):
            return True
        if isinstance(node, ast.Call) and any(each.arg in names for each in node.keywords):
            return True
    return False


def _used_by(node: ast.AST) -> Sequence[ast.expr]:
    """What a node calls, sets, iterates, or is decorated with."""
    if isinstance(node, ast.Call):
        return [node.func, node.func.value] if isinstance(node.func, ast.Attribute) else [node.func]
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, FUNCTIONS):
        return node.decorator_list
    return [node.iter] if isinstance(node, (ast.For, ast.AsyncFor)) else []


def _last_name(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def _function_at(line: int, functions: Sequence[tuple[int, int, Defined]], before: int) -> Place | None:
    """The innermost function in a line: of those with their first and last line, so many begin before it ends."""
    for index in range(before - 1, -1, -1):
        first, last, inner = functions[index]
        if line <= last:
            return Place(inner.owner, inner.node.name, inner.node, (inner.node,), (first, last))
    return None


def _statement_at(line: int, tree: ast.Module) -> Place | None:
    """The statement that holds a line, through classes and compound statements."""
    blocks: list[Sequence[ast.stmt]] = [tree.body]
    around: ast.stmt | None = None
    beside: Sequence[ast.stmt] = ()
    while blocks:
        block = blocks.pop()
        holding = (each for each in block if each.lineno <= line <= (each.end_lineno or each.lineno))
        statement = next(holding, None)
        if statement is not None:
            around, beside = statement, block
            blocks = [statement.body] if isinstance(statement, ast.ClassDef) else list(nested_blocks(statement))
    if around is None or isinstance(around, ast.ClassDef):
        return None
    nodes = tuple(each for each in beside if each.lineno == around.lineno)
    last_line = max(each.end_lineno or each.lineno for each in nodes)
    return Place(Owner(), MODULE, around, nodes, (around.lineno, last_line))
