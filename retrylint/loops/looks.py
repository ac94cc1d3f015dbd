"""What the pieces of a round do and look at, told once for each piece: acts, results, and the names in tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrylint import code
from retrylint.names import bound_names
from retrylint.verbs import is_accessor, is_acting, is_steering


@dataclass(frozen=True, slots=True)
class Bind:
    """Names that get a value. `whole`: it is one name, which gets all of it."""

    names: tuple[str, ...]
    value: code.Expr
    whole: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a piece of code does that a round remembers: the acts in it, and what it gives to names that are watched.

    `node` is kept, so that no other gets its identity.
    """

    node: object
    acts: frozenset[int]
    binds: tuple[Bind, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What an expression is made of: the calls in it that give something, and names. `node` is kept."""

    node: object
    calls: frozenset[int]
    names: frozenset[str]


def parts_of(expr: code.Expr) -> Parts:
    """The calls and the names in an expression."""
    calls: set[int] = set()
    names: set[str] = set()
    for node in code.walk(expr):
        kind = type(node)
        if kind is code.Call:
            if not is_steering(node):
                calls.add(id(node))
        elif (kind is code.Name or kind is code.Attribute) and (name := code.dotted(node)):
            names.add(name)
    return Parts(expr, frozenset(calls), frozenset(names))


def effect_of(node: object, watched: frozenset[str]) -> Effect:
    """What a statement without blocks does, or a `with` as it is entered; `watched`: the names that matter."""
    acts: set[int] = set()
    given = list(_given(node))
    for part in code.walk(*((context for context, _ in node.items) if isinstance(node, code.With) else (node,))):
        kind = type(part)
        if kind is code.Call:
            if is_acting(part):
                acts.add(id(part))
        elif kind is code.Walrus:
            given.append((part.target, part.value))
    binds = []
    for target, value in given:
        names = tuple(name for name in target_names(target) if name in watched)
        if names:
            binds.append(Bind(names, value, whole=code.dotted(target) is not None))
    return Effect(node, frozenset(acts), tuple(binds))


def _given(node: object) -> Iterator[tuple[code.Expr, code.Expr]]:
    """What a statement gives to which target; `found.update(search())` gives its container what the call gives."""
    if isinstance(node, code.AugAssign):
        yield node.target, code.Binary(node.operator, node.target, node.value)
    elif isinstance(node, code.Evaluate) and isinstance(call := node.value, code.Call):
        if is_accessor(call) and isinstance(call.function, code.Attribute) and call.arguments:
            yield call.function.value, call.arguments[0].value
    elif isinstance(node, (code.Assign, code.With)):
        yield from _bound(node)


def watched_names(loop: code.For | code.While) -> frozenset[str]:
    """The names and dotted names that a test in the loop looks at, and those that their values are made of."""
    tests: list[code.Expr] = [loop.test] if isinstance(loop, code.While) else []
    made: dict[str, list[code.Expr]] = {}
    for node in code.walk(*loop.body):
        kind = type(node)
        if kind is code.If or kind is code.While or kind is code.Conditional:
            tests.append(node.test)
        elif kind is code.Match:
            tests.append(node.subject)
        elif kind is code.Assign or kind is code.Walrus or kind is code.With:
            for target, value in _bound(node):
                for name in target_names(target):
                    made.setdefault(name, []).append(value)
    watched: set[str] = set()
    pending = set(_names_in(tests))
    while pending:
        watched |= pending
        values = [value for name in pending for value in made.pop(name, ())]
        pending = set(_names_in(values)) - watched
    return frozenset(watched)


def _bound(node: code.Assign | code.Walrus | code.With) -> Iterator[tuple[code.Expr, code.Expr]]:
    """What is bound to which target."""
    if isinstance(node, code.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, code.Walrus):
        yield node.target, node.value
    else:
        yield from ((target, context) for context, target in node.items if target is not None)


def target_names(target: code.Expr) -> Iterator[str]:
    """The dotted name that a target is, or the names that it binds."""
    single = code.dotted(target)
    if single:
        yield single
    else:
        yield from bound_names(target)


def _names_in(exprs: Iterable[code.Expr]) -> Iterator[str]:
    for node in code.walk(*exprs):
        kind = type(node)
        if (kind is code.Name or kind is code.Attribute) and (name := code.dotted(node)):
            yield name
