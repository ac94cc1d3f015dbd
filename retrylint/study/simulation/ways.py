"""Which answers lead a run to the place where it is to fail, as far as the code's shape tells."""

from __future__ import annotations

from retrylint import code
from retrylint.flow import blocks_of, ends


def answers_toward(block: code.Block, point: code.Call | code.Stmt) -> dict[int, bool]:
    """The answers to tests, by their identity, on the way to `point`: into its branches, past what leads away."""
    found: dict[int, bool] = {}
    while True:
        index = next((i for i, each in enumerate(block) if each.span.holds(point.span)), None)
        if index is None or block[index] is point:
            return found
        for passed in block[:index]:
            _pass(passed, found)
        block = _enter(block[index], point, found)


def _enter(statement: code.Stmt, point: code.Call | code.Stmt, found: dict[int, bool]) -> code.Block:
    """The block of a statement that holds the point, with the answer that leads there."""
    for inner in blocks_of(statement):
        if any(each.span.holds(point.span) for each in inner):
            if isinstance(statement, (code.If, code.While)):
                _want(statement.test, inner is statement.body, found)
            return inner
    return ()


def _pass(statement: code.Stmt, found: dict[int, bool]) -> None:
    """Of each branch that always leads away, the other one is taken."""
    if isinstance(statement, code.If):
        leads_away = "next" not in ends(statement.body)
        if leads_away or (statement.orelse and "next" not in ends(statement.orelse)):
            _want(statement.test, not leads_away, found)
            for inner in statement.orelse if leads_away else statement.body:
                _pass(inner, found)


def _want(test: code.Expr, answer: bool, found: dict[int, bool]) -> None:
    """A test shall come out so, and with it those parts that all must."""
    found[id(test)] = answer
    if isinstance(test, code.Unary) and test.operator == "not":
        _want(test.operand, not answer, found)
    elif isinstance(test, code.Logical) and (test.operator == "and") == answer:
        for part in test.values:
            _want(part, answer, found)
