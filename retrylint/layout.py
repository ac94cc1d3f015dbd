"""How source is laid out, seen as bytes: what of it is code, how deep a line begins, where a block ends."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

GAP = rb"\s*"
"""Between two tokens of what `code_of` gives: no comment and no continuation is left there."""
WORD = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*"
r"""A name; `\w` and what it leaves out would be looked up more slowly."""
WORD_BYTES = bytes(each for each in range(256) if each >= 0x80 or chr(each).isalnum() or chr(each) == "_")

# Comments, and texts; a group catches those that leave something: long ones, those on several lines, and those that may
# have fields. Each way begins with a byte of its own, so that the search leaps from one such byte to the next. No `\v`
# is left in what is searched: naming it makes the sets of bytes large enough to be looked up in a table.
_NO_CODE = re.compile(
    rb'#[^\n]*'
    rb'|"[^"\\\n{]*(?:\\[^\n{][^"\\\n{]*)*"(?!")'
    rb"|'[^'\\\n{]*(?:\\[^\n{][^'\\\n{]*)*'(?!')"
    rb'|"(""[^"\\\v]*(?:(?:\\.|"{1,2}(?!"))[^"\\\v]*)*(?:"""|\Z)|[^"\\\n]*(?:\\.[^"\\\n]*)*")'
    rb"|'(''[^'\\\v]*(?:(?:\\.|'{1,2}(?!'))[^'\\\v]*)*(?:'''|\Z)|[^'\\\n]*(?:\\.[^'\\\n]*)*')"
    rb"|\v",
    re.DOTALL,
)  # fmt: skip
_FIELDED = re.compile(rb"(?:[fFtT][rR]?|[rR][fFtT])\Z")  # before a text with fields
_OUTSIDE = re.compile(rb"(?:\A|\})[^{}]*")  # of the fields of a text, where no brace is in another
_NESTED = re.compile(rb"\{[^{}]*\{")
LINE = b"\v"
"""What stands in `code_of` for a newline that ends no statement's line; no Python code holds one."""
_ON_ONE_LINE = bytes.maketrans(b"\n", LINE)
_FORM_FEED = re.compile(rb"^[ \t\f]*\f", re.MULTILINE)
# the columns are not tried again with less of them: most lines have columns, and no head
_COLUMNS = rb"( *+)" if sys.version_info >= (3, 11) else rb"(?=( *))\1"
_KEYWORD = rb"(def|class|for|while|try|except)\b"
_HEAD = re.compile(rb"\n" + _COLUMNS + rb"(?:" + _KEYWORD + rb"|async\s+" + _KEYWORD + rb")")
BLANK = b" \t\n\r\v\f"
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
    code = _without_texts(source)
    if b"\\\n" in code:
        code = code.replace(b"\\\n", b" " + LINE)
    if b"\f" in code:
        code = _FORM_FEED.sub(b"", code).replace(b"\f", b" ")
    return code.expandtabs() if b"\t" in code else code


def _without_texts(source: bytes) -> bytes:
    """A source, in which there is no `LINE`, without comments and texts."""
    parts = _NO_CODE.split(source)  # code, and what each of the two groups caught behind it, again and again
    kept = [
        code + _kept(one or other, code) if one or other else code
        for code, one, other in zip(parts[::3], parts[1::3], parts[2::3], strict=False)
    ]
    return b"".join([*kept, parts[-1]])  # nothing is behind the last one


def _kept(text: bytes, before: bytes) -> bytes:
    """What stays of a text: its newlines, or all of it where it has fields, as the code before it tells.

    Brackets that do not close stay in the fields alone: `f"({x}"`.
    """
    if b"{" not in text or not _FIELDED.search(before, max(len(before) - 2, 0)):
        return LINE * text.count(b"\n")
    kept = text.translate(_ON_ONE_LINE, b"\"'")
    closes = kept.count(b"(") == kept.count(b")") and kept.count(b"[") == kept.count(b"]")
    if closes or _NESTED.search(kept):
        return kept
    return _OUTSIDE.sub(lambda outside: outside[0].translate(None, b"()[]"), kept)


class Head(NamedTuple):
    """The beginning of a compound statement: its keyword, the newline before it, its column, the end of the keyword."""

    keyword: bytes
    start: int
    column: int
    stop: int


def heads_of(code: bytes) -> Sequence[Head]:
    """Where these keywords begin a line, in order; an `async` before them is passed over."""
    found = []
    for each in _HEAD.finditer(code):
        start, stop = each.span()
        found.append(Head(each[2] or each[3], start, each.end(1) - start - 1, stop))
    return found


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
    before = (each.rstrip(b")" + BLANK) for each in code[start:end].split(b"(")[:-1])
    return {each[len(each.rstrip(WORD_BYTES)) :] for each in before} - {b""}
