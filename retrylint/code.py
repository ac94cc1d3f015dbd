"""Python as the analysis sees it: a few statements and expressions, free of either syntax tree.

Both front ends, the host's `ast` and libcst, are lowered to these values (`sketch.lower`, `study.lower`), and a
test holds that they give equal ones. Control flow, dataflow and the simulation read only this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar, get_args

from retrylint.model import Span
from retrylint.quick import dataclass

Constant = int | float | complex | str | bytes | bool | None
Node = TypeVar("Node")
MAX_DEPTH = 150  # deeper code is refused, so that no recursion over these values can exhaust the stack


class TooDeepError(ValueError):
    """The code is nested deeper than the analysis reads."""


@dataclass(frozen=True, slots=True)
class Const:
    value: Constant


@dataclass(frozen=True, slots=True)
class Name:
    id: str


@dataclass(frozen=True, slots=True)
class Attribute:
    value: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `stars` is 1 for `*value` and 2 for `**value`."""

    value: Expr
    keyword: str | None = None
    stars: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    function: Expr
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Compare:
    left: Expr
    operators: tuple[str, ...]
    others: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Logical:
    """`and` / `or` over two or more values."""

    operator: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Collection:
    kind: Literal["tuple", "list", "set"]
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict display; a None key is `**value`."""

    items: tuple[tuple[Expr | None, Expr], ...]


@dataclass(frozen=True, slots=True)
class Subscript:
    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Slice:
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Star:
    value: Expr


@dataclass(frozen=True, slots=True)
class Await:
    value: Expr


@dataclass(frozen=True, slots=True)
class Yield:
    value: Expr | None
    delegates: bool


@dataclass(frozen=True, slots=True)
class Walrus:
    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Lambda:
    parameters: tuple[Parameter, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression whose value is not modelled; its parts are kept, because calls may stand in them."""

    kind: Literal["format", "comprehension"]
    parts: tuple[Expr, ...]


Expr = (
    Const | Name | Attribute | Call | Binary | Unary | Compare | Logical | Conditional | Collection | Mapping
    | Subscript | Slice | Star | Await | Yield | Walrus | Lambda | Opaque
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Literal["positional-only", "positional", "star", "keyword", "double-star"]
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression statement."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    targets: tuple[Expr, ...]
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class AugAssign:
    target: Expr
    operator: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Raise:
    exception: Expr | None
    cause: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing that the analysis needs: `pass`, a bare annotation, a type alias."""

    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    span: Span


@dataclass(frozen=True, slots=True)
class Assert:
    test: Expr
    message: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Delete:
    targets: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Declare:
    """`global` or `nonlocal` names."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Import:
    """Names bound by an import: (local name, qualified name)."""

    names: tuple[tuple[str, str], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    test: Expr
    body: Block
    orelse: Block
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    test: Expr
    body: Block
    orelse: Block
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    is_async: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Handler:
    type: Expr | None
    name: str | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finalbody: Block
    span: Span


@dataclass(frozen=True, slots=True)
class With:
    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    is_async: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """One `case`: the names that its pattern binds, whether it always matches, its guard."""

    binds: tuple[str, ...]
    matches_all: bool
    guard: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class Match:
    subject: Expr
    cases: tuple[Case, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """A `def`; `span` starts at `def` (or `async`), not at a decorator."""

    name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    body: Block
    is_async: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Class:
    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expr, ...]
    body: Block
    span: Span


Stmt = (
    Evaluate | Assign | AugAssign | Return | Raise | Pass | Break | Continue | Assert | Delete | Declare
    | Import | If | While | For | Try | With | Match | Function | Class
)  # fmt: skip
Block = tuple[Stmt, ...]
STATEMENTS = get_args(Stmt)
NODES = frozenset((*get_args(Expr), *STATEMENTS, Argument, Parameter, Handler, Case))

DEFINING = frozenset((Function, Class, Lambda))
_PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Attribute: lambda node: (node.value,),
    Argument: lambda node: (node.value,),
    Call: lambda node: (node.function, *node.arguments),
    Binary: lambda node: (node.left, node.right),
    Unary: lambda node: (node.operand,),
    Compare: lambda node: (node.left, *node.others),
    Logical: lambda node: node.values,
    Conditional: lambda node: (node.test, node.body, node.orelse),
    Collection: lambda node: node.items,
    Mapping: lambda node: tuple(part for item in node.items for part in item),
    Subscript: lambda node: (node.value, node.index),
    Slice: lambda node: (node.lower, node.upper, node.step),
    Star: lambda node: (node.value,),
    Await: lambda node: (node.value,),
    Yield: lambda node: (node.value,),
    Walrus: lambda node: (node.target, node.value),
    Lambda: lambda node: (*node.parameters, node.body),
    Opaque: lambda node: node.parts,
    Parameter: lambda node: (node.default,),
    Evaluate: lambda node: (node.value,),
    Assign: lambda node: (*node.targets, node.value),
    AugAssign: lambda node: (node.target, node.value),
    Return: lambda node: (node.value,),
    Raise: lambda node: (node.exception, node.cause),
    Assert: lambda node: (node.test, node.message),
    Delete: lambda node: node.targets,
    If: lambda node: (node.test, *node.body, *node.orelse),
    While: lambda node: (node.test, *node.body, *node.orelse),
    For: lambda node: (node.target, node.iterable, *node.body, *node.orelse),
    Handler: lambda node: (node.type, *node.body),
    Try: lambda node: (*node.body, *node.handlers, *node.orelse, *node.finalbody),
    With: lambda node: (*(part for item in node.items for part in item), *node.body),
    Case: lambda node: (node.guard, *node.body),
    Match: lambda node: (node.subject, *node.cases),
    Function: lambda node: (*node.parameters, *node.decorators, *node.body),
    Class: lambda node: (*node.bases, *node.decorators, *node.body),
}
"""What each kind of node holds, in source order; None for what is not there. Written out, for it is asked for most."""

Build = Callable[[list[Any]], object]


_WITHIN: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    **dict.fromkeys((If, While, For), lambda node: (*node.body, *node.orelse)),
    **dict.fromkeys((Handler, With), lambda node: node.body),
    Try: lambda node: (*node.body, *node.handlers, *node.orelse, *node.finalbody),
    Match: lambda node: tuple(statement for case in node.cases for statement in case.body),
}
"""The statements and handlers directly in the blocks of a compound statement or a handler, in source order."""


def fold(root: Node, expand: Callable[[Node], tuple[Sequence[Node | None], Build]]) -> object:
    """Build a value bottom up without recursion.

    `expand` gives a node's children and the function that makes the node's value of theirs; a None child is None.
    Raises `TooDeepError` where the tree is nested deeper than `MAX_DEPTH`.
    """
    children, build = expand(root)
    stack: list[tuple[Iterator[Node | None], Build, list[Any]]] = [(iter(children), build, [])]
    while True:
        rest, build, done = stack[-1]
        for child in rest:
            if child is None:
                done.append(None)
                continue
            if len(stack) >= MAX_DEPTH:
                raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")
            children, build = expand(child)
            stack.append((iter(children), build, []))
            break
        else:
            stack.pop()
            value = build(done)
            if not stack:
                return value
            stack[-1][2].append(value)


def in_one(statements: Sequence[Stmt]) -> Stmt:
    """The statements of one line as one statement."""
    if len(statements) == 1:
        return statements[0]
    start, end = statements[0].span, statements[-1].span
    span = Span(start.line, start.column, end.end_line, end.end_column)
    return If(Const(True), tuple(statements), (), span)


def logical(operator: str, values: Sequence[Expr]) -> Logical:
    """`a and b and c` is one value over three, however a tree nests it."""
    flat: list[Expr] = []
    for value in values:
        if isinstance(value, Logical) and value.operator == operator:
            flat.extend(value.values)
        else:
            flat.append(value)
    return Logical(operator, tuple(flat))


def groups(parts: Sequence[object], *sizes: int) -> list[tuple[Any, ...]]:
    """The children of a node, in one row, set apart again into its fields."""
    found, start = [], 0
    for size in sizes:
        found.append(tuple(parts[start : start + size]))
        start += size
    return found


def dotted(expr: Expr) -> str | None:
    """`a.b.c` as text, or None for anything that is not a dotted name."""
    if type(expr) is Name:
        return expr.id
    parts: list[str] = []
    while type(expr) is Attribute:
        parts.append(expr.name)
        expr = expr.value
    return ".".join([expr.id, *reversed(parts)]) if type(expr) is Name else None


def last_name(expr: Expr) -> str:
    """The last part of a dotted expression, whatever stands before it; "" for anything else."""
    return expr.name if isinstance(expr, Attribute) else expr.id if isinstance(expr, Name) else ""


def alike(one: Any, other: Any) -> bool:
    """Are two pieces of code spelt the same, wherever they stand?"""
    if type(one) is not type(other):
        return False
    if type(one) is tuple:
        return len(one) == len(other) and all(map(alike, one, other))
    if type(one) not in NODES:
        return bool(one == other)
    return all(alike(getattr(one, name), getattr(other, name)) for name in one.__slots__ if name != "span")


def parts_of(node: Any) -> list[Any]:
    """The nodes directly below a statement, an expression or one of their helpers, in source order."""
    parts = _PARTS.get(type(node))
    return [part for part in parts(node) if part is not None] if parts is not None else []


def walk(*roots: Any, into_definitions: bool = False) -> Iterator[Any]:
    """Every node at and below the roots, in source order.

    What a function, class or lambda does happens later or elsewhere: their parts are left out unless
    `into_definitions`.
    """
    stack = list(reversed(roots))
    pop, parts_by_kind = stack.pop, _PARTS.get
    while stack:
        node = pop()
        if node is None:
            continue
        yield node
        kind = type(node)
        parts = parts_by_kind(kind)
        if parts is not None and (into_definitions or kind not in DEFINING):
            stack += parts(node)[::-1]


def statements(*roots: Any) -> Iterator[Any]:
    """The statements and handlers at and below statements, in source order: what `walk` gives, without expressions."""
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        within = _WITHIN.get(type(node))
        if within is not None:
            stack += within(node)[::-1]


def of_kinds(kinds: frozenset[type[Any]], *roots: Any, into_definitions: bool = False) -> Iterator[Any]:
    """Those nodes of `walk` that are of these kinds, found faster: most that ask for nodes ask for a few."""
    stack = list(reversed(roots))
    pop, parts_by_kind = stack.pop, _PARTS.get
    while stack:
        node = pop()
        kind = type(node)
        if kind in kinds:
            yield node
        parts = parts_by_kind(kind)
        if parts is not None and (into_definitions or kind not in DEFINING):
            stack += parts(node)[::-1]


_CALLS: frozenset[type[Any]] = frozenset({Call})


def calls(*roots: object, into_definitions: bool = False) -> Iterator[Call]:
    """Every call at and below the roots, outer before inner."""
    return of_kinds(_CALLS, *roots, into_definitions=into_definitions)


def own_parameters(function: Function) -> frozenset[str]:
    """The names of a function's parameters."""
    return frozenset(parameter.name for parameter in function.parameters)
