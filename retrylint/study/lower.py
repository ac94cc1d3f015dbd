"""libcst lowered to `retrylint.code`, on an explicit stack."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from retrylint import code
from retrylint.model import Span
from retrylint.study.positions import Positions

Expansion = tuple[Sequence["cst.CSTNode | None"], code.Build]
SINGLETONS = {"None": None, "True": True, "False": False}

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


def lower_slice(text: str, first_line: int) -> code.Function | code.Class:
    """The first definition of a slice of a file, which starts at `first_line` of it.

    An indented slice is put under an `if`, so columns stay those of the file. Raises `libcst.ParserSyntaxError`
    and `code.TooDeepError`.
    """
    indented = text[:1] in " \t\f"
    module = cst.parse_module(f"if 1:\n{text}" if indented else text)
    lowering = Lowering(Positions(module), first_line - (2 if indented else 1))
    body: Sequence[cst.CSTNode] = module.body
    if indented and isinstance(block := module.body[0], cst.If):
        body = block.body.body
    lowered: code.Function | code.Class = lowering.lower(body[0])
    return lowered


class Lowering:
    """Lowers nodes of one parsed slice; `offset` is added to each line."""

    def __init__(self, positions: Positions, offset: int = 0) -> None:
        self._positions, self._offset = positions, offset

    def lower(self, node: cst.CSTNode) -> Any:
        """The `retrylint.code` value of a statement or an expression. Raises `code.TooDeepError`."""
        return code.fold(node, self._expand)

    def span(self, node: cst.CSTNode, last: Sequence[Any] = ()) -> Span:
        """Where a node stands; a compound statement ends where the last statement of its last block does."""
        span = self._positions.span(node)
        end_line, end_column = span.end_line + self._offset, span.end_column
        if last:
            end_line, end_column = last[-1].span.end_line, last[-1].span.end_column
        return Span(span.line + self._offset, span.column, end_line, end_column)

    def _expand(self, node: cst.CSTNode) -> Expansion:
        rule = TABLE.get(type(node))
        if rule is None:
            return (), lambda _: code.Opaque("format", ())
        return rule(self, node)


def _statements(body: cst.BaseSuite) -> list[cst.CSTNode]:
    """The statements of a suite, several on one line set apart."""
    found: list[cst.CSTNode] = []
    for item in body.body:
        if isinstance(item, cst.SimpleStatementLine):
            found.extend(item.body)
        else:
            found.append(item)
    return found


def _simple(make: Callable[..., object], *children: cst.CSTNode | None) -> Expansion:
    return children, lambda parts: make(*parts)


def _identifier(node: cst.Name) -> str:
    """A name as Python compares names (PEP 3131)."""
    return node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)


def _argument(node: cst.Arg) -> tuple[str | None, int]:
    return (_identifier(node.keyword) if node.keyword else None), len(node.star)


def _call(spans: Lowering, node: cst.Call) -> Expansion:
    # `ast` keeps positional and keyword arguments apart: the order here is that one
    positional = [each for each in node.args if each.keyword is None and each.star != "**"]
    ordered = [*positional, *(each for each in node.args if each.keyword is not None or each.star == "**")]

    def build(parts: list[Any]) -> object:
        values = tuple(code.Argument(v, *_argument(a)) for a, v in zip(ordered, parts[1:], strict=True))
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
        elif isinstance(part, (cst.FormattedString, cst.TemplatedString)):
            pending.extend(reversed(part.parts))
        elif isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
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


def _parameters(node: cst.Parameters) -> tuple[list[cst.CSTNode | None], Callable[[Sequence[Any]], tuple[Any, ...]]]:
    """The defaults to lower, and the parameters once they are."""
    groups: list[tuple[Any, Sequence[cst.Param]]] = [
        ("positional-only", node.posonly_params),
        ("positional", node.params),
        ("star", [node.star_arg] if isinstance(node.star_arg, cst.Param) else []),
        ("keyword", node.kwonly_params),
        ("double-star", [node.star_kwarg] if node.star_kwarg else []),
    ]
    shape = [(_identifier(each.name), kind) for kind, group in groups for each in group]
    defaults: list[cst.CSTNode | None] = [each.default for _, group in groups for each in group]
    return defaults, lambda values: tuple(
        code.Parameter(name, kind, value) for (name, kind), value in zip(shape, values, strict=True)
    )


def _lambda(_: Lowering, node: cst.Lambda) -> Expansion:
    defaults, parameters = _parameters(node.params)
    return (*defaults, node.body), lambda parts: code.Lambda(parameters(parts[:-1]), parts[-1])


def _function(spans: Lowering, node: cst.FunctionDef) -> Expansion:
    defaults, parameters = _parameters(node.params)
    decorators, body = [each.decorator for each in node.decorators], _statements(node.body)

    def build(parts: list[Any]) -> object:
        values, lowered, block = code.groups(parts, len(defaults), len(decorators), len(body))
        span = spans.span(node, block)
        return code.Function(_identifier(node.name), parameters(values), lowered, block, node.asynchronous is not None, span)

    return (*defaults, *decorators, *body), build


def _class(spans: Lowering, node: cst.ClassDef) -> Expansion:
    bases = [*node.bases, *node.keywords]
    decorators, body = [each.decorator for each in node.decorators], _statements(node.body)

    def build(parts: list[Any]) -> object:
        values, lowered, block = code.groups(parts, len(bases), len(decorators), len(body))
        arguments = tuple(code.Argument(v, *_argument(a)) for a, v in zip(bases, values, strict=True))
        return code.Class(_identifier(node.name), arguments, lowered, block, spans.span(node, block))

    return (*(each.value for each in bases), *decorators, *body), build


def _otherwise(node: Any) -> list[cst.CSTNode]:
    """The statements of an `else`; an `elif` is an `if` of its own."""
    if node.orelse is None:
        return []
    return [node.orelse] if isinstance(node.orelse, cst.If) else _statements(node.orelse.body)


def _branch(make: Callable[..., object]) -> Callable[[Lowering, Any], Expansion]:
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
        return code.Try(*groups, spans.span(node, last))

    return (*body, *node.handlers, *orelse, *final), build


def _handler(spans: Lowering, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Expansion:
    name = _identifier(node.name.name) if node.name and isinstance(node.name.name, cst.Name) else None

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
            named.append(_identifier(bound))
        pending.extend(part.children)
    matches_all = isinstance(node.pattern, cst.MatchAs) and node.pattern.pattern is None
    return (node.guard, *_statements(node.body)), lambda parts: code.Case(
        tuple(sorted(named)), matches_all, parts[0], tuple(parts[1:])
    )  # fmt: skip


def _dotted(node: cst.BaseExpression | None) -> str:
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(_identifier(node.attr))
        node = node.value
    if isinstance(node, cst.Name):
        names.append(_identifier(node))
    return ".".join(reversed(names))


def _alias(node: cst.ImportAlias) -> tuple[str, str | None]:
    local = node.asname.name if node.asname else None
    return _dotted(node.name), _identifier(local) if isinstance(local, cst.Name) else None


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
    names = tuple(_identifier(each.name) for each in node.names)
    return (), lambda _: code.Declare(kind, names, spans.span(node))


def _annotated(spans: Lowering, node: cst.AnnAssign) -> Expansion:
    if node.value is None:
        return (), lambda _: code.Pass(spans.span(node))
    return _simple(lambda target, value: code.Assign((target,), value, spans.span(node)), node.target, node.value)


def _assign(spans: Lowering, node: cst.Assign) -> Expansion:
    return (*(each.target for each in node.targets), node.value), lambda parts: code.Assign(
        tuple(parts[:-1]), parts[-1], spans.span(node)
    )  # fmt: skip


def _delete(spans: Lowering, node: cst.Del) -> Expansion:
    target = node.target
    targets = [each.value for each in target.elements] if isinstance(target, cst.Tuple) and not target.lpar else [target]
    return targets, lambda parts: code.Delete(tuple(parts), spans.span(node))


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
        return _simple(lambda value: code.Yield(value, True), node.value.item)
    return _simple(lambda value: code.Yield(value, False), node.value)


def _raise(spans: Lowering, node: cst.Raise) -> Expansion:
    cause = node.cause.item if node.cause else None
    return _simple(lambda exception, of: code.Raise(exception, of, spans.span(node)), node.exc, cause)


def _leaf(make: Callable[[Span], object]) -> Callable[[Lowering, Any], Expansion]:
    return lambda spans, node: ((), lambda _: make(spans.span(node)))


def _const(value: Callable[[Any], Any]) -> Callable[[Lowering, Any], Expansion]:
    return lambda _, node: ((), lambda _: code.Const(value(node)))


def _name(_: Lowering, node: cst.Name) -> Expansion:
    if node.value in SINGLETONS:
        return (), lambda _: code.Const(SINGLETONS[node.value])
    return (), lambda _: code.Name(_identifier(node))


def _collection(kind: Any) -> Callable[[Lowering, Any], Expansion]:
    return lambda _, node: (node.elements, lambda parts: code.Collection(kind, tuple(parts)))


def _binary(_: Lowering, node: cst.BinaryOperation) -> Expansion:
    operator = OPERATORS[type(node.operator)]
    return _simple(lambda left, right: code.Binary(operator, left, right), node.left, node.right)


def _unary(_: Lowering, node: cst.UnaryOperation) -> Expansion:
    return _simple(lambda operand: code.Unary(OPERATORS[type(node.operator)], operand), node.expression)


def _augmented(s: Lowering, n: cst.AugAssign) -> Expansion:
    operator = OPERATORS[type(n.operator)]
    return _simple(lambda target, value: code.AugAssign(target, operator, value, s.span(n)), n.target, n.value)


def _parts(make: Callable[..., object], *names: str) -> Callable[[Lowering, Any], Expansion]:
    """A node whose value is made of these fields, in this order."""
    return lambda _, node: _simple(make, *(getattr(node, name) for name in names))


def _statement(make: Callable[..., object], *names: str) -> Callable[[Lowering, Any], Expansion]:
    """The same for a statement, which ends with its span."""
    return lambda s, node: _simple(lambda *p: make(*p, s.span(node)), *(getattr(node, name) for name in names))


TABLE: dict[type[cst.CSTNode], Callable[[Lowering, Any], Expansion]] = {
    cst.SimpleString: _const(lambda n: n.evaluated_value),
    cst.Integer: _const(lambda n: n.evaluated_value),
    cst.Float: _const(lambda n: n.evaluated_value),
    cst.Imaginary: _const(lambda n: n.evaluated_value),
    cst.Ellipsis: _const(lambda _: "..."),
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _format,
    cst.TemplatedString: _format,
    cst.Name: _name,
    cst.Attribute: lambda s, n: _simple(lambda value: code.Attribute(value, _identifier(n.attr)), n.value),
    cst.Call: _call,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _compare,
    cst.BooleanOperation: _logical,
    cst.IfExp: _parts(code.Conditional, "test", "body", "orelse"),
    cst.Tuple: _collection("tuple"),
    cst.List: _collection("list"),
    cst.Set: _collection("set"),
    cst.Element: lambda s, n: _simple(lambda value: value, n.value),
    cst.StarredElement: _parts(code.Star, "value"),
    cst.Dict: _mapping,
    cst.Subscript: _subscript,
    cst.Index: lambda s, n: _simple(lambda value: value, n.value),
    cst.Slice: _parts(code.Slice, "lower", "upper", "step"),
    cst.Await: _parts(code.Await, "expression"),
    cst.Yield: _yield,
    cst.NamedExpr: _parts(code.Walrus, "target", "value"),
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.Expr: _statement(code.Evaluate, "value"),
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _statement(code.Return, "value"),
    cst.Raise: _raise,
    cst.Assert: _statement(code.Assert, "test", "msg"),
    cst.Del: _delete,
    cst.Pass: _leaf(code.Pass),
    cst.TypeAlias: _leaf(code.Pass),
    cst.Break: _leaf(code.Break),
    cst.Continue: _leaf(code.Continue),
    cst.Global: _declare,
    cst.Nonlocal: _declare,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
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
