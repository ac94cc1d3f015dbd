"""Newer syntax than the host's `ast` can read: through libcst and `code` to the tree that the sketch expects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from retrylint import code
from retrylint.model import NotAnalysed, Span
from retrylint.study import as_ast
from retrylint.study.lower import TABLE, lower_lines
from retrylint.study.lowering.base import Lowering
from retrylint.study.positions import Positions
from retrylint.study.reading import UnreadableError, read, unwarned

_OF_STATEMENTS = (
    cst.BaseCompoundStatement, cst.BaseSuite, cst.Else, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally,
    cst.MatchCase,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Newer:
    """A module as the host's `ast`, and the statements that were left out of it because they are too deep."""

    tree: ast.Module
    refused: tuple[NotAnalysed, ...] = ()


def read_newer(source: str) -> Newer | None:
    """A module that the host cannot read, if libcst can. Raises `code.TooDeepError`."""
    try:
        module, positions = read(source)
    except UnreadableError:
        return None
    lowering = Lowering(positions, TABLE)
    statements: list[code.Stmt] = []
    refused: list[NotAnalysed] = []
    for each in module.body:
        try:
            with unwarned():
                statements += lower_lines(each, lowering)
        except (code.TooDeepError, RecursionError):
            line = positions.span(each).line
            reason = f"the statement in line {line} is nested deeper than {code.MAX_DEPTH} levels"
            refused.append(NotAnalysed(reason, Span(line, 1, line, 1)))
        except SyntaxError:  # a number of more digits than Python converts
            return None
    writer = as_ast.Writer(source, dict(_decorated(module, positions)))
    return Newer(as_ast.module(writer, statements), tuple(refused))


def _decorated(module: cst.Module, positions: Positions) -> Iterator[tuple[tuple[int, int], list[int]]]:
    """The lines of the decorators of each definition, by its own place."""
    pending: list[cst.CSTNode] = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)) and node.decorators:
            span = positions.span(node)
            yield (span.line, span.column), [positions.span(each.decorator).line for each in node.decorators]
        pending += (each for each in node.children if isinstance(each, _OF_STATEMENTS))
