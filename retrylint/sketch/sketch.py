"""The sketch: which definitions of a module are worth studying, and what they can see of the module.

It decides by control flow and dataflow over the host's `ast`, so that a function that never calls itself on
failure, or that only does so with other inputs, never reaches libcst.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from retrylint import code, flow
from retrylint.dataflow import handover
from retrylint.model import LeftOut, NotAnalysed, Span
from retrylint.names import Imports, Owner, receiver, self_call_test
from retrylint.sketch.called import called_definitions
from retrylint.sketch.looping import MODULE, judged_loops
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import FUNCTIONS, Defined, Looping, Outline, outline

DEFINED = re.compile(r"\bdef[ \t\\\n]+(\w+)")
MOST_NODES = 300  # a module constant larger than this is data, not a setting


@dataclass(frozen=True, slots=True)
class TaskWords:
    """The words by which a file shows its tasks: last names of decorators, options, the retry methods.

    `elsewhere`: options of a decorator that let the rest of a retry be written somewhere else.
    """

    decorators: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition to study, or a loop of the module itself: its lines with decorators, and what it may be."""

    owner: Owner
    name: str
    first_line: int
    last_line: int
    may_recur: bool = False
    may_be_task: bool = False
    may_loop: bool = False


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class of the module: its bases as written, and what its attributes are set to once."""

    name: str
    bases: tuple[str, ...]
    members: Mapping[str, code.Expr]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the study needs to know of a module.

    `left_out`: what looks like a retry and is none. `refused`: what may be a site, but is nested too deep to be read.
    `helpers`: the small functions that candidates call, by qualified name.
    """

    candidates: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refused: tuple[NotAnalysed, ...] = ()
    imports: Imports = Imports()
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)
    helpers: Mapping[str, code.Function] = field(default_factory=dict)


def sketch(source: str, tree: ast.Module, words: TaskWords) -> Sketch:
    """Sketch a module."""
    seen = outline(tree, frozenset(DEFINED.findall(source)) if source.isascii() else None)
    spans = Lowering(source)
    candidates: dict[tuple[int, int], Candidate] = {}
    left_out: list[LeftOut] = []
    refused: list[NotAnalysed] = []
    for judged in judged_loops(seen.loops, spans):
        if isinstance(judged, NotAnalysed):
            refused.append(judged)
        elif judged.retries:
            candidates.setdefault(*_looping(judged.looping))
        else:
            left_out.append(judged.left_out)
    for found in _candidates(source, seen, spans, words):
        if isinstance(found, NotAnalysed):
            refused.append(found)
        else:
            key = (found.first_line, found.last_line)
            candidates[key] = replace(found, may_loop=key in candidates)
    if not candidates:
        return Sketch(left_out=tuple(left_out), refused=tuple(refused))
    imports = [lowered for each in seen.imports for lowered in spans.lower(each).names]
    constants, classes = _constants(seen, spans, ()), dict(_classes(seen, spans))
    found_in_order = tuple(candidates[key] for key in sorted(candidates))
    places = {(each.first_line, each.last_line) for each in found_in_order}
    homes = [each for each in seen.definitions if (each.first_line, each.node.end_lineno or 0) in places]
    helpers = called_definitions(homes, seen.definitions, spans)
    return Sketch(found_in_order, tuple(left_out), tuple(refused), _imports(imports), constants, classes, helpers)


def _looping(looping: Looping) -> tuple[tuple[int, int], Candidate]:
    """The candidate for a loop that retries: the function that it runs in, or its own lines in the module's body."""
    home = looping.home
    if home is None:
        first, last = looping.node.lineno, looping.node.end_lineno or looping.node.lineno
        return (first, last), Candidate(Owner(), MODULE, first, last, may_loop=True)
    first, last = home.first_line, home.node.end_lineno or home.node.lineno
    return (first, last), Candidate(home.owner, home.node.name, first, last, may_loop=True)


def _imports(names: Iterable[tuple[str, str]]) -> Imports:
    table: dict[str, str] = {}
    for local, qualified in names:
        table.setdefault(local, qualified)  # `try: import a except ImportError: import b`: the first is meant
    return Imports(table)


def _candidates(source: str, seen: Outline, spans: Lowering, words: TaskWords) -> Iterator[Candidate | NotAnalysed]:
    starts = _LineStarts(source)
    options, calls = _lines_of(source, words.options), _lines_of(source, words.methods, r"\.\s*", r"\s*\(")
    for defined in seen.definitions:
        node = defined.node
        last_line = node.end_lineno or node.lineno
        calls_retry, names_option = (
            any(defined.first_line <= line <= last_line for line in lines) for lines in (calls, options)
        )
        may_be_task = _may_be_task(defined, words, calls_retry, names_option)
        names_itself = isinstance(node, FUNCTIONS) and not defined.rebound and _names_itself(defined, starts)
        if not may_be_task and not names_itself:
            continue
        try:
            lowered = spans.lower(node)
        except code.TooDeepError as error:
            span = Span(node.lineno, 1, node.lineno, 1)
            yield NotAnalysed(f"{defined.owner.qualified(node.name)} is {error}", span)
            continue
        may_recur = names_itself and bool(same_self_calls(lowered, defined.owner))
        if may_recur or may_be_task:
            yield Candidate(defined.owner, node.name, defined.first_line, last_line, may_recur, may_be_task)


class _LineStarts:
    """Where the lines of a source begin, found when the first is asked for."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts: list[int] | None = None

    def names_again(self, defined: Defined) -> bool:
        """Does a definition's text hold its own name a second time? A name outside ASCII may be spelt otherwise."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self._source))]
        node = defined.node
        if not node.name.isascii() or not self._source.isascii():
            return True
        start = self._source.find(node.name, self._starts[node.lineno - 1]) + len(node.name)
        end = node.end_lineno or node.lineno
        return self._source.find(node.name, start, self._starts[end] if end < len(self._starts) else None) >= 0


def same_self_calls(function: code.Function, owner: Owner) -> tuple[flow.SelfCall, ...]:
    """The self-calls on failure that hand the operation's inputs on as they came."""
    is_method = receiver(function, owner) is not None
    return tuple(
        call
        for call in flow.self_calls(function, self_call_test(function, owner))
        if handover(function, call, is_method).changed is None
    )


def _names_itself(defined: Defined, starts: _LineStarts) -> bool:
    """Is anything within a definition called that has its name?"""
    if not starts.names_again(defined):
        return False
    name = defined.node.name
    for part in ast.walk(defined.node):
        if isinstance(part, ast.Call):
            function = part.func
            if isinstance(function, ast.Name) and function.id == name:
                return True
            if isinstance(function, ast.Attribute) and function.attr == name:
                return True
    return False


def _lines_of(source: str, words: frozenset[str], before: str = r"\b", behind: str = r"\b") -> list[int]:
    """The lines in which one of these words stands."""
    if not words:
        return []
    spelt = "|".join(sorted(words, key=len, reverse=True))
    found = re.finditer(f"{before}(?:{spelt}){behind}", source)
    return [source.count("\n", 0, match.end()) + 1 for match in found]


def _may_be_task(defined: Defined, words: TaskWords, calls_retry: bool, names_option: bool) -> bool:
    """A task by its decorator or base that has something of a retry about it, or a function that calls a retry."""
    node = defined.node
    if isinstance(node, ast.ClassDef):
        based = any((_last_name(base) or "").endswith("Task") for base in node.bases)
        return based and (calls_retry or names_option)
    if calls_retry:
        return True
    for each in node.decorator_list:
        if _last_name(each) in words.decorators:
            elsewhere = isinstance(each, ast.Call) and any(
                k.arg is None or k.arg in words.elsewhere for k in each.keywords
            )
            return names_option or elsewhere
    return False


def _last_name(node: ast.expr) -> str | None:
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def _constants(seen: Outline, spans: Lowering, path: tuple[str, ...]) -> dict[str, code.Expr]:
    """What the names of a module or class body are set to, where that happens once and the value is small."""
    return {
        name: value
        for (owner, name), values in seen.assigned.items()
        if owner == path and len(values) == 1 and _is_small(values[0])
        for value in (_lowered(values[0], spans),)
        if value is not None
    }


def _lowered(node: ast.AST, spans: Lowering) -> Any:
    """A node as `code`, or None where it is nested too deep to be a setting."""
    try:
        return spans.lower(node)
    except code.TooDeepError:
        return None


def _is_small(value: ast.expr) -> bool:
    return all(count < MOST_NODES for count, _ in enumerate(ast.walk(value)))


def _classes(seen: Outline, spans: Lowering) -> Iterator[tuple[str, ClassFacts]]:
    for defined in seen.definitions:
        node = defined.node
        if isinstance(node, ast.ClassDef):
            bases = tuple(name for base in node.bases if (name := _dotted(base)))
            members = _constants(seen, spans, (*defined.owner.path, node.name))
            members.update(_initial(node, spans))
            yield defined.owner.qualified(node.name), ClassFacts(node.name, bases, members)


def _is_stated(default: code.Expr | None) -> bool:
    """A default of None stands for whatever the class makes of it."""
    return isinstance(default, code.Const) and default.value is not None


def _initial(node: ast.ClassDef, spans: Lowering) -> Iterator[tuple[str, code.Expr]]:
    """Attributes that `__init__` sets to a literal, or to a parameter that has one as its default."""
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        init: code.Function | None = _lowered(method, spans)
        if init is None:
            continue
        this = code.Name(init.parameters[0].name if init.parameters else "")
        defaults = {each.name: each.default for each in init.parameters if _is_stated(each.default)}
        for statement in init.body:
            if not isinstance(statement, code.Assign):
                continue
            value = statement.value
            stated = defaults.get(value.id) if isinstance(value, code.Name) else value
            for target in statement.targets:
                if isinstance(target, code.Attribute) and target.value == this and isinstance(stated, code.Const):
                    yield target.name, stated


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None
