"""Does a round of a loop only try its operation, and count, tell and wait besides?

Nothing that such a round does could mend what failed, take the next thing, or find out that it is over.
"""

from __future__ import annotations

from collections.abc import Iterable

from retrylint import code
from retrylint.flow import ends
from retrylint.loops.rounds import Loop
from retrylint.naming import words_of
from retrylint.verbs import called_name, is_logging, is_pausing, is_steering, is_waiting_for


def only_tries(loop: Loop, tried: Iterable[code.Try | code.With], operations: Iterable[code.Call]) -> bool:
    """Is there nothing in a round but what is `tried`, or the operations whose results tell, and idle statements?

    What is tried may do whatever it likes, unless it goes on with the next round by itself.
    """
    attempts = frozenset(map(id, tried))
    working = frozenset(id(call) for call in operations) if not attempts else frozenset()
    return _is_idle(loop.body, attempts, working)


def _is_idle(block: code.Block, attempts: frozenset[int], working: frozenset[int]) -> bool:
    return all(_idles(statement, attempts, working) for statement in block)


def _idles(statement: code.Stmt, attempts: frozenset[int], working: frozenset[int]) -> bool:
    if isinstance(statement, code.If):
        branches = (statement.body, statement.orelse)
        return _calls_nothing(statement.test, working) and all(_is_idle(each, attempts, working) for each in branches)
    if isinstance(statement, code.Try):
        handled = [each.body for each in statement.handlers if ends(each.body) & {"next", "continue"}]
        blocks = (*handled, statement.orelse, statement.finalbody)
        return (
            id(statement) in attempts
            and "continue" not in ends(statement.body)
            and all(_is_idle(each, attempts, working) for each in blocks)
        )
    if isinstance(statement, code.With):
        return id(statement) in attempts and "continue" not in ends(statement.body)
    if isinstance(statement, (code.Return, code.Raise)):
        return True  # it is over
    if isinstance(statement, (code.For, code.While, code.Match)):
        return False
    return _calls_nothing(statement, working)


def _calls_nothing(root: code.Stmt | code.Expr, working: frozenset[int]) -> bool:
    """Is nothing called but the operation, with what it is given, and what tells or waits?"""
    within = {id(part) for call in code.calls(root) if id(call) in working for part in code.calls(call)}
    return all(
        id(call) in within or is_steering(call) or is_logging(call) or _lets_time_pass(call)
        for call in code.calls(root)
    )


def _lets_time_pass(call: code.Call) -> bool:
    """Does it wait, and for nothing: `sleep(1)`, `stop.wait(5)`, and not `wait_for_data(socket)`?"""
    return is_pausing(call) and (not is_waiting_for(call) or len(words_of(called_name(call))) == 1)
