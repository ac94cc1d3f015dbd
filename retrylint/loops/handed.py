"""Loops that call what their function was given, until it gives something."""

from __future__ import annotations

from collections.abc import Container

from retrylint import code
from retrylint.loops.evidence import pauses
from retrylint.loops.rounds import Loop, TooManyWays, ways
from retrylint.loops.telling import decisions


def asked_again(loop: Loop, parameters: Container[str]) -> code.Call | None:
    """The call of a parameter that a loop makes again, after a pause, as long as it gives nothing.

    Whether that is a retry, or waits for a state, depends on what the parameter is given.
    """
    if not pauses(loop):
        return None
    try:
        found = ways(loop)
    except TooManyWays:
        return None
    going = [way for way in found if way.outcome == "round" and not way.state.failed]
    leaving = [way for way in found if way.outcome == "leaves" and not way.state.failed]
    for call in code.calls(*loop.body):
        if not isinstance(call.function, code.Name) or call.function.id not in parameters:
            continue
        mine = [way for way in going if any(id(call) in choice.of for choice in way.state.choices)]
        decided = decisions(loop, call, mine, leaving)
        if decided and all(any(_is_nothing(each.test, each.answer) for each in choices) for choices in decided):
            return call
    return None


def _is_nothing(test: code.Expr, answer: bool) -> bool:
    """Does this answer mean that there is nothing: `if not found`, `found is None`?"""
    if isinstance(test, code.Unary) and test.operator == "not":
        return _is_nothing(test.operand, not answer)
    if isinstance(test, code.Compare):
        return test.others == (code.Const(None),) and (test.operators[0] == "is") == answer
    if isinstance(test, code.Walrus):
        return _is_nothing(test.target, answer)
    return not answer and isinstance(test, (code.Name, code.Attribute, code.Call, code.Await))
