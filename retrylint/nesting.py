"""How deep and how wide is a text of Python? An upper bound, read off its tokens before any parser sees it.

libcst recurses on the machine's own stack: some thousand brackets, operands of `and`, or branches of an `elif` end the
process, and nothing can catch that. Its parser takes twice or four times as long for each bracket in a pattern. Both
are known from the tokens: every level of a tree has a token of its own. The measure needs no stack, is linear, and
holds for newer syntax than the host's, f-strings within f-strings (PEP 701) included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

_CODE = re.compile(
    r"""(?P<space>[ \t\f]+|\\\n|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<text>[rRbBuUfFtT]{0,2}(?:'''|\"\"\"|'|"))
    |(?P<word>[^\W\d]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<dot>\.)
    |(?P<comma>,)
    |(?P<colon>:(?!=))
    |(?P<operator>\*\*|//|->|:=|<<|>>|[-+*/%@&|^~])
    |(?P<other>.)""",
    re.VERBOSE,
)
_REST = {
    quote: re.compile(rf"(?s:(?:\\.|[^\\])*?){quote}" if len(quote) == 3 else rf"(?:\\(?s:.)|[^\\\n])*?{quote}")
    for quote in ("'''", '"""', "'", '"')
}
_FORMAT = re.compile(r"(?s)\{\{|\}\}|\{|\}|\\N\{[\w -]{1,90}\}|\\[^{}]|'''|\"\"\"|'|\"|\n|[^{}\\'\"\n]+|\\")
_DEEPENING = frozenset({"and", "or", "not", "await", "yield", "else", "for", "lambda"})
_LEFT_OPEN = frozenset({"lambda"})  # its commas part parameters, not values

Kind = Literal["file", "bracket", "field", "text"]


@dataclass(frozen=True, slots=True)
class Nesting:
    """The levels of the deepest tree that a text can give, those of its deepest pattern, and its tokens.

    `fields`: those of the f-string that has the most.
    """

    depth: int
    pattern: int
    tokens: int
    fields: int


@dataclass(slots=True)
class _Level:
    """An open bracket, field of an f-string or f-string, and the value being read in it.

    A value is terms joined by `operators`; a term is a name or a bracket with `trailers`, and `inner` is the deepest
    bracket in it. `kept` counts what no comma ends.
    """

    kind: Kind
    quote: str = ""
    operators: int = 0
    kept: int = 0
    trailers: int = 0
    inner: int = 0
    deepest_term: int = 0
    deepest: int = 0
    fields: int = 0
    in_format: bool = field(default=False)

    def end_term(self) -> None:
        self.deepest_term = max(self.deepest_term, self.trailers + self.inner)
        self.trailers = self.inner = 0

    def end_value(self) -> None:
        self.end_term()
        self.deepest = max(self.deepest, self.operators + self.kept + self.deepest_term)
        self.operators = self.deepest_term = 0


class _Reader:
    """One pass over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens = self.depth = self.pattern = self.fields = 0
        self.levels = [_Level("file")]
        self.blocks: list[tuple[int, int]] = []  # column, and branches of an `elif` so far
        self.line_start = True
        self.after_text = False
        self.in_pattern = False

    def read(self) -> Nesting:
        while self.at < len(self.text):
            if self.levels[-1].kind == "text" or self.levels[-1].in_format:
                self._in_text()
            else:
                self._in_code()
        while len(self.levels) > 1:
            self._close()
        self._end_line()
        return Nesting(self.depth, self.pattern, self.tokens, self.fields)

    def _in_code(self) -> None:
        match = _CODE.match(self.text, self.at)
        assert match is not None  # every character is a token of some kind
        start, self.at = self.at, match.end()
        kind, level = match.lastgroup, self.levels[-1]
        if kind == "space":
            return
        if kind == "newline":
            if level.kind == "file":
                self._end_line()
            return
        self.tokens += 1
        if self.line_start:
            self._begin_line(start, match[0])
        if kind == "text":
            self._open_text(match[0])
            return
        self.after_text = False
        if kind == "word":
            self._word(match[0], level)
        elif kind == "open":
            self._open()
        elif kind == "close":
            self._close()
        else:
            self._mark(match[0], kind or "", level)

    def _mark(self, mark: str, kind: str, level: _Level) -> None:
        if kind == "dot":
            level.trailers += 1
        elif kind == "operator":
            level.operators += 1
            level.end_term()
        elif kind == "colon":
            level.in_format = level.kind == "field"
        elif kind == "comma" or mark == ";":
            level.end_value()

    def _word(self, word: str, level: _Level) -> None:
        if word in _DEEPENING:
            level.end_term()
            level.operators += word not in _LEFT_OPEN
            level.kept += word in _LEFT_OPEN
        elif word == "if":
            level.end_term()
            self.in_pattern = self.in_pattern and level.kind != "file"  # a guard is no pattern

    def _open(self) -> None:
        self.levels[-1].trailers += 1
        self.levels.append(_Level("bracket"))
        if self.in_pattern:
            self.pattern = max(self.pattern, len(self.levels) - 1)

    def _close(self) -> None:
        """A bracket, a field or an f-string ends; one that nothing opened is for the parser to refuse."""
        if len(self.levels) > 1:
            level = self.levels.pop()
            level.end_value()
            outer = self.levels[-1]
            outer.inner = max(outer.inner, level.deepest + (level.kind == "field"))
            self.fields = max(self.fields, level.fields)

    def _open_text(self, opening: str) -> None:
        level = self.levels[-1]
        prefix = opening.rstrip("'\"")
        quote = opening[len(prefix) :]
        level.operators += self.after_text  # texts side by side are nested like operands
        self.after_text = True
        if not set(prefix) & set("fFtT"):
            rest = _REST[quote].match(self.text, self.at)
            self.at = rest.end() if rest is not None else self.at
            return
        level.trailers += 1
        self.levels.append(_Level("text", quote))

    def _in_text(self) -> None:
        """Within an f-string: in its own text, or in the format of a field."""
        match = _FORMAT.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        level, found = self.levels[-1], match[0]
        if found == "{" or (found == "{{" and level.in_format):
            self.at = match.start() + 1
            level.fields += 1
            self.levels.append(_Level("field"))
        elif level.in_format:
            if found.startswith("}"):
                self.at = match.start() + 1
                self._close()
        elif found.startswith(level.quote) or (found == "\n" and len(level.quote) == 1):
            self.at = match.start() + (len(level.quote) if found != "\n" else 0)
            self._close()
            self.after_text = True

    def _begin_line(self, start: int, word: str) -> None:
        """The first token of a logical line tells how deep its block is, and whether an `elif` chain goes on."""
        self.line_start = False
        before = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        column = len(before.rpartition("\f")[2].expandtabs())
        while self.blocks and self.blocks[-1][0] > column:
            self.blocks.pop()
        branches = 0
        if self.blocks and self.blocks[-1][0] == column:
            branches = self.blocks.pop()[1]
        self.blocks.append((column, branches + 1 if word == "elif" else branches if word == "else" else 1))
        self.in_pattern = word == "case"

    def _end_line(self) -> None:
        level = self.levels[0]
        level.end_value()
        self.depth = max(self.depth, level.deepest + sum(branches for _, branches in self.blocks))
        self.levels = [_Level("file")]
        self.line_start, self.after_text, self.in_pattern = True, False, False


def measure(text: str) -> Nesting:
    """The nesting of a text whose newlines are `\\n`."""
    return _Reader(text).read()
