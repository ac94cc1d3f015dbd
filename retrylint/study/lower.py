"""The slice of a candidate definition: parsed by libcst and lowered to `retrylint.code`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import libcst as cst

from retrylint import code
from retrylint.study.lowering.base import Lowering, Table
from retrylint.study.lowering.expressions import EXPRESSIONS
from retrylint.study.lowering.statements import STATEMENTS
from retrylint.study.positions import Positions

TABLE: Table = {**EXPRESSIONS, **STATEMENTS}


def lower_slice(text: str, first_line: int) -> code.Stmt:
    """The first statement of a slice of a file, which starts at `first_line` of it.

    An indented slice is put under an `if`, so columns stay those of the file. Raises `libcst.ParserSyntaxError`
    and `code.TooDeepError`.
    """
    text = _without_form_feeds(text)
    indented = text[:1] in " \t"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in someone's string is not our business
        try:
            module = cst.parse_module(f"if 1:\n{text}" if indented else text)
            lowering = Lowering(Positions(module), first_line - (2 if indented else 1), TABLE)
            body: Sequence[cst.CSTNode] = module.body
            if indented and isinstance(block := module.body[0], cst.If):
                body = block.body.body
            first = body[0]
            if isinstance(first, cst.SimpleStatementLine):
                return code.in_one([lowering.lower(each) for each in first.body])
            lowered: code.Stmt = lowering.lower(first)
        except RecursionError:
            raise code.TooDeepError("nested deeper than libcst reads") from None
    return lowered


def _without_form_feeds(text: str) -> str:
    """The slice without what stands before a form feed in its first line's indentation: Python does not count it."""
    start = len(text) - len(text.lstrip(" \t\f"))
    return text[text.rfind("\f", 0, start) + 1 :]
