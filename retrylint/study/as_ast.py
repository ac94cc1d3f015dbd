"""`retrylint.code` as the host's `ast`: what `sketch.lower` lowers, raised again.

`Lowering(source).lower(write(code)) == code`, spans included, so the sketch sees newer syntax than the host's as it
would see the same code in an older spelling. Only statements, handlers and calls have places of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from retrylint import code
from retrylint.model import Span
from retrylint.sketch.lower import OPERATORS

LOAD = ast.Load()
Placed = TypeVar("Placed", bound=ast.AST)
_BINARY, _UNARY, _COMPARING, _LOGICAL = (
    {spelt: kind for kind, spelt in OPERATORS.items() if issubclass(kind, family)}
    for family in (ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
)


class Writer:
    """Writes the code of one source, whose lines turn character columns into the byte columns of `ast`.

    `decorators`: the lines of a definition's decorators, by the place of its `def` or `class`.
    """

    def __init__(self, source: str, decorators: dict[tuple[int, int], list[int]]) -> None:
        self._lines = None if source.isascii() else source.split("\n")
        self._decorators = decorators

    def block(self, statements: Sequence[code.Stmt]) -> list[Any]:
        """Statements; the recursion goes no deeper than `code.MAX_DEPTH`."""
        return [self._at(_STATEMENTS[type(each)](self, each), each.span) for each in statements]

    def expression(self, expr: code.Expr | None) -> Any:
        return None if expr is None else _EXPRESSIONS[type(expr)](self, expr)

    def expressions(self, exprs: Sequence[code.Expr | None]) -> list[Any]:
        return [self.expression(each) for each in exprs]

    def arguments(self, arguments: Sequence[code.Argument]) -> tuple[list[Any], list[Any]]:
        """Positional ones and keywords."""
        given, keywords = [], []
        for each in arguments:
            value = self.expression(each.value)
            if each.keyword is not None or each.stars == 2:
                keywords.append(ast.keyword(arg=each.keyword, value=value))
            else:
                given.append(ast.Starred(value=value, ctx=LOAD) if each.stars else value)
        return given, keywords

    def parameters(self, parameters: Sequence[code.Parameter]) -> ast.arguments:
        def named(*kinds: str) -> list[ast.arg]:
            return [ast.arg(arg=each.name, annotation=None) for each in parameters if each.kind in kinds]

        def defaults(*kinds: str) -> list[Any]:
            return self.expressions([each.default for each in parameters if each.kind in kinds])

        return ast.arguments(
            posonlyargs=named("positional-only"), args=named("positional"),
            vararg=next(iter(named("star")), None), kwonlyargs=named("keyword"), kw_defaults=defaults("keyword"),
            kwarg=next(iter(named("double-star")), None),
            defaults=[each for each in defaults("positional-only", "positional") if each is not None],
        )  # fmt: skip

    def decorated(self, definition: code.Function | code.Class) -> list[Any]:
        """Decorators, each in its own line."""
        lines = self._decorators.get((definition.span.line, definition.span.column), ())
        found = self.expressions(definition.decorators)
        for decorator, line in zip(found, lines, strict=True):
            if not isinstance(decorator, ast.Call):  # a call has a place
                decorator.lineno, decorator.col_offset = line, 0
        return found

    def handler(self, handler: code.Handler) -> ast.ExceptHandler:
        written = ast.ExceptHandler(
            type=self.expression(handler.type), name=handler.name, body=self.block(handler.body)
        )
        return self._at(written, handler.span)

    def call(self, call: code.Call) -> ast.Call:
        args, keywords = self.arguments(call.arguments)
        return self._at(ast.Call(func=self.expression(call.function), args=args, keywords=keywords), call.span)

    def _at(self, node: Placed, span: Span) -> Placed:
        placed = cast(Any, node)
        placed.lineno, placed.col_offset = span.line, self._offset(span.line, span.column)
        placed.end_lineno, placed.end_col_offset = span.end_line, self._offset(span.end_line, span.end_column)
        return node

    def _offset(self, line: int, column: int) -> int:
        return column - 1 if self._lines is None else len(self._lines[line - 1][: column - 1].encode())


def module(writer: Writer, statements: Sequence[code.Stmt]) -> ast.Module:
    """A module of these statements; what has no place of its own gets that of what it stands in."""
    return ast.fix_missing_locations(ast.Module(body=writer.block(statements), type_ignores=[]))


def _function(w: Writer, node: code.Function) -> ast.AST:
    make: Any = ast.AsyncFunctionDef if node.is_async else ast.FunctionDef
    return cast(ast.AST, make(
        name=node.name, args=w.parameters(node.parameters), body=w.block(node.body),
        decorator_list=w.decorated(node), returns=None, type_comment=None, type_params=[],
    ))  # fmt: skip


def _class(w: Writer, node: code.Class) -> ast.AST:
    make: Any = ast.ClassDef
    bases, keywords = w.arguments(node.bases)
    return cast(ast.AST, make(
        name=node.name, bases=bases, keywords=keywords, body=w.block(node.body), decorator_list=w.decorated(node),
        type_params=[],
    ))  # fmt: skip


def _import(w: Writer, node: code.Import) -> ast.AST:
    """One name may come from anywhere; several come from the same module, or are modules."""
    origins = [qualified.rpartition(".") for _, qualified in node.names]
    module = origins[0][0]
    if module and all(origin[0] == module for origin in origins):
        stem = module.lstrip(".")
        aliases = [
            ast.alias(name=name, asname=local if local != name else None)
            for (local, _), (_, _, name) in zip(node.names, origins, strict=True)
        ]
        joint = "." if not stem else ""  # `from . import a` is `.a`
        return ast.ImportFrom(module=stem or None, names=aliases, level=len(f"{module}{joint}") - len(stem))
    return ast.Import(
        names=[ast.alias(name=name, asname=local if local != name else None) for local, name in node.names]
    )


def _for(w: Writer, node: code.For) -> ast.AST:
    make: Any = ast.AsyncFor if node.is_async else ast.For
    return cast(ast.AST, make(
        target=w.expression(node.target), iter=w.expression(node.iterable), body=w.block(node.body),
        orelse=w.block(node.orelse), type_comment=None,
    ))  # fmt: skip


def _with(w: Writer, node: code.With) -> ast.AST:
    make: Any = ast.AsyncWith if node.is_async else ast.With
    items = [
        ast.withitem(context_expr=w.expression(context), optional_vars=w.expression(target))
        for context, target in node.items
    ]
    return cast(ast.AST, make(items=items, body=w.block(node.body), type_comment=None))


def _try(w: Writer, node: code.Try) -> ast.AST:
    return ast.Try(
        body=w.block(node.body), handlers=[w.handler(each) for each in node.handlers], orelse=w.block(node.orelse),
        finalbody=w.block(node.finalbody),
    )  # fmt: skip


def _match(w: Writer, node: code.Match) -> ast.AST:
    cases = [
        ast.match_case(pattern=_pattern(each), guard=w.expression(each.guard), body=w.block(each.body))
        for each in node.cases
    ]
    return ast.Match(subject=w.expression(node.subject), cases=cases)


def _pattern(case: code.Case) -> Any:
    """A pattern that binds these names, and matches all only where the case does."""
    names: list[Any] = [ast.MatchAs(pattern=None, name=name) for name in case.binds]
    if case.matches_all:
        return names[0] if names else ast.MatchAs(pattern=None, name=None)
    return ast.MatchSequence(patterns=names)


def _format(w: Writer, parts: Sequence[code.Expr]) -> ast.AST:
    values = [ast.FormattedValue(value=w.expression(each), conversion=-1, format_spec=None) for each in parts]
    return ast.JoinedStr(values=cast(Any, values))


def _opaque(w: Writer, node: code.Opaque) -> ast.AST:
    if node.kind == "format":
        return _format(w, node.parts)
    element, target, iterable, *tests = w.expressions(node.parts)
    part = ast.comprehension(target=target, iter=iterable, ifs=tests, is_async=0)
    return ast.GeneratorExp(elt=element, generators=[part])


def _mapping(w: Writer, node: code.Mapping) -> ast.AST:
    keys, values = [key for key, _ in node.items], [value for _, value in node.items]
    return ast.Dict(keys=w.expressions(keys), values=w.expressions(values))


def _collection(w: Writer, node: code.Collection) -> ast.AST:
    items = w.expressions(node.items)
    if node.kind == "set":
        return ast.Set(elts=items)
    return (ast.Tuple if node.kind == "tuple" else ast.List)(elts=items, ctx=LOAD)


def _yield(w: Writer, node: code.Yield) -> ast.AST:
    value = w.expression(node.value)
    return ast.YieldFrom(value=value) if node.delegates else ast.Yield(value=value)


def _compare(w: Writer, node: code.Compare) -> ast.AST:
    operators: Any = [_COMPARING[each]() for each in node.operators]
    return ast.Compare(left=w.expression(node.left), ops=operators, comparators=w.expressions(node.others))


def _declare(_: Writer, node: code.Declare) -> ast.AST:
    return (ast.Global if node.kind == "global" else ast.Nonlocal)(names=list(node.names))


def _branch(make: Any) -> Callable[[Writer, Any], Any]:
    return lambda w, n: make(test=w.expression(n.test), body=w.block(n.body), orelse=w.block(n.orelse))


Table = dict[type, Callable[[Writer, Any], Any]]
_EXPRESSIONS: Table = {
    code.Const: lambda w, n: ast.Constant(value=n.value),
    code.Name: lambda w, n: ast.Name(id=n.id, ctx=LOAD),
    code.Attribute: lambda w, n: ast.Attribute(value=w.expression(n.value), attr=n.name, ctx=LOAD),
    code.Call: Writer.call,
    code.Binary: lambda w, n: ast.BinOp(
        left=w.expression(n.left), op=cast(Any, _BINARY[n.operator]()), right=w.expression(n.right)
    ),
    code.Unary: lambda w, n: ast.UnaryOp(op=cast(Any, _UNARY[n.operator]()), operand=w.expression(n.operand)),
    code.Compare: _compare,
    code.Logical: lambda w, n: ast.BoolOp(op=cast(Any, _LOGICAL[n.operator]()), values=w.expressions(n.values)),
    code.Conditional: lambda w, n: ast.IfExp(
        test=w.expression(n.test), body=w.expression(n.body), orelse=w.expression(n.orelse)
    ),
    code.Collection: _collection,
    code.Mapping: _mapping,
    code.Subscript: lambda w, n: ast.Subscript(value=w.expression(n.value), slice=w.expression(n.index), ctx=LOAD),
    code.Slice: lambda w, n: ast.Slice(
        lower=w.expression(n.lower), upper=w.expression(n.upper), step=w.expression(n.step)
    ),
    code.Star: lambda w, n: ast.Starred(value=w.expression(n.value), ctx=LOAD),
    code.Await: lambda w, n: ast.Await(value=w.expression(n.value)),
    code.Yield: _yield,
    code.Walrus: lambda w, n: ast.NamedExpr(target=w.expression(n.target), value=w.expression(n.value)),
    code.Lambda: lambda w, n: ast.Lambda(args=w.parameters(n.parameters), body=w.expression(n.body)),
    code.Opaque: _opaque,
}
_STATEMENTS: Table = {
    code.Evaluate: lambda w, n: ast.Expr(value=w.expression(n.value)),
    code.Assign: lambda w, n: ast.Assign(targets=w.expressions(n.targets), value=w.expression(n.value)),
    code.AugAssign: lambda w, n: ast.AugAssign(
        target=w.expression(n.target), op=cast(Any, _BINARY[n.operator]()), value=w.expression(n.value)
    ),
    code.Return: lambda w, n: ast.Return(value=w.expression(n.value)),
    code.Raise: lambda w, n: ast.Raise(exc=w.expression(n.exception), cause=w.expression(n.cause)),
    code.Pass: lambda w, n: ast.Pass(),
    code.Break: lambda w, n: ast.Break(),
    code.Continue: lambda w, n: ast.Continue(),
    code.Assert: lambda w, n: ast.Assert(test=w.expression(n.test), msg=w.expression(n.message)),
    code.Delete: lambda w, n: ast.Delete(targets=w.expressions(n.targets)),
    code.Declare: _declare,
    code.Import: _import,
    code.If: _branch(ast.If),
    code.While: _branch(ast.While),
    code.For: _for,
    code.Try: _try,
    code.With: _with,
    code.Match: _match,
    code.Function: _function,
    code.Class: _class,
}
