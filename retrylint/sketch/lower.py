"""The host's `ast` lowered to `retrylint.code`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
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


class Lowering:
    """Lowers nodes of one source text, whose lines turn the byte columns of `ast` into character columns."""

    def __init__(self, source: str) -> None:
        self._lines = None if source.isascii() else source.split("\n")
        self._known: dict[int, tuple[ast.AST, Any]] = {}  # a node that is kept leaves its identity to no other
        self._depth = 0

    def lower(self, node: ast.AST) -> Any:
        """The `retrylint.code` value of a statement or an expression, made once. Raises `code.TooDeepError`."""
        if id(node) not in self._known:
            self._depth = 0
            self._known[id(node)] = node, self.part(node)
        return self._known[id(node)][1]

    def shallow(self, node: ast.AST) -> Any:
        """The same, or None where the node is nested too deep to be read."""
        try:
            return self.lower(node)
        except code.TooDeepError:
            return None

    def part(self, node: ast.AST | None) -> Any:
        """The value of a part of what is lowered, None for what is not there; no part lies deeper than `MAX_DEPTH`."""
        if node is None:
            return None
        self._depth += 1
        if self._depth > code.MAX_DEPTH:
            raise _too_deep()
        value = TABLE.get(type(node), _unknown)(self, node)
        self._depth -= 1
        return value

    def parts(self, nodes: Iterable[ast.AST | None]) -> tuple[Any, ...]:
        """The values of several parts."""
        return tuple([self.part(node) for node in nodes])

    def span(self, node: ast.stmt | ast.expr | ast.ExceptHandler, last: Sequence[Any] = ()) -> Span:
        """Where a node stands; a compound statement ends where the last statement of its last block does."""
        if last:
            end = last[-1].span
            return Span(node.lineno, self._column(node.lineno, node.col_offset), end.end_line, end.end_column)
        line, end_line = node.lineno, node.end_lineno or node.lineno
        if self._lines is None:
            return Span(line, node.col_offset + 1, end_line, (node.end_col_offset or 0) + 1)
        end_column = self._column(end_line, node.end_col_offset or 0)
        return Span(line, self._column(line, node.col_offset), end_line, end_column)

    def _column(self, line: int, offset: int) -> int:
        if self._lines is None or offset == 0:
            return offset + 1
        return len(self._lines[line - 1].encode()[:offset].decode(errors="replace")) + 1


def _too_deep() -> code.TooDeepError:
    return code.TooDeepError(f"nested deeper than {code.MAX_DEPTH} levels")


def _unknown(s: Lowering, node: ast.AST) -> object:
    return code.Opaque("format", s.parts(ast.iter_child_nodes(node)))


def _constant(_: Lowering, node: ast.Constant) -> object:
    value = cast(Any, node.value)
    return code.Const("..." if value is ... else value)


def _call(s: Lowering, node: ast.Call) -> object:
    arguments = [*_positional(s, node.args), *_keywords(s, node.keywords)]
    return code.Call(s.part(node.func), tuple(arguments), s.span(node))


def _positional(s: Lowering, nodes: list[ast.expr]) -> list[code.Argument]:
    return [
        code.Argument(value.value, None, 1) if type(value) is code.Star else code.Argument(value)
        for value in s.parts(nodes)
    ]


def _keywords(s: Lowering, nodes: list[ast.keyword]) -> list[code.Argument]:
    return [code.Argument(s.part(each.value), each.arg, 0 if each.arg else 2) for each in nodes]


def _compare(s: Lowering, node: ast.Compare) -> object:
    operators = tuple([OPERATORS[type(op)] for op in node.ops])
    return code.Compare(s.part(node.left), operators, s.parts(node.comparators))


def _logical(s: Lowering, node: ast.BoolOp) -> object:
    """A chain is flat here, but libcst nests it, and some ten thousand operands would kill it."""
    if len(node.values) > code.MAX_DEPTH:
        raise _too_deep()
    return code.logical(OPERATORS[type(node.op)], s.parts(node.values))


def _mapping(s: Lowering, node: ast.Dict) -> object:
    return code.Mapping(tuple(zip(s.parts(node.keys), s.parts(node.values), strict=True)))


def _comprehension(s: Lowering, node: Any) -> object:
    parts: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for generator in node.generators:
        parts += [generator.target, generator.iter, *generator.ifs]
    return code.Opaque("comprehension", s.parts(parts))


def _format(s: Lowering, node: Any) -> object:
    """An f-string: its expressions and those of its format specifications, flat."""
    parts: list[ast.AST] = []
    pending = list(reversed(node.values))
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Constant):
            continue
        parts.append(part.value)
        if part.format_spec is not None:
            pending.extend(reversed(part.format_spec.values))
    return code.Opaque("format", s.parts(parts))


def _parameters(s: Lowering, arguments: ast.arguments) -> tuple[code.Parameter, ...]:
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
    each = zip(shape, s.parts(defaults), strict=True)
    return tuple([code.Parameter(name, cast(Any, kind), value) for (name, kind), value in each])


def _lambda(s: Lowering, node: ast.Lambda) -> object:
    return code.Lambda(_parameters(s, node.args), s.part(node.body))


def _function(s: Lowering, node: Any) -> object:
    parameters, decorators, body = _parameters(s, node.args), s.parts(node.decorator_list), s.parts(node.body)
    is_async = isinstance(node, ast.AsyncFunctionDef)
    return code.Function(node.name, parameters, decorators, body, is_async, s.span(node, body))


def _class(s: Lowering, node: ast.ClassDef) -> object:
    bases = (*_positional(s, node.bases), *_keywords(s, node.keywords))
    decorators, body = s.parts(node.decorator_list), s.parts(node.body)
    return code.Class(node.name, bases, decorators, body, s.span(node, body))


def _branch(make: Callable[..., object]) -> Callable[[Lowering, Any], object]:
    def rule(s: Lowering, node: Any) -> object:
        test, body, orelse = s.part(node.test), s.parts(node.body), s.parts(node.orelse)
        return make(test, body, orelse, s.span(node, orelse or body))

    return rule


def _for(s: Lowering, node: Any) -> object:
    target, iterable, body, orelse = s.part(node.target), s.part(node.iter), s.parts(node.body), s.parts(node.orelse)
    return code.For(target, iterable, body, orelse, isinstance(node, ast.AsyncFor), s.span(node, orelse or body))


def _try(s: Lowering, node: Any) -> object:
    body, handlers, orelse, final = [
        s.parts(group) for group in (node.body, node.handlers, node.orelse, node.finalbody)
    ]
    return code.Try(body, handlers, orelse, final, s.span(node, final or orelse or handlers or body))


def _handler(s: Lowering, node: ast.ExceptHandler) -> object:
    kind, body = s.part(node.type), s.parts(node.body)
    return code.Handler(kind, node.name, body, s.span(node, body))


def _with(s: Lowering, node: Any) -> object:
    items = tuple([(s.part(each.context_expr), s.part(each.optional_vars)) for each in node.items])
    body = s.parts(node.body)
    return code.With(items, body, isinstance(node, ast.AsyncWith), s.span(node, body))


def _match(s: Lowering, node: ast.Match) -> object:
    subject, cases = s.part(node.subject), s.parts(node.cases)
    return code.Match(subject, cases, s.span(node, cases[-1].body))


def _case(s: Lowering, node: ast.match_case) -> object:
    named = [
        name
        for part in ast.walk(node.pattern)
        for name in (getattr(part, "name", None) or getattr(part, "rest", None),)
        if isinstance(name, str)
    ]
    matches_all = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
    return code.Case(tuple(sorted(named)), matches_all, s.part(node.guard), s.parts(node.body))


def _import(s: Lowering, node: ast.Import) -> object:
    names = tuple((each.asname or each.name.partition(".")[0],
                   each.name if each.asname else each.name.partition(".")[0]) for each in node.names)  # fmt: skip
    return code.Import(names, s.span(node))


def _import_from(s: Lowering, node: ast.ImportFrom) -> object:
    prefix = "." * node.level + (node.module or "")
    joint = "" if prefix.endswith(".") else "."
    names = tuple((each.asname or each.name, f"{prefix}{joint}{each.name}") for each in node.names)
    return code.Import(names, s.span(node))


def _declare(s: Lowering, node: Any) -> object:
    kind = "global" if isinstance(node, ast.Global) else "nonlocal"
    return code.Declare(cast(Any, kind), tuple(node.names), s.span(node))


def _annotated(s: Lowering, node: ast.AnnAssign) -> object:
    if node.value is None:
        return code.Pass(s.span(node))
    return code.Assign((s.part(node.target),), s.part(node.value), s.span(node))


def _leaf(make: Callable[[Span], object]) -> Callable[[Lowering, Any], object]:
    return lambda s, node: make(s.span(node))


def _collection(kind: str) -> Callable[[Lowering, Any], object]:
    return lambda s, node: code.Collection(cast(Any, kind), s.parts(node.elts))


def _augmented(s: Lowering, node: ast.AugAssign) -> object:
    return code.AugAssign(s.part(node.target), OPERATORS[type(node.op)], s.part(node.value), s.span(node))


TABLE: dict[type[ast.AST], Callable[[Lowering, Any], object]] = {
    ast.Constant: _constant,
    ast.Name: lambda s, n: code.Name(n.id),
    ast.Attribute: lambda s, n: code.Attribute(s.part(n.value), n.attr),
    ast.Call: _call,
    ast.BinOp: lambda s, n: code.Binary(OPERATORS[type(n.op)], s.part(n.left), s.part(n.right)),
    ast.UnaryOp: lambda s, n: code.Unary(OPERATORS[type(n.op)], s.part(n.operand)),
    ast.Compare: _compare,
    ast.BoolOp: _logical,
    ast.IfExp: lambda s, n: code.Conditional(s.part(n.test), s.part(n.body), s.part(n.orelse)),
    ast.Tuple: _collection("tuple"),
    ast.List: _collection("list"),
    ast.Set: _collection("set"),
    ast.Dict: _mapping,
    ast.Subscript: lambda s, n: code.Subscript(s.part(n.value), s.part(n.slice)),
    ast.Slice: lambda s, n: code.Slice(s.part(n.lower), s.part(n.upper), s.part(n.step)),
    ast.Starred: lambda s, n: code.Star(s.part(n.value)),
    ast.Await: lambda s, n: code.Await(s.part(n.value)),
    ast.Yield: lambda s, n: code.Yield(s.part(n.value), delegates=False),
    ast.YieldFrom: lambda s, n: code.Yield(s.part(n.value), delegates=True),
    ast.NamedExpr: lambda s, n: code.Walrus(s.part(n.target), s.part(n.value)),
    ast.Lambda: _lambda,
    ast.JoinedStr: _format,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Expr: lambda s, n: code.Evaluate(s.part(n.value), s.span(n)),
    ast.Assign: lambda s, n: code.Assign(s.parts(n.targets), s.part(n.value), s.span(n)),
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: lambda s, n: code.Return(s.part(n.value), s.span(n)),
    ast.Raise: lambda s, n: code.Raise(s.part(n.exc), s.part(n.cause), s.span(n)),
    ast.Assert: lambda s, n: code.Assert(s.part(n.test), s.part(n.msg), s.span(n)),
    ast.Delete: lambda s, n: code.Delete(s.parts(n.targets), s.span(n)),
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
