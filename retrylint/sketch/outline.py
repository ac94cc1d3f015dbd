"""One walk over a module's statements: definitions, imports and what names are set to. Expressions stay closed."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from retrylint.names import Owner

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Defined:
    """A `def` or `class` and where it stands. `rebound`: its name means something else once its scope is run."""

    node: Definition
    owner: Owner
    rebound: bool

    @property
    def first_line(self) -> int:
        """The line of its first decorator, or of the definition itself."""
        return min([self.node.lineno, *(each.lineno for each in self.node.decorator_list)])


@dataclass(frozen=True, slots=True)
class Outline:
    """A module's statements by kind, in source order; `assigned` by (class path, name) for module and class bodies."""

    definitions: tuple[Defined, ...]
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    assigned: dict[tuple[tuple[str, ...], str], list[ast.expr]]


def outline(tree: ast.Module, functions: Container[str] | None = None) -> Outline:
    """Walk every statement of a module once, on an explicit stack: an `elif` chain may be a thousand deep.

    `functions`: the names of all functions, where they are known; only what binds one of them anew is of interest.
    """
    definitions: list[Defined] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    assigned: dict[tuple[tuple[str, ...], str], list[ast.expr]] = {}
    stack: list[tuple[Sequence[ast.stmt], Owner, bool, frozenset[str]]] = [(tree.body, Owner(), False, frozenset())]
    while stack:
        block, owner, in_function, later = stack.pop()
        for statement in reversed(block):
            if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                definitions.append(Defined(statement, owner, statement.name in later))
                is_class = isinstance(statement, ast.ClassDef)
                inner = Owner((*owner.path, statement.name), is_class)
                stack.append((statement.body, inner, in_function or not is_class, frozenset()))
            elif isinstance(statement, (ast.Import, ast.ImportFrom)):
                if not in_function:
                    imports.append(statement)
            elif not in_function:
                for name, value in _assignments(statement):
                    assigned.setdefault((owner.path, name), []).append(value)
            stack.extend((inner, owner, in_function, later) for inner in nested_blocks(statement))
            later = later.union(_rebinds(statement, functions))
    definitions.sort(key=lambda each: (each.node.lineno, each.node.col_offset))
    imports.sort(key=lambda each: (each.lineno, each.col_offset))
    return Outline(tuple(definitions), tuple(imports), assigned)


def nested_blocks(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    """The blocks of a compound statement that run in the same scope."""
    if isinstance(statement, (ast.If, ast.For, ast.AsyncFor, ast.While)):
        yield statement.body
        yield statement.orelse
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        yield statement.body
    elif isinstance(statement, ast.Match):
        yield from (case.body for case in statement.cases)
    elif type(statement).__name__ in ("Try", "TryStar"):
        yield statement.body  # type: ignore[attr-defined]
        yield from (handler.body for handler in statement.handlers)  # type: ignore[attr-defined]
        yield statement.orelse  # type: ignore[attr-defined]
        yield statement.finalbody  # type: ignore[attr-defined]


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign):
        yield from ((target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name))
    elif (
        isinstance(statement, (ast.AnnAssign, ast.AugAssign))
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    ):
        yield statement.target.id, statement.value


def _rebinds(statement: ast.stmt, functions: Container[str] | None) -> Iterator[str]:
    """Names that a statement binds anew; `f = wrap(f)` only wraps what was there."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    for name, value in _assignments(statement):
        if functions is not None and name not in functions:
            continue
        if not any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value)):
            yield name
