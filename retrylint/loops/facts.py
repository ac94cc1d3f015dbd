"""What a round knows of a name, and what a test is by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrylint import code


@dataclass(frozen=True, slots=True)
class Gives:
    """The value of a name comes from these calls of the round. `given`: a test has shown that it is not None."""

    calls: frozenset[int]
    given: bool = False


Fact = code.Const | Gives
Facts = tuple[tuple[str, Fact], ...]
"""What is known of names, in their order."""


def truth(test: code.Expr, facts: Mapping[str, Fact]) -> bool | None:
    """What a test is, as far as constants and the facts of the round tell."""
    if isinstance(test, code.Const):
        return bool(test.value)
    if isinstance(test, (code.Name, code.Attribute)):
        fact = facts.get(code.dotted(test) or "")
        return bool(fact.value) if isinstance(fact, code.Const) else None
    if isinstance(test, code.Unary) and test.operator == "not":
        inner = truth(test.operand, facts)
        return None if inner is None else not inner
    if isinstance(test, code.Logical):
        parts = [truth(value, facts) for value in test.values]
        decisive = test.operator == "or"
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, code.Compare) and len(test.operators) == 1:
        return _compared(test, facts)
    return None


def _compared(test: code.Compare, facts: Mapping[str, Fact]) -> bool | None:
    left = facts.get(code.dotted(test.left) or "")
    right = test.others[0]
    if isinstance(left, Gives) and left.given and right == code.Const(None):
        return {"is": False, "is not": True}.get(test.operators[0])
    if not isinstance(left, code.Const) or not isinstance(right, code.Const):
        return None
    if test.operators[0] in ("is", "=="):
        return left == right
    return left != right if test.operators[0] in ("is not", "!=") else None
