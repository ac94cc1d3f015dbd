"""Rules for statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from retrylint import code
from retrylint.study.lowering.base import (
    OPERATORS,
    Expansion,
    Lowering,
    Rule,
    Table,
    argument,
    identifier,
    leaf,
    parameters,
    simple,
    statement,
)


def _statements(body: cst.BaseSuite) -> list[cst.CSTNode]:
    """The statements of a suite, several on one line set apart."""
    found: list[cst.CSTNode] = []
    for item in body.body:
        if isinstance(item, cst.SimpleStatementLine):
            found.extend(item.body)
        else:
            found.append(item)
    return found


def _function(spans: Lowering, node: cst.FunctionDef) -> Expansion:
    defaults, make_parameters = parameters(node.params)
    decorators, body = [each.decorator for each in node.decorators], _statements(node.body)

    def build(parts: list[Any]) -> object:
        values, lowered, block = code.groups(parts, len(defaults), len(decorators), len(body))
        span = spans.span(node, block)
        return code.Function(
            identifier(node.name), make_parameters(values), lowered, block, node.asynchronous is not None, span
        )

    return (*defaults, *decorators, *body), build


def _class(spans: Lowering, node: cst.ClassDef) -> Expansion:
    bases = [*node.bases, *node.keywords]
    decorators, body = [each.decorator for each in node.decorators], _statements(node.body)

    def build(parts: list[Any]) -> object:
        values, lowered, block = code.groups(parts, len(bases), len(decorators), len(body))
        arguments = tuple(code.Argument(v, *argument(a)) for a, v in zip(bases, values, strict=True))
        return code.Class(identifier(node.name), arguments, lowered, block, spans.span(node, block))

    return (*(each.value for each in bases), *decorators, *body), build


def _otherwise(node: Any) -> list[cst.CSTNode]:
    """The statements of an `else`; an `elif` is an `if` of its own."""
    if node.orelse is None:
        return []
    return [node.orelse] if isinstance(node.orelse, cst.If) else _statements(node.orelse.body)


def _branch(make: Callable[..., object]) -> Rule:
    def rule(spans: Lowering, node: Any) -> Expansion:
        body, orelse = _statements(node.body), _otherwise(node)

        def build(parts: list[Any]) -> object:
            (test,), block, other = code.groups(parts, 1, len(body), len(orelse))
            return make(test, block, other, spans.span(node, other or block))

        return (node.test, *body, *orelse), build

    return rule


def _for(spans: Lowering, node: cst.For) -> Expansion:
    body, orelse = _statements(node.body), _otherwise(node)

    def build(parts: list[Any]) -> object:
        (target, iterable), block, other = code.groups(parts, 2, len(body), len(orelse))
        span = spans.span(node, other or block)
        return code.For(target, iterable, block, other, node.asynchronous is not None, span)

    return (node.target, node.iter, *body, *orelse), build


def _try(spans: Lowering, node: cst.Try | cst.TryStar) -> Expansion:
    body, orelse = _statements(node.body), _otherwise(node)
    final = _statements(node.finalbody.body) if node.finalbody else []

    def build(parts: list[Any]) -> object:
        groups = code.groups(parts, len(body), len(node.handlers), len(orelse), len(final))
        last = next(group for group in reversed(groups) if group)
        block, handlers, other, ending = groups
        return code.Try(block, handlers, other, ending, spans.span(node, last))

    return (*body, *node.handlers, *orelse, *final), build


def _handler(spans: Lowering, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Expansion:
    name = identifier(node.name.name) if node.name and isinstance(node.name.name, cst.Name) else None

    def build(parts: list[Any]) -> object:
        block = tuple(parts[1:])
        return code.Handler(parts[0], name, block, spans.span(node, block))

    return (node.type, *_statements(node.body)), build


def _with(spans: Lowering, node: cst.With) -> Expansion:
    body, half = _statements(node.body), len(node.items)

    def build(parts: list[Any]) -> object:
        contexts, targets, block = code.groups(parts, half, half, len(body))
        items = tuple(zip(contexts, targets, strict=True))
        return code.With(items, block, node.asynchronous is not None, spans.span(node, block))

    targets = [each.asname.name if each.asname else None for each in node.items]
    return (*(each.item for each in node.items), *targets, *body), build


def _match(spans: Lowering, node: cst.Match) -> Expansion:
    def build(parts: list[Any]) -> object:
        return code.Match(parts[0], tuple(parts[1:]), spans.span(node, parts[-1].body))

    return (node.subject, *node.cases), build


def _case(_: Lowering, node: cst.MatchCase) -> Expansion:
    named: list[str] = []
    pending: list[cst.CSTNode] = [node.pattern]
    while pending:
        part = pending.pop()
        bound = part.name if isinstance(part, (cst.MatchAs, cst.MatchStar)) else getattr(part, "rest", None)
        if isinstance(bound, cst.Name):
            named.append(identifier(bound))
        pending.extend(part.children)
    matches_all = isinstance(node.pattern, cst.MatchAs) and node.pattern.pattern is None
    return (node.guard, *_statements(node.body)), lambda parts: code.Case(
        tuple(sorted(named)), matches_all, parts[0], tuple(parts[1:])
    )  # fmt: skip


def _dotted(node: cst.BaseExpression | None) -> str:
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(identifier(node.attr))
        node = node.value
    if isinstance(node, cst.Name):
        names.append(identifier(node))
    return ".".join(reversed(names))


def _alias(node: cst.ImportAlias) -> tuple[str, str | None]:
    local = node.asname.name if node.asname else None
    return _dotted(node.name), identifier(local) if isinstance(local, cst.Name) else None


def _import(spans: Lowering, node: cst.Import) -> Expansion:
    aliases = [_alias(each) for each in node.names]
    names = tuple((local, name) if local else (name.partition(".")[0],) * 2 for name, local in aliases)
    return (), lambda _: code.Import(names, spans.span(node))


def _import_from(spans: Lowering, node: cst.ImportFrom) -> Expansion:
    prefix = "." * len(node.relative) + _dotted(node.module)
    joint = "" if prefix.endswith(".") else "."
    aliases = [("*", None)] if isinstance(node.names, cst.ImportStar) else [_alias(each) for each in node.names]
    names = tuple((local or name, f"{prefix}{joint}{name}") for name, local in aliases)
    return (), lambda _: code.Import(names, spans.span(node))


def _declare(spans: Lowering, node: cst.Global | cst.Nonlocal) -> Expansion:
    kind: Any = "global" if isinstance(node, cst.Global) else "nonlocal"
    names = tuple(identifier(each.name) for each in node.names)
    return (), lambda _: code.Declare(kind, names, spans.span(node))


def _annotated(spans: Lowering, node: cst.AnnAssign) -> Expansion:
    if node.value is None:
        return (), lambda _: code.Pass(spans.span(node))
    return simple(lambda target, value: code.Assign((target,), value, spans.span(node)), node.target, node.value)


def _assign(spans: Lowering, node: cst.Assign) -> Expansion:
    return (*(each.target for each in node.targets), node.value), lambda parts: code.Assign(
        tuple(parts[:-1]), parts[-1], spans.span(node)
    )  # fmt: skip


def _delete(spans: Lowering, node: cst.Del) -> Expansion:
    target = node.target
    targets = (
        [each.value for each in target.elements] if isinstance(target, cst.Tuple) and not target.lpar else [target]
    )
    return targets, lambda parts: code.Delete(tuple(parts), spans.span(node))


def _raise(spans: Lowering, node: cst.Raise) -> Expansion:
    cause = node.cause.item if node.cause else None
    return simple(lambda exception, of: code.Raise(exception, of, spans.span(node)), node.exc, cause)


def _augmented(s: Lowering, n: cst.AugAssign) -> Expansion:
    operator = OPERATORS[type(n.operator)]
    return simple(lambda target, value: code.AugAssign(target, operator, value, s.span(n)), n.target, n.value)


STATEMENTS: Table = {
    cst.Expr: statement(code.Evaluate, "value"),
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: statement(code.Return, "value"),
    cst.Raise: _raise,
    cst.Assert: statement(code.Assert, "test", "msg"),
    cst.Del: _delete,
    cst.Pass: leaf(code.Pass),
    cst.TypeAlias: leaf(code.Pass),
    cst.Break: leaf(code.Break),
    cst.Continue: leaf(code.Continue),
    cst.Global: _declare,
    cst.Nonlocal: _declare,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    **({cst.LazyImport: _import, cst.LazyImportFrom: _import_from} if hasattr(cst, "LazyImport") else {}),
    cst.If: _branch(code.If),
    cst.While: _branch(code.While),
    cst.For: _for,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.ExceptHandler: _handler,
    cst.ExceptStarHandler: _handler,
    cst.With: _with,
    cst.Match: _match,
    cst.MatchCase: _case,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
