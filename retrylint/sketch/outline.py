"""One walk over a module's statements: definitions, imports and what names are set to. Expressions stay closed."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrylint.excerpt import first_line_of
from retrylint.names import Owner
from retrylint.sketch.nodes import nodes_of

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Loop = ast.For | ast.AsyncFor | ast.While
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
BINDING = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
_PLAIN = frozenset({ast.Return, ast.Raise, ast.Pass, ast.Break, ast.Continue, ast.Assert, ast.Delete, ast.Global})
DEFINED = re.compile(r"def[ \t\\\n]+(\w+)")
CHANGING = frozenset({"append", "clear", "extend", "insert", "pop", "setdefault", "update"})  # in place


@dataclass(frozen=True, slots=True)
class Defined:
    """A `def` or `class` and where it stands. `rebound`: its name means something else once its scope is run."""

    node: Definition
    owner: Owner
    rebound: bool

    @property
    def first_line(self) -> int:
        """The line of its first decorator, or of the definition itself."""
        return first_line_of(self.node)

    def holds(self, lines: Sequence[int]) -> bool:
        """Does one of these lines, which are in order, lie within it?"""
        index = bisect_left(lines, self.first_line)
        return index < len(lines) and lines[index] <= (self.node.end_lineno or self.node.lineno)


@dataclass(frozen=True, slots=True)
class Looping:
    """A loop that stands in no other loop of its scope.

    `home`: the function that it runs in, None for a module's or a class's body.
    """

    node: Loop
    home: Defined | None


@dataclass(frozen=True, slots=True)
class Outline:
    """A module's statements by kind, in source order; `assigned` by (class path, name) for module and class bodies.

    `renamed`: what imports anywhere in the module, those of functions too, give another name, with that name.
    """

    definitions: tuple[Defined, ...]
    loops: tuple[Looping, ...]
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    assigned: dict[tuple[tuple[str, ...], str], list[ast.expr]]
    renamed: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Block:
    """A block to walk: whose it is, the function that it runs in, and the names that are bound behind it."""

    statements: Sequence[ast.stmt]
    owner: Owner
    home: Defined | None = None
    in_loop: bool = False
    later: frozenset[str] = frozenset()


def outline(tree: ast.Module, functions: Container[str] | None = None) -> Outline:
    """Walk every statement of a module once, on an explicit stack: an `elif` chain may be a thousand deep.

    `functions`: the names of all functions, where they are known; only what binds one of them anew is of interest.
    """
    definitions: list[Defined] = []
    loops: list[Looping] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    assigned: dict[tuple[tuple[str, ...], str], list[ast.expr]] = {}
    renamed: set[tuple[str, str]] = set()
    stack = [_Block(tree.body, Owner())]
    while stack:
        place = stack.pop()
        later = place.later
        for statement in [each for each in reversed(place.statements) if type(each) not in _PLAIN]:
            in_loop = place.in_loop
            if isinstance(statement, DEFINITIONS):
                defined = Defined(statement, place.owner, statement.name in later)
                definitions.append(defined)
                is_class = type(statement) is ast.ClassDef
                inner = Owner((*place.owner.path, statement.name), is_class)
                stack.append(_Block(statement.body, inner, place.home if is_class else defined))
            elif isinstance(statement, LOOPS):
                if not in_loop:
                    loops.append(Looping(statement, place.home))
                in_loop = True
            elif isinstance(statement, (ast.Import, ast.ImportFrom)):
                renamed.update((each.name.rpartition(".")[2], each.asname) for each in statement.names if each.asname)
                if place.home is None:
                    imports.append(statement)
            elif place.home is None and isinstance(statement, BINDING):
                for name, value in _assignments(statement):
                    assigned.setdefault((place.owner.path, name), []).append(value)
            for block in nested_blocks(statement):
                if block:
                    stack.append(_Block(block, place.owner, place.home, in_loop, later))
            rebound = _rebinds(statement, functions) if isinstance(statement, BINDING) else ()
            later = later.union(rebound) if rebound else later
    definitions.sort(key=lambda each: (each.node.lineno, each.node.col_offset))
    loops.sort(key=lambda each: (each.node.lineno, each.node.col_offset))
    imports.sort(key=lambda each: (each.lineno, each.col_offset))
    return Outline(tuple(definitions), tuple(loops), tuple(imports), assigned, frozenset(renamed))


def nested_blocks(statement: ast.stmt) -> Iterable[Sequence[ast.stmt]]:
    """The blocks of a compound statement that run in the same scope."""
    blocks = _BLOCKS.get(type(statement).__name__)
    return blocks(statement) if blocks is not None else ()


_BLOCKS: Mapping[str, Callable[[Any], Iterable[Sequence[ast.stmt]]]] = {
    **dict.fromkeys(("If", "For", "AsyncFor", "While"), lambda node: (node.body, node.orelse)),
    **dict.fromkeys(("With", "AsyncWith"), lambda node: (node.body,)),
    "Match": lambda node: [case.body for case in node.cases],
    **dict.fromkeys(
        ("Try", "TryStar"),
        lambda node: (node.body, *(each.body for each in node.handlers), node.orelse, node.finalbody),
    ),
}
"""By the name of a kind of statement, for not every Python has all of them."""


def _assignments(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The names that a statement sets, and those of dicts and lists that it changes, with what it does that with."""
    if isinstance(statement, ast.Assign):
        kept = [each.value if isinstance(each, ast.Subscript) else each for each in statement.targets]
        return [(each.id, statement.value) for each in kept if isinstance(each, ast.Name)]
    if isinstance(statement, ast.Expr):
        changed = statement.value.func if isinstance(statement.value, ast.Call) else None
        if isinstance(changed, ast.Attribute) and changed.attr in CHANGING and isinstance(changed.value, ast.Name):
            return [(changed.value.id, statement.value)]
    elif (
        isinstance(statement, (ast.AnnAssign, ast.AugAssign))
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    ):
        return [(statement.target.id, statement.value)]
    return []


def _rebinds(statement: ast.stmt, functions: Container[str] | None) -> list[str]:
    """Names that a statement binds anew; `f = wrap(f)` only wraps what was there."""
    if isinstance(statement, DEFINITIONS):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    return [
        name
        for name, value in _assignments(statement)
        if functions is None or name in functions
        if not any(isinstance(part, ast.Name) and part.id == name for part in nodes_of(value))
    ]
