"""How source is laid out, seen as bytes: what of it is code, how deep a line begins, where a block ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

GAP = rb"\s*"
"""Between two tokens of what `code_of` gives: no comment and no continuation is left there."""

_NO_CODE = re.compile(
    rb'#[^\n]*'
    rb'|"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*(?:"""|\Z)'
    rb"|'''[^'\\]*(?:(?:\\.|'{1,2}(?!'))[^'\\]*)*(?:'''|\Z)"
    rb'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'",
    re.DOTALL,
)  # fmt: skip
_FIELDED = re.compile(rb"(?:[fFtT][rR]?|[rR][fFtT])\Z")  # before a text with fields
LINE = b"\v"
"""What stands in `code_of` for a newline that ends no statement's line; no Python code holds one."""
_ON_ONE_LINE = bytes.maketrans(b"\n", LINE)
_FORM_FEED = re.compile(rb"^[ \t\f]*\f", re.MULTILINE)
_HEAD = re.compile(rb"\n( *)(?:async\s+)?(def|for|while|try|except)\b")
_NAME = re.compile(rb"([\w\x80-\xff]+)" + GAP + rb"(?:\)" + GAP + rb")*(\(?)")
MOST_TRIES = 50  # lines that may look like the end of a block without being it


def normalised(source: bytes) -> bytes:
    """The source without a byte order mark and with `\\n` as its newline."""
    source = source.removeprefix(b"\xef\xbb\xbf")
    return source.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in source else source


def code_of(source: bytes) -> bytes:
    """The source without its comments and texts, continued lines joined, tabs as spaces; newlines are `\\n`.

    Every line begins with one `\\n`, the first one too. Texts with fields stay, on one line: there are calls in them.
    Newlines within texts and of continued lines are `LINE`: the lines of the source can be counted.
    """
    source = b"\n" + normalised(source)
    if LINE in source:
        source = source.replace(LINE, b" ")
    code = _NO_CODE.sub(_kept, source)
    if b"\\\n" in code:
        code = code.replace(b"\\\n", b" " + LINE)
    if b"\f" in code:
        code = _FORM_FEED.sub(b"", code).replace(b"\f", b" ")
    return code.expandtabs() if b"\t" in code else code


def _kept(match: re.Match[bytes]) -> bytes:
    """What stays of a comment or a text: its newlines, and a text with fields."""
    text = match[0]
    if b"{" in text and _is_fielded(match):
        return text.translate(_ON_ONE_LINE, b"\"'")
    return LINE * text.count(b"\n") if b"\n" in text else b""


def _is_fielded(match: re.Match[bytes]) -> bool:
    start = match.start()
    return start > 0 and _FIELDED.search(match.string, max(start - 2, 0), start) is not None


class Head(NamedTuple):
    """The beginning of a compound statement: its keyword, the newline before it, its column, the end of the keyword."""

    keyword: bytes
    start: int
    column: int
    stop: int


def heads_of(code: bytes) -> Sequence[Head]:
    """Where `def`, `for`, `while`, `try` and `except` begin a line, in order; an `async` before them is passed over."""
    return [Head(each[2], each.start(), len(each[1]), each.end()) for each in _HEAD.finditer(code)]


def bounds_of(code: bytes, heads: Sequence[Head]) -> list[int]:
    """For each head, a place at which its block is surely over, cheaper to find and later than `end_of_block`."""
    found = [len(code)] * len(heads)
    open_: list[Head] = []  # those behind the one that is looked at, each deeper than the next one
    for index in range(len(heads) - 1, -1, -1):
        head = heads[index]
        while open_ and open_[-1].column > head.column:
            open_.pop()
        if open_:
            found[index] = open_[-1].start
        if head.keyword != b"for" or _is_whole_line(code, head):
            open_.append(head)
    return found


def _is_whole_line(code: bytes, head: Head) -> bool:
    """Does the line end with the colon of a statement? A `for` in brackets has none behind it outside of others."""
    end = code.find(b"\n", head.stop)
    end = len(code) if end < 0 else end
    return code[head.stop : end].rstrip().endswith(b":") and is_whole(code, head.stop, end)


def end_of_block(code: bytes, start: int, column: int, bound: int | None = None) -> int:
    """Where the block of a statement surely is over: at the next statement that is not deeper than `column`.

    `start` is the newline before that statement, in what `code_of` gives; at `bound` it is over in any case.
    """
    bound = len(code) if bound is None else bound
    for line in islice(_beginnings(column).finditer(code, start + 1, bound), MOST_TRIES):
        if is_whole(code, start, line.start()):
            return line.start()
    return bound


@lru_cache(maxsize=64)
def _beginnings(column: int) -> re.Pattern[bytes]:
    """Lines that may begin a statement at this column or before it; an `else` is part of the statement before it."""
    return re.compile(rb"\n {0,%d}(?!else\b)[^\s)\]}]" % column)


def is_whole(code: bytes, start: int, end: int) -> bool:
    """Is every bracket that opens in a stretch of code closed there?"""
    return (
        code.count(b"(", start, end) == code.count(b")", start, end)
        and code.count(b"[", start, end) == code.count(b"]", start, end)
        and code.count(b"{", start, end) == code.count(b"}", start, end)
    )


def names_called(code: bytes, start: int, end: int) -> set[bytes]:
    """The last names of all that is called in a stretch of code, and the keywords before a bracket."""
    return {name for name, opening in _NAME.findall(code, start, end) if opening}
