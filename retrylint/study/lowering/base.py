"""What the rules of the lowering share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from retrylint import code
from retrylint.model import Span
from retrylint.study.positions import Positions

Expansion = tuple[Sequence["cst.CSTNode | None"], code.Build]
Rule = Callable[["Lowering", Any], Expansion]
Table = Mapping[type[cst.CSTNode], Rule]

OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<", cst.RightShift: ">>", cst.BitOr: "|",
    cst.BitXor: "^", cst.BitAnd: "&", cst.Plus: "+", cst.Minus: "-", cst.BitInvert: "~", cst.Not: "not",
    cst.And: "and", cst.Or: "or", cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=",
    cst.GreaterThan: ">", cst.GreaterThanEqual: ">=", cst.Is: "is", cst.IsNot: "is not", cst.In: "in",
    cst.NotIn: "not in", cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*",
    cst.DivideAssign: "/", cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@", cst.LeftShiftAssign: "<<", cst.RightShiftAssign: ">>", cst.BitOrAssign: "|",
    cst.BitXorAssign: "^", cst.BitAndAssign: "&",
}  # fmt: skip


class Lowering:
    """Lowers nodes of one parsed module by a table of rules."""

    def __init__(self, positions: Positions, table: Table) -> None:
        self._positions, self._table = positions, table

    def lower(self, node: cst.CSTNode) -> Any:
        """The `retrylint.code` value of a statement or an expression. Raises `code.TooDeepError`."""
        return code.fold(node, self._expand)

    def span(self, node: cst.CSTNode, last: Sequence[Any] = ()) -> Span:
        """Where a node stands; a compound statement ends where the last statement of its last block does."""
        span = self._positions.span(node)
        if not last:
            return span
        return Span(span.line, span.column, last[-1].span.end_line, last[-1].span.end_column)

    def _expand(self, node: cst.CSTNode) -> Expansion:
        rule = self._table.get(type(node))
        if rule is None and isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return (), lambda _: code.Pass(self.span(node))  # a kind of statement that a later Python brings
        if rule is None:
            return (), lambda _: code.Opaque("format", ())
        return rule(self, node)


def simple(make: Callable[..., object], *children: cst.CSTNode | None) -> Expansion:
    return children, lambda parts: make(*parts)


def identifier(node: cst.Name) -> str:
    """A name as Python compares names (PEP 3131)."""
    return node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)


def argument(node: cst.Arg) -> tuple[str | None, int]:
    return (identifier(node.keyword) if node.keyword else None), len(node.star)


def parameters(node: cst.Parameters) -> tuple[list[cst.CSTNode | None], Callable[[Sequence[Any]], tuple[Any, ...]]]:
    """The defaults to lower, and the parameters once they are."""
    groups: list[tuple[Any, Sequence[cst.Param]]] = [
        ("positional-only", node.posonly_params),
        ("positional", node.params),
        ("star", [node.star_arg] if isinstance(node.star_arg, cst.Param) else []),
        ("keyword", node.kwonly_params),
        ("double-star", [node.star_kwarg] if node.star_kwarg else []),
    ]
    shape = [(identifier(each.name), kind) for kind, group in groups for each in group]
    defaults: list[cst.CSTNode | None] = [each.default for _, group in groups for each in group]
    return defaults, lambda values: tuple(
        code.Parameter(name, kind, value) for (name, kind), value in zip(shape, values, strict=True)
    )


def parts(make: Callable[..., object], *names: str) -> Rule:
    """A node whose value is made of these fields, in this order."""
    return lambda _, node: simple(make, *(getattr(node, name) for name in names))


def statement(make: Callable[..., object], *names: str) -> Rule:
    """The same for a statement, which ends with its span."""
    return lambda s, node: simple(lambda *p: make(*p, s.span(node)), *(getattr(node, name) for name in names))


def leaf(make: Callable[[Span], object]) -> Rule:
    return lambda spans, node: ((), lambda _: make(spans.span(node)))
