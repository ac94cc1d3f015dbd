"""What libcst has read, as `retrylint.code`."""

from __future__ import annotations

import libcst as cst

from retrylint import code
from retrylint.study.lowering.base import Lowering, Table
from retrylint.study.lowering.expressions import EXPRESSIONS
from retrylint.study.lowering.statements import STATEMENTS

TABLE: Table = {**EXPRESSIONS, **STATEMENTS}


def lower_lines(node: cst.CSTNode, lowering: Lowering) -> code.Block:
    """A compound statement, or the statements of one line. Raises `code.TooDeepError`."""
    lines = node.body if isinstance(node, cst.SimpleStatementLine) else (node,)
    return tuple(lowering.lower(each) for each in lines)
