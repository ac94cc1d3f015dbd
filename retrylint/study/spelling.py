"""Expressions as a reader would write them: short, on one line, with the brackets that they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retrylint import code

MOST = 72  # characters
LEFT_OUT = "..."

# how tightly parts hold together: what stands in a place that asks for more is put in brackets
LOOSE, CONDITIONAL, OR, AND, NOT, COMPARED, UNARY, POWER, ATOM = 0, 1, 2, 3, 4, 5, 12, 13, 14
BINARY = {"|": 6, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "//": 11, "%": 11, "@": 11}


def spelled(expr: code.Expr, most: int = MOST) -> str:
    """The expression as text, cut where it is longer than `most` characters."""
    text = _text(expr, LOOSE)
    return text if len(text) <= most else f"{text[: most - len(LEFT_OUT)]}{LEFT_OUT}"


def _text(expr: Any, asked: int) -> str:
    text, holds = RULES[type(expr)](expr)
    return text if holds >= asked else f"({text})"


def _call(expr: code.Call) -> tuple[str, int]:
    arguments = [
        f"{'*' * each.stars}{f'{each.keyword}=' if each.keyword else ''}{_text(each.value, CONDITIONAL)}"
        for each in expr.arguments
    ]
    return f"{_text(expr.function, ATOM)}({', '.join(arguments)})", ATOM


def _binary(expr: code.Binary) -> tuple[str, int]:
    if expr.operator == "**":
        return f"{_text(expr.left, ATOM)} ** {_text(expr.right, UNARY)}", POWER
    holds = BINARY.get(expr.operator, COMPARED)
    return f"{_text(expr.left, holds)} {expr.operator} {_text(expr.right, holds + 1)}", holds


def _unary(expr: code.Unary) -> tuple[str, int]:
    if expr.operator == "not":
        return f"not {_text(expr.operand, NOT)}", NOT
    return f"{expr.operator}{_text(expr.operand, UNARY)}", UNARY


def _compare(expr: code.Compare) -> tuple[str, int]:
    parts = [_text(expr.left, COMPARED + 1)]
    for sign, other in zip(expr.operators, expr.others, strict=True):
        parts += [sign, _text(other, COMPARED + 1)]
    return " ".join(parts), COMPARED


def _logical(expr: code.Logical) -> tuple[str, int]:
    holds = AND if expr.operator == "and" else OR
    return f" {expr.operator} ".join(_text(value, holds + 1) for value in expr.values), holds


def _conditional(expr: code.Conditional) -> tuple[str, int]:
    test = f"{_text(expr.body, OR)} if {_text(expr.test, OR)}"
    return f"{test} else {_text(expr.orelse, CONDITIONAL)}", CONDITIONAL


def _collection(expr: code.Collection) -> tuple[str, int]:
    items = ", ".join(_text(item, CONDITIONAL) for item in expr.items)
    if expr.kind == "tuple":
        return f"({items},)" if len(expr.items) == 1 else f"({items})", ATOM
    return f"[{items}]" if expr.kind == "list" else f"{{{items}}}", ATOM


def _mapping(expr: code.Mapping) -> tuple[str, int]:
    items = [
        f"**{_text(value, OR)}" if key is None else f"{_text(key, CONDITIONAL)}: {_text(value, CONDITIONAL)}"
        for key, value in expr.items
    ]
    return f"{{{', '.join(items)}}}", ATOM


def _slice(expr: code.Slice) -> tuple[str, int]:
    lower, upper, step = (
        "" if part is None else _text(part, CONDITIONAL) for part in (expr.lower, expr.upper, expr.step)
    )
    return f"{lower}:{upper}{f':{step}' if step else ''}", LOOSE


def _subscript(expr: code.Subscript) -> tuple[str, int]:
    return f"{_text(expr.value, ATOM)}[{_text(expr.index, LOOSE)}]", ATOM


def _yield(expr: code.Yield) -> tuple[str, int]:
    value = "" if expr.value is None else f" {_text(expr.value, CONDITIONAL)}"
    return f"yield{' from' if expr.delegates else ''}{value}", LOOSE


def _lambda(expr: code.Lambda) -> tuple[str, int]:
    names = ", ".join(parameter.name for parameter in expr.parameters)
    return f"lambda {names}: {_text(expr.body, CONDITIONAL)}".replace("lambda :", "lambda:"), CONDITIONAL


RULES: dict[type[Any], Callable[[Any], tuple[str, int]]] = {
    code.Const: lambda expr: (repr(expr.value), ATOM),
    code.Name: lambda expr: (expr.id, ATOM),
    code.Attribute: lambda expr: (f"{_text(expr.value, ATOM)}.{expr.name}", ATOM),
    code.Call: _call,
    code.Binary: _binary,
    code.Unary: _unary,
    code.Compare: _compare,
    code.Logical: _logical,
    code.Conditional: _conditional,
    code.Collection: _collection,
    code.Mapping: _mapping,
    code.Subscript: _subscript,
    code.Slice: _slice,
    code.Star: lambda expr: (f"*{_text(expr.value, OR)}", CONDITIONAL),
    code.Await: lambda expr: (f"await {_text(expr.value, ATOM)}", POWER),
    code.Yield: _yield,
    code.Walrus: lambda expr: (f"{_text(expr.target, ATOM)} := {_text(expr.value, CONDITIONAL)}", LOOSE),
    code.Lambda: _lambda,
    code.Opaque: lambda expr: ('f"..."' if expr.kind == "format" else "[...]", ATOM),
}
