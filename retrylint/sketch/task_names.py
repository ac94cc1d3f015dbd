"""How a module speaks of its tasks: variables that are decorators, and classes that tasks are made of."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from dataclasses import dataclass

from retrylint.sketch.outline import Outline


@dataclass(frozen=True, slots=True)
class TaskNames:
    """Variables of the module that decorate tasks, and its classes that are, or are made of, a task class."""

    decorators: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def is_own(self, node: ast.ClassDef) -> bool:
        """Is one of the bases of a class another of these classes?"""
        return any(last_name(base) in self.classes for base in node.bases)


NO_TASKS = TaskNames()


def tasks_named(seen: Outline, decorators: Container[str]) -> TaskNames:
    """The names of a module's tasks; `decorators` are the last names of those that make one."""
    return TaskNames(frozenset(_variables(seen, decorators)), frozenset(_classes(seen)))


def _variables(seen: Outline, decorators: Container[str]) -> Iterator[str]:
    """`task = shared_task(...)`, `task = partial(shared_task, ...)`, `task = app.task`, an import by another name."""
    for statement in seen.imports:
        yield from (each.asname for each in statement.names if each.asname and each.name in decorators)
    for (owner, name), values in seen.assigned.items():
        for value in values:
            fixed = value.args[0] if isinstance(value, ast.Call) and value.args else None
            if not owner and (last_name(value) in decorators or (fixed is not None and last_name(fixed) in decorators)):
                yield name


def _classes(seen: Outline) -> set[str]:
    classes = [each for each in seen.definitions if isinstance(each.node, ast.ClassDef)]
    found: set[str] = set()
    grown = True
    while grown:
        grown = False
        for each in classes:
            name = each.owner.qualified(each.node.name)
            bases = [last_name(base) or "" for base in getattr(each.node, "bases", ())]
            if name not in found and any(base.endswith("Task") or base in found for base in bases):
                found.add(name)
                grown = True
    return found


def last_name(node: ast.expr) -> str | None:
    """The last part of the name of what is called, or of a dotted name."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
