"""A module's own retry helpers that leave the retrying to a policy of a library, or to another helper."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from retrylint import code
from retrylint.dataflow import bind
from retrylint.model import Span
from retrylint.names import Owner, bindings
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import FUNCTIONS
from retrylint.sketch.repeaters import NOBODY, By, Repeater

Chain = tuple[code.Function, ...]
CALLING = frozenset({"call", "wraps", "__call__"})  # methods of policies that take what is retried


@dataclass(frozen=True, slots=True)
class Known:
    """What retries: the last names of libraries' policies, of those that take a function first, and the helpers."""

    policies: frozenset[str]
    callers: frozenset[str]
    helper: Callable[[str], Repeater | None]

    def by(self, expr: code.Expr) -> By | None:
        """What an expression retries by, where it is something that retries."""
        if self.helper(code.dotted(expr) or "") is not None:
            return "helper"
        return "policy" if code.last_name(expr) in self.policies else None


def may_wrap(node: ast.AST) -> bool:
    """Does a function call something, or have another one in it?"""
    if not isinstance(node, FUNCTIONS):
        return False
    return any(isinstance(each, (*FUNCTIONS, ast.Call)) and each is not node for each in nodes_of(node))


def wrappers_in(owner: Owner, function: code.Function, known: Known) -> Iterator[Repeater]:
    """The ways in which a function of a module, or of a class, has what it was given retried by something known."""
    yield from (each.of(owner) for each in _within((function,), known))


@dataclass(frozen=True, slots=True)
class _Wrapper:
    chain: Chain
    place: Span
    by: By
    holder: int
    parameter: str = ""
    options: frozenset[str] | None = None
    optional: bool = False

    def of(self, owner: Owner) -> Repeater:
        parameters = {name for each in self.chain for name in code.own_parameters(each)} - {self.parameter}
        options = frozenset(parameters) if self.options is None else self.options
        name = self.chain[0].name
        return Repeater(
            name, owner, self.chain, self.place, self.by, self.holder, self.parameter, options, self.optional
        )


def _within(chain: Chain, known: Known) -> Iterator[_Wrapper]:
    """The ways in which the last function of a chain has something retried."""
    function = chain[-1]
    yield from _called(chain, known)
    for node in code.walk(*function.body):
        if isinstance(node, code.Function):
            by = next((by for each in node.decorators if (by := known.by(_made(each)))), None)
            held = _held(chain, {code.dotted(call.function) for call in code.calls(*node.body)})
            if by is None:
                yield from _within((*chain, node), known)
            elif held is not None:
                yield _Wrapper((*chain, node), node.span, by, *held)
        elif isinstance(node, code.For):
            by = known.by(_made(node.iterable))
            held = _held(chain, {code.dotted(call.function) for call in code.calls(*node.body)})
            if by is not None and held is not None:
                yield _Wrapper(chain, node.span, by, *held)


def _called(chain: Chain, known: Known) -> Iterator[_Wrapper]:
    """The calls that are given what is retried, and those whose result the function gives back, to be given it."""
    function = chain[-1]
    local = _set_once(function)
    returned = {id(value) for value in _returned(function)}
    for call in code.calls(*function.body):
        made = _policy_called(call, local)
        by = known.by(made.function) if made is not None else None
        if made is not None and by is not None:
            held = _held(chain, {code.dotted(each.value) for each in call.arguments[:1]})
            if held is not None:
                yield _Wrapper(chain, made.span, by, *held)
            continue
        by = known.by(call.function)
        if by == "policy" and code.last_name(call.function) in known.callers:
            held = _held(chain, {code.dotted(each.value) for each in call.arguments[:1]})
            if held is not None:
                yield _Wrapper(chain, call.span, by, *held)
        elif by == "policy" and id(call) in returned:
            yield _Wrapper(chain, call.span, by, len(chain))
        elif by == "helper":
            yield from _through(chain, call, known, id(call) in returned)


def _through(chain: Chain, call: code.Call, known: Known, is_returned: bool) -> Iterator[_Wrapper]:
    """What a call of another helper makes of the function: one that hands on what it was given, or its options."""
    helper = known.helper(code.dotted(call.function) or "")
    assert helper is not None
    if helper.holder == 1 and is_returned:
        yield _Wrapper(chain, call.span, "helper", len(chain))
        return
    first = helper.function.parameters[:1]
    bound, rest = bind(helper.function, call, bool(first) and first[0].name in ("self", "cls"))
    held = _held(chain, {code.dotted(bound[helper.parameter])}) if helper.parameter in bound else None
    hands_on = any(each.stars and _is_own(each.value, chain) for each in rest)
    own = {code.dotted(expr) or "" for name, expr in bound.items() if name in helper.options and _is_own(expr, chain)}
    options = frozenset(own) | (helper.options if hands_on else frozenset())
    if held is not None:
        yield _Wrapper(chain, call.span, "helper", *held, options)
    elif helper.holder == NOBODY and hands_on:
        yield _Wrapper(chain, call.span, "helper", NOBODY, "", options)
    elif helper.holder <= 0 and own:
        yield _Wrapper(chain, call.span, "helper", NOBODY, "", options, optional=True)


def _policy_called(call: code.Call, local: Mapping[str, code.Expr]) -> code.Call | None:
    """What makes what is called: `retry(...)(function)`, `Retrying(...).call(function)`, or a name set to that."""
    made = call.function
    if isinstance(made, code.Attribute) and made.name in CALLING:
        made = made.value
    if isinstance(made, code.Name):
        made = local.get(made.id, made)
    return made if isinstance(made, code.Call) else None


def _made(expr: code.Expr) -> code.Expr:
    return expr.function if isinstance(expr, code.Call) else expr


def _returned(function: code.Function) -> Iterator[code.Expr]:
    """What a function gives back, through what only tells a type checker something."""
    for node in code.walk(*function.body):
        value = node.value if isinstance(node, code.Return) else None
        if isinstance(value, code.Call) and code.last_name(value.function) == "cast" and value.arguments:
            value = value.arguments[-1].value
        if value is not None:
            yield value


def _held(chain: Chain, names: set[str | None]) -> tuple[int, str] | None:
    """Which function of a chain takes something of these names, and as which parameter."""
    for index in reversed(range(len(chain))):
        for each in chain[index].parameters:
            if each.name in names and each.kind not in ("star", "double-star"):
                return index, each.name
    return None


def _is_own(expr: code.Expr, chain: Chain) -> bool:
    """Is it a parameter of one of these functions?"""
    return isinstance(expr, code.Name) and any(expr.id in code.own_parameters(each) for each in chain)


def _set_once(function: code.Function) -> dict[str, code.Expr]:
    """The local names that are set once, to what."""
    found: dict[str, list[code.Expr]] = {}
    for name, node in bindings(*function.body):
        found.setdefault(name, []).append(node.value if isinstance(node, code.Assign) else code.Const(None))
    return {name: values[0] for name, values in found.items() if len(values) == 1}
