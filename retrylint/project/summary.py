"""What one module has to offer to those that import it, spelt so that it means the same anywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from retrylint import code
from retrylint.excerpt import Excerpt, Parts
from retrylint.libraries.policies import PolicyIndex, policy_index
from retrylint.model import Span
from retrylint.names import Imports
from retrylint.project.modules import Modules
from retrylint.project.surface import Source, loops_of_helpers, uses_of
from retrylint.sketch.offering import Helpers, Names, helpers_of, names_of
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.settings import ClassFacts
from retrylint.sketch.task_words import TaskWords

MOST_NESTED = 8  # constants that are made of one another
T = TypeVar("T", Names, Helpers)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the names of a module stand for: as it spells it itself, and with every name qualified when it is asked for.

    The imports are qualified in either case.
    """

    path: str
    modules: Modules
    own: Names = field(default_factory=Names)
    _constants: dict[str, code.Expr | None] = field(default_factory=dict)
    _classes: dict[str, ClassFacts | None] = field(default_factory=dict)

    def constant(self, name: str) -> code.Expr | None:
        """What a name is set to."""
        if name not in self._constants:
            value = self.own.constants.get(name)
            told = qualified(value, self.own.imports, self.own.constants) if value is not None else None
            self._constants[name] = self._told_classes(told)
        return self._constants[name]

    def class_named(self, name: str) -> ClassFacts | None:
        """The class of a name, its bases spelt with their modules: another one may have a class of the same name."""
        if name not in self._classes:
            facts = self.own.classes.get(name)
            self._classes[name] = self._qualified(facts) if facts is not None else None
        return self._classes[name]

    def _told_classes(self, value: code.Expr | None) -> code.Expr | None:
        """A call in which the module's own classes that it is told by keyword are spelt with their module."""
        if not isinstance(value, code.Call):
            return value
        arguments = tuple(
            replace(each, value=_spelt(self.modules.qualified_in(self.path, each.value.id)))
            if each.keyword is not None and isinstance(each.value, code.Name) and each.value.id in self.own.classes
            else each
            for each in value.arguments
        )
        return replace(value, arguments=arguments)

    def _qualified(self, facts: ClassFacts) -> ClassFacts:
        imports, classes = self.own.imports, self.own.classes
        members = {name: qualified(value, imports, self.own.constants) for name, value in facts.members.items()}
        own = {base: self.modules.qualified_in(self.path, base) for base in facts.bases if base in classes}
        return ClassFacts(facts.name, tuple(own.get(base) or imports.qualify(base) for base in facts.bases), members)


def summary_of(source: Source, path: str, modules: Modules) -> Summary:
    """What the names of a module stand for; nothing for one that cannot be read."""
    read = _read(source.text, source.skeleton().excerpt, names_of) or Names()
    imports = {name: modules.absolute(each, path) for name, each in read.imports.table.items()}
    return Summary(path, modules, replace(read, imports=Imports(imports)))


def helpers_in(source: Source, roots: frozenset[str], others: Mapping[str, Repeater]) -> Helpers:
    """The helpers of a module; none of one that cannot be read.

    `roots`: the libraries of policies that they may be made of; `others`: the helpers that the module imports.
    """
    policies = policy_index(roots) if roots else PolicyIndex()
    words = TaskWords(policies=policies.words, callers=policies.callers, foreign=dict(others))
    names = words.policies | words.callers | {name.rpartition(".")[2] for name in others}
    excerpt = _excerpt(source, names, frozenset())
    while True:
        found = _read(source.text, excerpt, lambda text, tree: helpers_of(text, tree, words)) or Helpers()
        if not found.repeaters or not excerpt.left_out:
            return found
        before, names = excerpt, names | {each.name for each in found.repeaters}
        excerpt = _excerpt(source, names, found.lines)
        if excerpt == before:
            return found


def _excerpt(source: Source, names: frozenset[str], roots: frozenset[int]) -> Excerpt:
    """The part of a module that uses these names, or has loops that may be a helper's, and all that `roots` name."""
    if source.screened.broken:
        return Excerpt()
    code = source.code
    return Parts(code).excerpt([*loops_of_helpers(source), *uses_of(names, code)], roots=roots)


def _read(source: str, excerpt: Excerpt, reading: Callable[[str, ast.Module], T]) -> T | None:
    """What is read in an excerpt, or in all of a module where the excerpt alone cannot be read."""
    for text in (excerpt.text(source), source) if excerpt.left_out else (source,):
        try:
            return reading(text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError, code.TooDeepError):
            continue
    return None


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
