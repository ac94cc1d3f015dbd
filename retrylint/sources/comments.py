"""The comments of a source, and the statements that they stand in."""

from __future__ import annotations

import io
import tokenize
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`. `speaks_for` are the lines that it can be meant for: its own and, where it stands alone,
    the next one that holds code.
    """

    line: int
    column: int
    text: str
    speaks_for: frozenset[int]


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a simple statement, of a compound statement's head, or of a decorator."""

    first: int
    last: int
    decorates: bool


def read_comments(source: str) -> tuple[tuple[Comment, ...], tuple[Statement, ...]]:
    """All comments and statements, in their order; of a source that cannot be read, those before the place."""
    comments: list[tuple[int, int, str, bool]] = []
    statements: list[Statement] = []
    code: set[int] = set()  # the lines on which a token of code stands
    first: tokenize.TokenInfo | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            row, column = token.start
            if token.type == tokenize.COMMENT:
                comments.append((row, column + 1, token.string, not token.line[:column].strip()))
            elif token.type == tokenize.NEWLINE and first is not None:
                statements.append(Statement(first.start[0], row, first.string == "@"))
                first = None
            elif token.type not in _LAYOUT:
                first = first or token
                code.update(range(row, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        pass
    lines = sorted(code)
    return tuple(_comment(*each, lines) for each in comments), tuple(statements)


def _comment(line: int, column: int, text: str, alone: bool, code: Sequence[int]) -> Comment:
    after = bisect_right(code, line)
    below = code[after] if alone and after < len(code) else line
    return Comment(line, column, text, frozenset({line, below}))


def lines_of_statement(statements: Sequence[Statement], line: int) -> range:
    """The lines of the statement that holds this line; decorators and what they decorate are one."""
    at = next((index for index, each in enumerate(statements) if each.first <= line <= each.last), None)
    if at is None:
        return range(line, line + 1)
    first = last = at
    while first > 0 and statements[first - 1].decorates:
        first -= 1
    while statements[last].decorates and last + 1 < len(statements):
        last += 1
    return range(statements[first].first, statements[last].last + 1)
