"""Without an exception on the way: may anything in a function tell that its last run had failed?

A number is stepped from run to run, a flag is turned, or a status of 400 and above is looked at. A function that calls
itself under a condition without any of these walks, asks on or starts over; `stepping_screen` says the same of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from retrylint import code
from retrylint.flow import SelfCall
from retrylint.names import bindings

_STEPS = frozenset({"+", "-"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//"})


def may_tell_failure(function: code.Function, self_calls: Sequence[SelfCall]) -> bool:
    """May one of these calls be made because the run before had failed?"""
    if not self_calls:
        return False
    return any(map(_is_told, self_calls)) or _steps_what_lasts(function) or _hands_on_steps(function, self_calls)


def tests_status(self_call: SelfCall) -> bool:
    """Does a test on the way to the call compare something with a status of 400 and above?"""
    return any(
        isinstance(node, code.Compare) and any(_is_status(part) for other in node.others for part in code.walk(other))
        for test in self_call.tests
        for node in code.walk(test)
    )


def _is_status(node: object) -> bool:
    return isinstance(node, code.Const) and isinstance(node.value, int) and 400 <= node.value < 600


def _is_told(self_call: SelfCall) -> bool:
    """Is an exception on the way, or something that the analysis looks at elsewhere: a timer, a queue, a helper?"""
    again = self_call.again
    return (
        self_call.via != "result"
        or self_call.origin is not None
        or again.how != "called"
        or again.through is not None
        or tests_status(self_call)
    )


def _steps_what_lasts(function: code.Function) -> bool:
    """Does it step what the next run will see: an attribute, an item, a name of the module?"""
    for node in code.statements(*function.body):
        if isinstance(node, code.Declare):
            return True
        if isinstance(node, code.AugAssign) and _lasts(node.target):
            return True
        if isinstance(node, code.Assign) and any(map(_lasts, node.targets)) and any(map(_is_step, _parts(node.value))):
            return True
    return False


def _lasts(target: code.Expr) -> bool:
    return isinstance(target, (code.Attribute, code.Subscript))


def _parts(value: code.Expr) -> tuple[code.Expr, ...]:
    return value.items if isinstance(value, code.Collection) else (value,)


def _is_step(value: code.Expr) -> bool:
    """Is something added to what a name, an attribute or an item stands for, or taken away from it?"""
    if not isinstance(value, code.Binary) or value.operator not in _STEPS:
        return False
    place = value.left
    while isinstance(place, (code.Attribute, code.Subscript)):
        if isinstance(place, code.Subscript) and not isinstance(place.index, (code.Const, code.Name)):
            return False
        place = place.value
    return isinstance(place, code.Name)


def _hands_on_steps(function: code.Function, self_calls: Sequence[SelfCall]) -> bool:
    """Is the next run given a flag, a number, what one was added to, or a name for that?"""
    given = [argument.value for each in self_calls for argument in each.again.made.arguments]
    if any(_is_flag(value) or _counts(value) for value in given):
        return True
    names = {value.id for value in given if isinstance(value, code.Name)}
    return any(
        name in names and (isinstance(node, code.AugAssign) or (isinstance(node, code.Assign) and _is_step(node.value)))
        for name, node in bindings(*function.body)
    )


def _is_flag(value: code.Expr) -> bool:
    """A constant that is no text, or what negates one or another flag."""
    if isinstance(value, code.Unary):
        return value.operator == "not" or _is_number(value.operand)
    return isinstance(value, code.Const) and not isinstance(value.value, (str, bytes))


def _counts(value: code.Expr) -> bool:
    return any(
        isinstance(node, code.Binary)
        and node.operator in _ARITHMETIC
        and (_is_number(node.left) or _is_number(node.right))
        for node in code.walk(value)
    )


def _is_number(value: code.Expr) -> bool:
    return isinstance(value, code.Const) and isinstance(value.value, (int, float))
