"""The slice of a candidate definition: parsed by libcst and lowered to `retrylint.code`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from retrylint import code
from retrylint.study.lowering.base import Lowering, Table
from retrylint.study.lowering.expressions import EXPRESSIONS
from retrylint.study.lowering.statements import STATEMENTS
from retrylint.study.reading import UnreadableError, read, unwarned

TABLE: Table = {**EXPRESSIONS, **STATEMENTS}


def lower_slice(text: str, first_line: int) -> code.Stmt:
    """The first statement of a slice of a file, which starts at `first_line` of it.

    An indented slice is put under an `if`, so columns stay those of the file. Raises `code.TooDeepError` and
    `reading.UnreadableError`.
    """
    text = _without_form_feeds(text)
    indented = text[:1] in " \t"
    module, positions = read(f"if 1:\n{text}" if indented else text)
    lowering = Lowering(positions, first_line - (2 if indented else 1), TABLE)
    body: Sequence[cst.CSTNode] = module.body
    if indented and isinstance(block := module.body[0], cst.If):
        body = block.body.body
    try:
        with unwarned():
            return code.in_one(lower_lines(body[0], lowering))
    except RecursionError:
        raise code.TooDeepError("nested deeper than libcst reads") from None
    except SyntaxError:  # a number of more digits than Python converts
        raise UnreadableError("written in a way that Python cannot read") from None


def lower_lines(node: cst.CSTNode, lowering: Lowering) -> code.Block:
    """A compound statement, or the statements of one line."""
    lines = node.body if isinstance(node, cst.SimpleStatementLine) else (node,)
    return tuple(lowering.lower(each) for each in lines)


def _without_form_feeds(text: str) -> str:
    """The slice without what stands before a form feed in its first line's indentation: Python does not count it."""
    start = len(text) - len(text.lstrip(" \t\f"))
    return text[text.rfind("\f", 0, start) + 1 :]
