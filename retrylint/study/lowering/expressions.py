"""Rules for expressions."""

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
    parameters,
    parts,
    simple,
)


def _known(*names: str) -> tuple[Any, ...]:
    """The node types of these names that the installed libcst has."""
    return tuple(getattr(cst, name) for name in names if hasattr(cst, name))


FORMATTED: tuple[Any, ...] = _known("FormattedString", "TemplatedString")
EXPRESSIONS_IN_TEXT: tuple[Any, ...] = _known("FormattedStringExpression", "TemplatedStringExpression")
SINGLETONS = {"None": None, "True": True, "False": False}


def _call(spans: Lowering, node: cst.Call) -> Expansion:
    # `ast` keeps positional and keyword arguments apart: the order here is that one
    positional = [each for each in node.args if each.keyword is None and each.star != "**"]
    ordered = [*positional, *(each for each in node.args if each.keyword is not None or each.star == "**")]

    def build(parts: list[Any]) -> object:
        values = tuple(code.Argument(v, *argument(a)) for a, v in zip(ordered, parts[1:], strict=True))
        return code.Call(parts[0], values, spans.span(node))

    return (node.func, *(each.value for each in ordered)), build


def _compare(_: Lowering, node: cst.Comparison) -> Expansion:
    operators = tuple(OPERATORS[type(target.operator)] for target in node.comparisons)
    children = (node.left, *(target.comparator for target in node.comparisons))
    return children, lambda parts: code.Compare(parts[0], operators, tuple(parts[1:]))


def _logical(_: Lowering, node: cst.BooleanOperation) -> Expansion:
    """libcst nests `a and b and c and ...` to the left: a chain is one value, and no depth."""
    operands: list[cst.CSTNode] = []
    inner: cst.CSTNode = node
    while isinstance(inner, cst.BooleanOperation) and type(inner.operator) is type(node.operator):
        operands.append(inner.right)
        inner = inner.left
    operands.append(inner)
    return list(reversed(operands)), lambda parts: code.logical(OPERATORS[type(node.operator)], parts)


def _mapping(_: Lowering, node: cst.Dict) -> Expansion:
    half = len(node.elements)
    keys = [each.key if isinstance(each, cst.DictElement) else None for each in node.elements]
    return (*keys, *(each.value for each in node.elements)), lambda parts: code.Mapping(
        tuple(zip(parts[:half], parts[half:], strict=True))
    )


def _comprehension(_: Lowering, node: Any) -> Expansion:
    children: list[cst.CSTNode] = [node.key, node.value] if isinstance(node, cst.DictComp) else [node.elt]
    generator: cst.CompFor | None = node.for_in
    while generator is not None:
        children += [generator.target, generator.iter, *(each.test for each in generator.ifs)]
        generator = generator.inner_for_in
    return children, lambda parts: code.Opaque("comprehension", tuple(parts))


def _format_parts(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The expressions of an f-string, of a chain of strings that holds one, and of format specifications."""
    found: list[cst.CSTNode] = []
    pending: list[cst.CSTNode] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, cst.ConcatenatedString):
            pending += [part.right, part.left]
        elif isinstance(part, FORMATTED):
            pending.extend(reversed(part.parts))
        elif isinstance(part, EXPRESSIONS_IN_TEXT):
            found.append(part.expression)
            pending.extend(reversed(part.format_spec or ()))
    return found


def _format(_: Lowering, node: cst.CSTNode) -> Expansion:
    return _format_parts(node), lambda parts: code.Opaque("format", tuple(parts))


def _concatenated(spans: Lowering, node: cst.ConcatenatedString) -> Expansion:
    value = node.evaluated_value
    if value is None:
        return _format(spans, node)
    return (), lambda _: code.Const(value)


def _lambda(_: Lowering, node: cst.Lambda) -> Expansion:
    defaults, make_parameters = parameters(node.params)
    return (*defaults, node.body), lambda parts: code.Lambda(make_parameters(parts[:-1]), parts[-1])


def _subscript(_: Lowering, node: cst.Subscript) -> Expansion:
    whole = len(node.slice) == 1 and node.slice[0].comma is cst.MaybeSentinel.DEFAULT
    whole = whole and not (isinstance(node.slice[0].slice, cst.Index) and node.slice[0].slice.star)

    def build(parts: list[Any]) -> object:
        indices = tuple(
            code.Star(part) if isinstance(each.slice, cst.Index) and each.slice.star else part
            for each, part in zip(node.slice, parts[1:], strict=True)
        )
        return code.Subscript(parts[0], indices[0] if whole else code.Collection("tuple", indices))

    return (node.value, *(each.slice for each in node.slice)), build


def _yield(_: Lowering, node: cst.Yield) -> Expansion:
    if isinstance(node.value, cst.From):
        return simple(lambda value: code.Yield(value, True), node.value.item)
    return simple(lambda value: code.Yield(value, False), node.value)


def _const(value: Callable[[Any], Any]) -> Rule:
    return lambda _, node: ((), lambda _: code.Const(value(node)))


def _name(_: Lowering, node: cst.Name) -> Expansion:
    if node.value in SINGLETONS:
        return (), lambda _: code.Const(SINGLETONS[node.value])
    return (), lambda _: code.Name(identifier(node))


def _collection(kind: Any) -> Rule:
    return lambda _, node: (node.elements, lambda parts: code.Collection(kind, tuple(parts)))


def _binary(_: Lowering, node: cst.BinaryOperation) -> Expansion:
    operator = OPERATORS[type(node.operator)]
    return simple(lambda left, right: code.Binary(operator, left, right), node.left, node.right)


def _unary(_: Lowering, node: cst.UnaryOperation) -> Expansion:
    return simple(lambda operand: code.Unary(OPERATORS[type(node.operator)], operand), node.expression)


EXPRESSIONS: Table = {
    cst.SimpleString: _const(lambda n: n.evaluated_value),
    cst.Integer: _const(lambda n: n.evaluated_value),
    cst.Float: _const(lambda n: n.evaluated_value),
    cst.Imaginary: _const(lambda n: n.evaluated_value),
    cst.Ellipsis: _const(lambda _: "..."),
    cst.ConcatenatedString: _concatenated,
    **dict.fromkeys(FORMATTED, _format),
    cst.Name: _name,
    cst.Attribute: lambda s, n: simple(lambda value: code.Attribute(value, identifier(n.attr)), n.value),
    cst.Call: _call,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _compare,
    cst.BooleanOperation: _logical,
    cst.IfExp: parts(code.Conditional, "test", "body", "orelse"),
    cst.Tuple: _collection("tuple"),
    cst.List: _collection("list"),
    cst.Set: _collection("set"),
    cst.Element: lambda s, n: simple(lambda value: value, n.value),
    cst.StarredElement: parts(code.Star, "value"),
    cst.Dict: _mapping,
    cst.Subscript: _subscript,
    cst.Index: lambda s, n: simple(lambda value: value, n.value),
    cst.Slice: parts(code.Slice, "lower", "upper", "step"),
    cst.Await: parts(code.Await, "expression"),
    cst.Yield: _yield,
    cst.NamedExpr: parts(code.Walrus, "target", "value"),
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
}
