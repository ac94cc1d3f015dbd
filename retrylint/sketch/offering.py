"""What a module has to offer to others: what its names stand for, and the helpers that retry for its callers."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.names import Imports
from retrylint.sketch.called import called_definitions
from retrylint.sketch.helping import helpers_in
from retrylint.sketch.looping import Judged, judged_loops
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import DEFINED, outline
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.settings import ClassFacts, classes_in, constants_in, imports_in
from retrylint.sketch.task_words import TaskWords
from retrylint.sketch.texts import Texts


@dataclass(frozen=True, slots=True)
class Names:
    """The imports, constants and classes of a module."""

    imports: Imports = Imports()
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Helpers:
    """The helpers of a module, the functions that they call, and the lines in which those begin whose loops retry."""

    repeaters: tuple[Repeater, ...] = ()
    called: Mapping[str, code.Function] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()


def names_of(source: str, tree: ast.Module) -> Names:
    """What the names of a module stand for. Of its functions, only those count that make the objects of a class."""
    seen, spans = outline(tree, frozenset()), Lowering(source)
    return Names(imports_in(seen, spans), constants_in(seen, spans), dict(classes_in(seen, spans)))


def helpers_of(source: str, tree: ast.Module, words: TaskWords) -> Helpers:
    """The helpers of a module. Of `words`, the policies and the helpers of other modules count."""
    seen = outline(tree, frozenset(DEFINED.findall(source)) if source.isascii() else None)
    spans = Lowering(source)
    judged = [each for each in judged_loops(seen.loops, spans) if isinstance(each, Judged) and each.retries]
    homes = [each.looping.home for each in judged if each.looping.home is not None]
    repeaters = helpers_in(Texts(source), judged, seen, spans, words)
    lines = frozenset(each.first_line for each in homes)
    return Helpers(repeaters, called_definitions(homes, seen.definitions, spans), lines)
