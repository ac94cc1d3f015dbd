"""What a call of a function comes to there: the statements and calls that nothing it hands over may leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add, eq, is_, is_not, ne, sub

from retrylint import code
from retrylint.dataflow import bind
from retrylint.flow import ends
from retrylint.names import bindings
from retrylint.naming import words_of

THIS = ("self", "cls")
FREE = code.Name("what the caller of all chooses")  # names that no code has
OWN = code.Name("what the object keeps")
UNTOLD = code.Name("what is not told")
_COMPARED: Mapping[str, Callable[[object, object], bool]] = {"==": eq, "!=": ne, "is": is_, "is not": is_not}
_COUNTED: Mapping[str, Callable[[int, int], int]] = {"+": add, "-": sub}
_MAY_NOT_RAISE = frozenset({"break", "continue", "return"})

Given = Mapping[str, code.Expr]
"""What names stand for in a function: what it was handed, or what the object keeps; any other name is free."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A statement or a call, and the `try` statements in whose bodies it stands, from inside out."""

    node: code.Stmt | code.Call
    tries: tuple[code.Try, ...] = ()


def handed(function: code.Function, call: code.Call, above: Given) -> Given:
    """What a call hands to a function, where the calling one was handed what is `above`.

    `*` tells nothing; what `**` may hand over besides is not told, and hardly a flag.
    """
    if any(argument.stars == 1 for argument in call.arguments):
        return {}
    return {name: _as_above(expr, above) for name, expr in {**_defaults(function), **bound_by(function, call)}.items()}


def bound_by(function: code.Function, call: code.Call) -> Mapping[str, code.Expr]:
    """The parameters of a function that a call of it sets, and to what; of a method without its own object."""
    is_method = bool(function.parameters) and function.parameters[0].name in THIS
    return bind(function, call, is_method)[0]


def _defaults(function: code.Function) -> dict[str, code.Expr]:
    return {each.name: each.default for each in function.parameters if each.default is not None}


def _as_above(expr: code.Expr, above: Given) -> code.Expr:
    """An argument in the terms of what the calling function was handed: its own parameters, and these counted on."""
    if isinstance(expr, code.Binary) and expr.operator in _COUNTED:
        both = [_as_above(each, above) for each in (expr.left, expr.right)]
        numbers = [each.value for each in both if isinstance(each, code.Const) and isinstance(each.value, int)]
        return code.Const(_COUNTED[expr.operator](*numbers)) if len(numbers) == 2 else UNTOLD
    if isinstance(expr, code.Name):
        return above.get(expr.id, UNTOLD)
    return expr if isinstance(expr, code.Const) else UNTOLD


def _after(statement: code.Stmt, look: _Look) -> _Look:
    """What names stand for behind a statement that may set them."""
    bound = {name for name, _ in bindings(statement)}
    if not bound:
        return look
    keeps = isinstance(statement, code.Assign) and _is_own(statement.value, look.given)
    given = {name: expr for name, expr in look.given.items() if name not in bound}
    return _Look({**given, **dict.fromkeys(bound, OWN)} if keeps else given, look.in_handlers)


def _is_own(expr: code.Expr, given: Given) -> bool:
    """Is it what the object keeps, of which there may be nothing?"""
    if isinstance(expr, code.Name):
        return given.get(expr.id) == OWN
    return (code.dotted(expr) or "").startswith("self.")


def reached(block: code.Block, given: Given, in_handlers: bool = False) -> Iterator[Reached]:
    """What a block comes to if nothing fails before, as far as that is not for what was handed over to decide.

    Where that is not told, it is not reached: what stands under a test of a parameter, or behind one that may end the
    block; what is done for each of the things that the object keeps. Which branch another test takes is free.
    `in_handlers`: what handlers do is among it.
    """
    return _in_block(block, _Look(given, in_handlers), ())


@dataclass(frozen=True, slots=True)
class _Look:
    given: Given
    in_handlers: bool


def _in_block(block: code.Block, look: _Look, tries: tuple[code.Try, ...]) -> Iterator[Reached]:
    for statement in block:
        yield Reached(statement, tries)
        if not isinstance(statement, code.If):
            yield from _in_statement(statement, look, tries)
            look = _after(statement, look)
            continue
        yield from _evaluated(statement.test, look, tries)
        truth = told(statement.test, look.given)
        branches = (statement.body, statement.orelse)
        taken: Sequence[code.Block] = branches if truth is None else (branches[not truth],)
        if truth is None and is_asked(statement.test, look.given):
            if not _MAY_NOT_RAISE.isdisjoint(ends((statement,))):
                return
            taken = ()
        for each in taken:
            yield from _in_block(each, look, tries)
        if truth is not None and "next" not in ends(taken[0]):
            return
        look = _after(statement, look)


def _in_statement(statement: code.Stmt, look: _Look, tries: tuple[code.Try, ...]) -> Iterator[Reached]:
    if isinstance(statement, (code.For, code.While)):
        head = statement.iterable if isinstance(statement, code.For) else statement.test
        yield from _evaluated(head, look, tries)
        is_of_name = isinstance(statement, code.For) or isinstance(head, code.Name)  # not `while self.runs`
        if not (is_of_name and _is_own(head, look.given)):
            yield from _in_block(statement.body, look, tries)
        yield from _in_block(statement.orelse, look, tries)
    elif isinstance(statement, code.Try):
        yield from _in_block(statement.body, look, (statement, *tries))
        for handler in statement.handlers if look.in_handlers else ():
            yield from _in_block(handler.body, look, tries)
        yield from _in_block(statement.orelse, look, tries)
        yield from _in_block(statement.finalbody, look, tries)
    elif isinstance(statement, code.With):
        for context, _ in statement.items:
            yield from _evaluated(context, look, tries)
        if not _may_suppress(statement):
            yield from _in_block(statement.body, look, tries)
    elif isinstance(statement, code.Match):
        yield from _evaluated(statement.subject, look, tries)
        for case in statement.cases:
            yield from _in_block(case.body, look, tries)
    elif not isinstance(statement, (code.Function, code.Class)):
        for part in code.parts_of(statement):
            yield from _evaluated(part, look, tries)


def _may_suppress(statement: code.With) -> bool:
    """Is it a context manager that is named after suppressing errors?"""
    calls = (context for context, _ in statement.items if isinstance(context, code.Call))
    return any("suppress" in words_of(code.last_name(call.function)) for call in calls)


def _evaluated(expr: code.Expr, look: _Look, tries: tuple[code.Try, ...]) -> Iterator[Reached]:
    """The calls that an expression makes."""
    if isinstance(expr, code.Call):
        yield Reached(expr, tries)
    for part in _parts(expr, look.given):
        yield from _evaluated(part, look, tries)


def _parts(expr: code.Expr, given: Given) -> Iterator[code.Expr]:
    if isinstance(expr, code.Conditional):
        yield expr.test
        truth = told(expr.test, given)
        if truth is not None or not is_asked(expr.test, given):
            yield from (expr.body, expr.orelse) if truth is None else (expr.body if truth else expr.orelse,)
    elif isinstance(expr, code.Logical):
        for value in expr.values:
            yield value
            truth = told(value, given)
            if truth is (expr.operator == "or") or (truth is None and is_asked(value, given)):
                return
    elif not isinstance(expr, code.Lambda):
        yield from code.parts_of(expr)


def is_asked(test: code.Expr, given: Given) -> bool:
    """Is a test one of what was handed over, and not for the caller of all to decide?"""
    if isinstance(test, code.Logical):
        return any(is_asked(each, given) for each in test.values)
    if isinstance(test, code.Unary):
        return is_asked(test.operand, given)
    if isinstance(test, code.Compare):
        return any(is_asked(each, given) for each in (test.left, *test.others))
    return isinstance(test, code.Name) and given.get(test.id) == UNTOLD


def told(test: code.Expr, given: Given) -> bool | None:
    """Is a test true with what the parameters are given; None where that is not told."""
    if isinstance(test, code.Logical):
        parts = [told(each, given) for each in test.values]
        decisive = test.operator == "or"
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, code.Unary) and test.operator == "not":
        inner = told(test.operand, given)
        return None if inner is None else not inner
    if isinstance(test, code.Compare):
        value, other = given.get(code.dotted(test.left) or ""), test.others[0]
        compare = _COMPARED.get(test.operators[0]) if len(test.operators) == 1 else None
        if compare is None or not isinstance(value, code.Const) or not isinstance(other, code.Const):
            return None
        return compare(value.value, other.value)
    value = given.get(code.dotted(test) or "")
    return bool(value.value) if isinstance(value, code.Const) else None
