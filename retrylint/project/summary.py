"""What one module has to offer to those that import it, spelt so that it means the same anywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from retrylint import code
from retrylint.libraries.policies import PolicyIndex, policy_index
from retrylint.model import Span
from retrylint.names import Imports
from retrylint.project.modules import absolute, qualified_in
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.sketch import ClassFacts, Sketch, TaskWords, sketch_of_module

MOST_NESTED = 8  # constants that are made of one another


@dataclass(frozen=True, slots=True)
class Summary:
    """A module's imports, its constants and classes with every name qualified, and its retry helpers.

    `roots`: the libraries of policies that these may be made of.
    """

    imports: Imports = Imports()
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)
    repeaters: tuple[Repeater, ...] = ()
    roots: frozenset[str] = frozenset()
    sketch: Sketch = field(default_factory=Sketch)


def summary_of(source: str, path: str, roots: frozenset[str], helpers: Mapping[str, Repeater]) -> Summary:
    """The summary of a module; empty for one that cannot be read.

    `roots`: the libraries of policies that its helpers may be made of; `helpers`: those that it imports.
    """
    policies = policy_index(roots) if roots else PolicyIndex()
    words = TaskWords(policies=policies.words, callers=policies.callers, foreign=dict(helpers))
    try:
        read = sketch_of_module(source, ast.parse(source), words)
    except (SyntaxError, ValueError, RecursionError, MemoryError, code.TooDeepError):
        return Summary()
    seen = replace(read, imports=Imports({name: absolute(each, path) for name, each in read.imports.table.items()}))
    constants = {
        name: _told_classes(qualified(value, seen.imports, seen.constants), seen, path)
        for name, value in seen.constants.items()
    }
    classes = {name: _qualified_class(facts, seen, path) for name, facts in seen.classes.items()}
    return Summary(seen.imports, constants, classes, seen.repeaters, roots, seen)


def _told_classes(value: code.Expr, seen: Sketch, path: str) -> code.Expr:
    """A call in which the module's own classes that it is told by keyword are spelt with their module."""
    if not isinstance(value, code.Call):
        return value
    arguments = tuple(
        replace(each, value=_spelt(qualified_in(path, each.value.id)))
        if each.keyword is not None and isinstance(each.value, code.Name) and each.value.id in seen.classes
        else each
        for each in value.arguments
    )
    return replace(value, arguments=arguments)


def _qualified_class(facts: ClassFacts, seen: Sketch, path: str) -> ClassFacts:
    """A class whose bases are spelt with their modules: another module may have a class of the same name."""
    members = {name: qualified(value, seen.imports, seen.constants) for name, value in facts.members.items()}
    bases = (qualified_in(path, base) if base in seen.classes else seen.imports.qualify(base) for base in facts.bases)
    return ClassFacts(facts.name, tuple(bases), members)


def qualified(expr: Any, imports: Imports, constants: Mapping[str, code.Expr], depth: int = 0) -> Any:
    """An expression in which imported names are qualified, and constants of the module stand for themselves."""
    if isinstance(expr, code.Name):
        if expr.id in constants and depth < MOST_NESTED:
            return qualified(constants[expr.id], imports, constants, depth + 1)
        return _spelt(imports.qualify(expr.id))
    if isinstance(expr, tuple):
        return tuple(qualified(each, imports, constants, depth) for each in expr)
    if not is_dataclass(expr) or isinstance(expr, (type, code.Const, Span)):
        return expr
    changed = {each.name: qualified(getattr(expr, each.name), imports, constants, depth) for each in fields(expr)}
    return replace(expr, **changed)


def settled(expr: Any, meaning: Callable[[str], code.Expr | None]) -> Any:
    """A qualified expression in which names of other modules' constants stand for what these are set to."""
    if isinstance(expr, (code.Name, code.Attribute)):
        name = code.dotted(expr)
        found = meaning(name) if name is not None and "." in name else None
        if found is not None:
            return found
    if isinstance(expr, tuple):
        return tuple(settled(each, meaning) for each in expr)
    if not is_dataclass(expr) or isinstance(expr, (type, code.Const, Span)):
        return expr
    return replace(expr, **{each.name: settled(getattr(expr, each.name), meaning) for each in fields(expr)})


def _spelt(name: str) -> code.Expr:
    head, *rest = name.split(".") if not name.startswith(".") else [name]
    found: code.Expr = code.Name(head)
    for each in rest:
        found = code.Attribute(found, each)
    return found
