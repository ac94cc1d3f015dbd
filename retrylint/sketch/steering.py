"""By which parameters the callers of a function say how it retries: how often, after which waits and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from retrylint import code
from retrylint.names import bound_names
from retrylint.verbs import is_pausing


def steering(
    functions: Sequence[code.Function], loop: code.For | code.While, operations: Iterable[code.Call]
) -> frozenset[str]:
    """The parameters that reach a loop's conditions, its waits or its handlers, and not what it repeats."""
    reached = set(_names(_decisive(loop)))
    assigned = list(_assigned(functions))
    grown = True
    while grown:
        grown = False
        for names, value in assigned:
            new = set(_names([value])) - reached if not reached.isdisjoint(names) else set()
            reached |= new
            grown = grown or bool(new)
    given = {name for call in operations for name in _names(each.value for each in call.arguments)}
    given |= {code.dotted(call.function) or "" for call in operations}
    return frozenset(
        each.name
        for function in functions
        for each in function.parameters
        if each.name in reached - given and each.kind in ("positional", "positional-only", "keyword")
    )


def _decisive(loop: code.For | code.While) -> Iterator[code.Expr]:
    yield loop.iterable if isinstance(loop, code.For) else loop.test
    for node in code.walk(*loop.body):
        if isinstance(node, code.If):
            yield node.test
        elif isinstance(node, code.Handler) and node.type is not None:
            yield node.type
        elif isinstance(node, code.Call) and is_pausing(node):
            yield from (each.value for each in node.arguments)


def _assigned(functions: Iterable[code.Function]) -> Iterator[tuple[set[str], code.Expr]]:
    """What names, and attributes of the own object, are set to."""
    for node in code.walk(*(statement for each in functions for statement in each.body)):
        if isinstance(node, code.Assign):
            names = {name for target in node.targets for name in bound_names(target)}
            yield names | {name for target in node.targets if (name := code.dotted(target))}, node.value
        elif isinstance(node, code.AugAssign):
            yield {code.dotted(node.target) or ""}, node.value


def _names(exprs: Iterable[code.Expr]) -> Iterator[str]:
    for node in code.walk(*exprs):
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node)):
            yield name
