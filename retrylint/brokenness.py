"""May Python refuse to read this code? A cheap look, for what holds no retry and would be parsed for that alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from retrylint.layout import Head, is_whole

_SMALL = 1024  # bytes that are parsed in less time than they are looked at
# statements of Python 2, and the marks of a merge
_OLD = (
    re.compile(rb"print(?<!\wprint)(?: +[\w>-]| *\n)"),
    re.compile(rb"exec(?<!\wexec) +\w"),
    re.compile(rb"raise +[\w.]+ *,"),
    re.compile(rb"except +[\w.]+ *,"),
    re.compile(rb"except *\([^)\n]*\) *,"),
    re.compile(rb"<<<<<<<"),
    re.compile(rb">>>>>>>"),
)
# brackets in a row: Python's parser gives up at 100 to 200
_DEEP = re.compile(rb"(?:[(\[{][\s\w,.]*){90}")
_STRAY = (b'"', b"'", b"\0")  # the quotes of texts that close are gone


def may_be_broken(code: bytes, heads: Iterable[Head]) -> bool:
    """Is there a sign that Python cannot read this? `code` is what `layout.code_of` gives, `heads` are its own.

    Signs are brackets and texts that do not close, brackets many deep, headers without a colon, statements of Python
    2; small files may always be broken. What is well laid out and wrong all the same is not seen.
    """
    if len(code) <= _SMALL or not is_whole(code, 0, len(code)) or any(each in code for each in _STRAY):
        return True
    if any(old.search(code) for old in _OLD) or _DEEP.search(code):
        return True
    return any(_lacks_colon(code, head) for head in heads)


def _lacks_colon(code: bytes, head: Head) -> bool:
    if head.keyword == b"for":
        return False  # it may be part of a comprehension
    end = code.find(b"\n", head.stop)
    end = end if end >= 0 else len(code)
    return code.find(b":", head.stop, end) < 0 and is_whole(code, head.start, end)
