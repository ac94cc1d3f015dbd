"""What a module builds by calls, or tells by dicts, of things that may retry: operators, policies, defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from retrylint import code
from retrylint.model import Span
from retrylint.sketch.lower import Lowering
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import FUNCTIONS, Defined
from retrylint.sketch.task_names import last_name
from retrylint.sketch.texts import Texts

MODULE = "<module>"


@dataclass(frozen=True, slots=True)
class BuiltWords:
    """Last names of calls, endings of the names of classes, options that these take, and names of dicts."""

    calls: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    mappings: frozenset[str] = frozenset()


NOTHING_BUILT = BuiltWords()


@dataclass(frozen=True, slots=True)
class Built:
    """A call, or a dict with its `name`; `within` is the function that it stands in."""

    value: code.Expr
    span: Span
    within: str
    name: str = ""


def built_in(
    texts: Texts, tree: ast.Module, definitions: Iterable[Defined], spans: Lowering, words: BuiltWords
) -> tuple[Built, ...]:
    """What a module builds, outer things first. What stands in a decorator belongs to what is decorated."""
    if not texts.lines_of(words.calls | words.mappings, words.endings):
        return ()
    homes = [each for each in definitions if isinstance(each.node, FUNCTIONS)]
    decorators = {id(node) for each in homes for decorator in each.node.decorator_list for node in nodes_of(decorator)}
    found = [
        built for node in nodes_of(tree) if id(node) not in decorators for built in _built(node, homes, spans, words)
    ]
    return tuple(sorted(found, key=lambda each: (each.span.line, each.span.column, -each.span.end_line)))


def _built(node: ast.AST, homes: Iterable[Defined], spans: Lowering, words: BuiltWords) -> Iterator[Built]:
    if isinstance(node, ast.Call):
        name = last_name(node) or ""
        is_named = name in words.calls or (name.endswith(words.endings) if words.endings else False)
        if is_named and (name in words.calls or any(each.arg in words.options for each in node.keywords)):
            call = _lowered(node, spans)
            if isinstance(call, code.Call):
                yield Built(call, call.span, _home(node, homes))
        for each in node.keywords:
            if each.arg in words.mappings and _is_dict(each.value):
                call, value = _lowered(node, spans), _lowered(each.value, spans)
                if isinstance(call, code.Call) and value is not None:
                    yield Built(value, call.span, _home(node, homes), each.arg or "")
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_dict(node.value):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in words.mappings:
                statement = _lowered(node, spans)
                if isinstance(statement, code.Assign):
                    yield Built(statement.value, statement.span, _home(node, homes), target.id)


def _is_dict(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Call) and last_name(node) == "dict")


def _home(node: ast.stmt | ast.Call, homes: Iterable[Defined]) -> str:
    """The innermost function around a node."""
    line = node.lineno
    around = [each for each in homes if each.first_line <= line <= (each.node.end_lineno or 0)]
    inner = max(around, key=lambda each: each.node.lineno, default=None)
    return inner.owner.qualified(inner.node.name) if inner is not None else MODULE


def _lowered(node: ast.AST, spans: Lowering) -> Any:
    """A node as `code`, or None where it is nested too deep to be read."""
    try:
        return spans.lower(node)
    except code.TooDeepError:
        return None
