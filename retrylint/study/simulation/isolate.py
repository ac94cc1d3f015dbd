"""A function cut down to one loop of it: what stands before on the way, the loop, and what comes behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from retrylint import code
from retrylint.flow import blocks_of, ends

Loop = code.For | code.While


def isolate(block: code.Block, loop: Loop) -> code.Block | None:
    """The block with the way to `loop` taken as it must be; None where the loop is not in it.

    What leads away before it is not taken, the conditions on the way hold, outer loops are in one of their rounds,
    and a `try` around stays, because it may catch what the loop raises in the end.
    """
    for index, statement in enumerate(block):
        inner = (statement,) if statement is loop else _within(statement, loop)
        if inner is not None:
            return (*_passed(block[:index]), *inner, *block[index + 1 :])
    return None


def _passed(block: code.Block) -> Iterator[code.Stmt]:
    """Statements on the way that did not lead away: of each branch that always does, the other one was taken."""
    for statement in block:
        if isinstance(statement, code.If) and "next" not in ends(statement.body):
            yield from _passed(statement.orelse)
        elif isinstance(statement, code.If) and statement.orelse and "next" not in ends(statement.orelse):
            yield from _passed(statement.body)
        elif isinstance(statement, (code.For, code.While)) and ends(statement.body) <= {"return", "raise"}:
            yield from _passed(statement.orelse)
        elif isinstance(statement, code.Try) and "next" not in ends((*statement.body, *statement.orelse)):
            handled = [each.body for each in statement.handlers if "next" in ends(each.body)]
            yield from _passed(handled[0] if handled else ())
            yield from statement.finalbody
        else:
            yield statement


def _within(statement: code.Stmt, loop: Loop) -> code.Block | None:
    if isinstance(statement, code.Try):
        body = isolate(statement.body, loop)
        if body is not None:
            return (replace(statement, body=body),)
        blocks = blocks_of(statement)[1:]
    elif isinstance(statement, code.With):
        body = isolate(statement.body, loop)
        return None if body is None else (replace(statement, body=body),)
    else:
        blocks = blocks_of(statement)
    return next((found for block in blocks if (found := isolate(block, loop)) is not None), None)
