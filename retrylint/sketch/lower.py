"""The host's `ast` lowered to `retrylint.code`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, cast

from retrylint import code
from retrylint.model import Span

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&",
    ast.UAdd: "+", ast.USub: "-", ast.Invert: "~", ast.Not: "not", ast.And: "and", ast.Or: "or",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip

Expansion = tuple[Sequence["ast.AST | None"], code.Build]


class Lowering:
    """Lowers nodes of one source text, whose lines turn the byte columns of `ast` into character columns."""

    def __init__(self, source: str) -> None:
        self._lines = None if source.isascii() else source.split("\n")
        self._known: dict[int, tuple[ast.AST, Any]] = {}  # a node that is kept leaves its identity to no other

    def lower(self, node: ast.AST) -> Any:
        """The `retrylint.code` value of a statement or an expression, made once. Raises `code.TooDeepError`."""
        if id(node) not in self._known:
            self._known[id(node)] = node, code.fold(node, self._expand)
        return self._known[id(node)][1]

    def shallow(self, node: ast.AST) -> Any:
        """The same, or None where the node is nested too deep to be read."""
        try:
            return self.lower(node)
        except code.TooDeepError:
            return None

    def span(self, node: ast.stmt | ast.expr | ast.ExceptHandler, last: Sequence[Any] = ()) -> Span:
        """Where a node stands; a compound statement ends where the last statement of its last block does."""
        if last:
            end = last[-1].span
            return Span(node.lineno, self._column(node.lineno, node.col_offset), end.end_line, end.end_column)
        line, end_line = node.lineno, node.end_lineno or node.lineno
        end_column = self._column(end_line, node.end_col_offset or 0)
        return Span(line, self._column(line, node.col_offset), end_line, end_column)

    def _column(self, line: int, offset: int) -> int:
        if self._lines is None or offset == 0:
            return offset + 1
        return len(self._lines[line - 1].encode()[:offset].decode(errors="replace")) + 1

    def _expand(self, node: ast.AST) -> Expansion:
        rule = TABLE.get(type(node))
        if rule is None:
            return list(ast.iter_child_nodes(node)), lambda parts: code.Opaque("format", _expressions(parts))
        return rule(self, node)


def _expressions(parts: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if part is not None)


def _simple(node: Any, make: Callable[..., object], *children: ast.AST | None) -> Expansion:
    return children, lambda parts: make(*parts)


def _constant(_: Lowering, node: ast.Constant) -> Expansion:
    value = cast(Any, node.value)
    return (), lambda _: code.Const("..." if value is ... else value)


def _call(spans: Lowering, node: ast.Call) -> Expansion:
    def build(parts: list[Any]) -> object:
        (function,), values, keywords = code.groups(parts, 1, len(node.args), len(node.keywords))
        arguments = [
            code.Argument(value.value, None, 1) if isinstance(value, code.Star) else code.Argument(value)
            for value in values
        ]
        arguments += [
            code.Argument(value, keyword.arg, 0 if keyword.arg else 2)
            for keyword, value in zip(node.keywords, keywords, strict=True)
        ]
        return code.Call(function, tuple(arguments), spans.span(node))

    return (node.func, *node.args, *(keyword.value for keyword in node.keywords)), build


def _compare(_: Lowering, node: ast.Compare) -> Expansion:
    operators = tuple(OPERATORS[type(op)] for op in node.ops)
    return (node.left, *node.comparators), lambda p: code.Compare(p[0], operators, tuple(p[1:]))


def _logical(_: Lowering, node: ast.BoolOp) -> Expansion:
    """A chain is flat here, but libcst nests it, and some ten thousand operands would kill it."""
    if len(node.values) > code.MAX_DEPTH:
        raise code.TooDeepError(f"nested deeper than {code.MAX_DEPTH} levels")
    return node.values, lambda parts: code.logical(OPERATORS[type(node.op)], parts)


def _mapping(_: Lowering, node: ast.Dict) -> Expansion:
    half = len(node.keys)
    return (*node.keys, *node.values), lambda parts: code.Mapping(
        cast(Any, tuple(zip(parts[:half], parts[half:], strict=True)))
    )


def _comprehension(_: Lowering, node: Any) -> Expansion:
    children: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for generator in node.generators:
        children += [generator.target, generator.iter, *generator.ifs]
    return children, lambda parts: code.Opaque("comprehension", _expressions(parts))


def _format(_: Lowering, node: Any) -> Expansion:
    """An f-string: its expressions and those of its format specifications, flat."""
    children: list[ast.AST] = []
    pending = list(reversed(node.values))
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Constant):
            continue
        children.append(part.value)
        if part.format_spec is not None:
            pending.extend(reversed(part.format_spec.values))
    return children, lambda parts: code.Opaque("format", _expressions(parts))


def _parameters(arguments: ast.arguments) -> tuple[list[ast.expr | None], Callable[[Sequence[Any]], tuple[Any, ...]]]:
    """The defaults to lower, and the parameters once they are."""
    shape: list[tuple[str, str]] = [(each.arg, "positional-only") for each in arguments.posonlyargs]
    shape += [(each.arg, "positional") for each in arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(shape) - len(arguments.defaults))
    defaults += arguments.defaults
    if arguments.vararg:
        shape.append((arguments.vararg.arg, "star"))
        defaults.append(None)
    shape += [(each.arg, "keyword") for each in arguments.kwonlyargs]
    defaults += arguments.kw_defaults
    if arguments.kwarg:
        shape.append((arguments.kwarg.arg, "double-star"))
        defaults.append(None)
    return defaults, lambda values: tuple(
        code.Parameter(name, cast(Any, kind), value) for (name, kind), value in zip(shape, values, strict=True)
    )


def _lambda(_: Lowering, node: ast.Lambda) -> Expansion:
    defaults, parameters = _parameters(node.args)
    return (*defaults, node.body), lambda parts: code.Lambda(parameters(parts[:-1]), parts[-1])


def _function(spans: Lowering, node: Any) -> Expansion:
    defaults, parameters = _parameters(node.args)

    def build(parts: list[Any]) -> object:
        values, decorators, body = code.groups(parts, len(defaults), len(node.decorator_list), len(node.body))
        is_async = isinstance(node, ast.AsyncFunctionDef)
        return code.Function(node.name, parameters(values), decorators, body, is_async, spans.span(node, body))

    return (*defaults, *node.decorator_list, *node.body), build


def _class(spans: Lowering, node: ast.ClassDef) -> Expansion:
    def build(parts: list[Any]) -> object:
        sizes = (len(node.bases), len(node.keywords), len(node.decorator_list), len(node.body))
        bases, keywords, decorators, body = code.groups(parts, *sizes)
        arguments = [code.Argument(b.value, None, 1) if isinstance(b, code.Star) else code.Argument(b) for b in bases]
        arguments += [code.Argument(v, k.arg, 0 if k.arg else 2) for k, v in zip(node.keywords, keywords, strict=True)]
        return code.Class(node.name, tuple(arguments), decorators, body, spans.span(node, body))

    return (*node.bases, *(k.value for k in node.keywords), *node.decorator_list, *node.body), build


def _branch(make: Callable[..., object]) -> Callable[[Lowering, Any], Expansion]:
    def rule(spans: Lowering, node: Any) -> Expansion:
        def build(parts: list[Any]) -> object:
            (test,), body, orelse = code.groups(parts, 1, len(node.body), len(node.orelse))
            return make(test, body, orelse, spans.span(node, orelse or body))

        return (node.test, *node.body, *node.orelse), build

    return rule


def _for(spans: Lowering, node: Any) -> Expansion:
    def build(parts: list[Any]) -> object:
        (target, iterable), body, orelse = code.groups(parts, 2, len(node.body), len(node.orelse))
        return code.For(
            target, iterable, body, orelse, isinstance(node, ast.AsyncFor), spans.span(node, orelse or body)
        )

    return (node.target, node.iter, *node.body, *node.orelse), build


def _try(spans: Lowering, node: Any) -> Expansion:
    def build(parts: list[Any]) -> object:
        sizes = (len(node.body), len(node.handlers), len(node.orelse), len(node.finalbody))
        groups = code.groups(parts, *sizes)
        block, handlers, other, ending = groups
        return code.Try(
            block, handlers, other, ending, spans.span(node, next(group for group in reversed(groups) if group))
        )

    return (*node.body, *node.handlers, *node.orelse, *node.finalbody), build


def _handler(spans: Lowering, node: ast.ExceptHandler) -> Expansion:
    return (node.type, *node.body), lambda parts: code.Handler(
        parts[0], node.name, tuple(parts[1:]), spans.span(node, parts)
    )


def _with(spans: Lowering, node: Any) -> Expansion:
    half = len(node.items)

    def build(parts: list[Any]) -> object:
        contexts, targets, body = code.groups(parts, half, half, len(node.body))
        items = tuple(zip(contexts, targets, strict=True))
        return code.With(items, body, isinstance(node, ast.AsyncWith), spans.span(node, body))

    return (*(i.context_expr for i in node.items), *(i.optional_vars for i in node.items), *node.body), build


def _match(spans: Lowering, node: ast.Match) -> Expansion:
    def build(parts: list[Any]) -> object:
        return code.Match(parts[0], tuple(parts[1:]), spans.span(node, parts[-1].body))

    return (node.subject, *node.cases), build


def _case(_: Lowering, node: ast.match_case) -> Expansion:
    named = [
        name
        for part in ast.walk(node.pattern)
        for name in (getattr(part, "name", None) or getattr(part, "rest", None),)
        if isinstance(name, str)
    ]
    matches_all = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
    return (node.guard, *node.body), lambda parts: code.Case(
        tuple(sorted(named)), matches_all, parts[0], tuple(parts[1:])
    )


def _import(spans: Lowering, node: ast.Import) -> Expansion:
    names = tuple((each.asname or each.name.partition(".")[0],
                   each.name if each.asname else each.name.partition(".")[0]) for each in node.names)  # fmt: skip
    return (), lambda _: code.Import(names, spans.span(node))


def _import_from(spans: Lowering, node: ast.ImportFrom) -> Expansion:
    prefix = "." * node.level + (node.module or "")
    joint = "" if prefix.endswith(".") else "."
    names = tuple((each.asname or each.name, f"{prefix}{joint}{each.name}") for each in node.names)
    return (), lambda _: code.Import(names, spans.span(node))


def _declare(spans: Lowering, node: Any) -> Expansion:
    kind = "global" if isinstance(node, ast.Global) else "nonlocal"
    return (), lambda _: code.Declare(cast(Any, kind), tuple(node.names), spans.span(node))


def _annotated(spans: Lowering, node: ast.AnnAssign) -> Expansion:
    if node.value is None:
        return (), lambda _: code.Pass(spans.span(node))
    return (node.target, node.value), lambda p: code.Assign((p[0],), p[1], spans.span(node))


def _leaf(make: Callable[[Span], object]) -> Callable[[Lowering, Any], Expansion]:
    return lambda spans, node: ((), lambda _: make(spans.span(node)))


def _collection(kind: str) -> Callable[[Lowering, Any], Expansion]:
    return lambda _, node: (node.elts, lambda parts: code.Collection(cast(Any, kind), tuple(parts)))


def _delete(spans: Lowering, node: ast.Delete) -> Expansion:
    return node.targets, lambda parts: code.Delete(tuple(parts), spans.span(node))


def _assign(spans: Lowering, node: ast.Assign) -> Expansion:
    return (*node.targets, node.value), lambda parts: code.Assign(tuple(parts[:-1]), parts[-1], spans.span(node))


def _binary(_: Lowering, node: ast.BinOp) -> Expansion:
    return _simple(node, lambda left, right: code.Binary(OPERATORS[type(node.op)], left, right), node.left, node.right)


def _unary(_: Lowering, node: ast.UnaryOp) -> Expansion:
    return _simple(node, lambda operand: code.Unary(OPERATORS[type(node.op)], operand), node.operand)


def _augmented(s: Lowering, n: ast.AugAssign) -> Expansion:
    operator = OPERATORS[type(n.op)]
    return _simple(n, lambda target, value: code.AugAssign(target, operator, value, s.span(n)), n.target, n.value)


TABLE: dict[type[ast.AST], Callable[[Lowering, Any], Expansion]] = {
    ast.Constant: _constant,
    ast.Name: lambda s, n: ((), lambda _: code.Name(n.id)),
    ast.Attribute: lambda s, n: _simple(n, lambda value: code.Attribute(value, n.attr), n.value),
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _logical,
    ast.IfExp: lambda s, n: _simple(n, code.Conditional, n.test, n.body, n.orelse),
    ast.Tuple: _collection("tuple"),
    ast.List: _collection("list"),
    ast.Set: _collection("set"),
    ast.Dict: _mapping,
    ast.Subscript: lambda s, n: _simple(n, code.Subscript, n.value, n.slice),
    ast.Slice: lambda s, n: _simple(n, code.Slice, n.lower, n.upper, n.step),
    ast.Starred: lambda s, n: _simple(n, code.Star, n.value),
    ast.Await: lambda s, n: _simple(n, code.Await, n.value),
    ast.Yield: lambda s, n: _simple(n, lambda value: code.Yield(value, False), n.value),
    ast.YieldFrom: lambda s, n: _simple(n, lambda value: code.Yield(value, True), n.value),
    ast.NamedExpr: lambda s, n: _simple(n, code.Walrus, n.target, n.value),
    ast.Lambda: _lambda,
    ast.JoinedStr: _format,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Expr: lambda s, n: _simple(n, lambda value: code.Evaluate(value, s.span(n)), n.value),
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: lambda s, n: _simple(n, lambda value: code.Return(value, s.span(n)), n.value),
    ast.Raise: lambda s, n: _simple(n, lambda exc, cause: code.Raise(exc, cause, s.span(n)), n.exc, n.cause),
    ast.Assert: lambda s, n: _simple(n, lambda test, msg: code.Assert(test, msg, s.span(n)), n.test, n.msg),
    ast.Delete: _delete,
    ast.Pass: _leaf(code.Pass),
    ast.Break: _leaf(code.Break),
    ast.Continue: _leaf(code.Continue),
    ast.Global: _declare,
    ast.Nonlocal: _declare,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.If: _branch(code.If),
    ast.While: _branch(code.While),
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Try: _try,
    ast.ExceptHandler: _handler,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.match_case: _case,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    **({ast.TryStar: _try} if hasattr(ast, "TryStar") else {}),
    **({ast.TypeAlias: _leaf(code.Pass)} if hasattr(ast, "TypeAlias") else {}),
    **({ast.TemplateStr: _format} if hasattr(ast, "TemplateStr") else {}),
}
