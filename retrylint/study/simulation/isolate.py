"""A function cut down to one loop of it: what stands before on the way, the loop, and what comes behind."""

from __future__ import annotations

from dataclasses import replace

from retrylint import code

Loop = code.For | code.While


def isolate(block: code.Block, loop: Loop) -> code.Block | None:
    """The block with the way to `loop` taken as it must be; None where the loop is not in it.

    The conditions on the way hold, outer loops are in one of their rounds, and a `try` around stays, because it may
    catch what the loop raises in the end.
    """
    for index, statement in enumerate(block):
        if statement is loop:
            return block
        inner = _within(statement, loop)
        if inner is not None:
            return block[:index] + inner + block[index + 1 :]
    return None


def _within(statement: code.Stmt, loop: Loop) -> code.Block | None:
    if isinstance(statement, code.Try):
        body = isolate(statement.body, loop)
        if body is not None:
            return (replace(statement, body=body),)
        blocks = [*(handler.body for handler in statement.handlers), statement.orelse, statement.finalbody]
    elif isinstance(statement, code.With):
        body = isolate(statement.body, loop)
        return None if body is None else (replace(statement, body=body),)
    elif isinstance(statement, (code.If, code.For, code.While)):
        blocks = [statement.body, statement.orelse]
    elif isinstance(statement, code.Match):
        blocks = [case.body for case in statement.cases]
    else:
        return None
    return next((found for block in blocks if (found := isolate(block, loop)) is not None), None)
