"""May Python refuse to read this code? A cheap look, for what holds no retry and would be parsed for that alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrylint.layout import Head, is_whole

_SMALL = 1024  # bytes: such files are parsed in any case, which takes 2 % of a run, and few broken ones show a sign
# statements of Python 2, each with a word that is found faster
_OLD = (
    (b"print", re.compile(rb"print(?<!\wprint)(?: +[\w>-]| *\n)")),
    (b"exec ", re.compile(rb"exec(?<!\wexec) +\w")),
    (b"raise", re.compile(rb"raise +[\w.]+ *,")),
)
_OF_A_MERGE = (b"<<<<<<<", b">>>>>>>")
_OLD_HANDLER = re.compile(rb" *(?: [\w.]+|\([^)\n]*\)) *,")  # behind an `except`
_ANGLES = b"<>"
_ALL_ELSE = bytes(each for each in range(256) if each not in b"()[]{}" + _ANGLES)
_ALIKE = bytes.maketrans(b"[{", b"((")
_DEEP = b"(" * 90  # Python's parser gives up at 100 to 200
_OTHERWISE = (b"for", b"class")  # a `for` may stand in brackets, and what begins a class be a name
_STRAY = (b'"', b"'", b"\0")  # the quotes of texts that close are gone


def may_be_broken(code: bytes, heads: Sequence[Head]) -> bool:
    """Is there a sign that Python cannot read this? `code` is what `layout.code_of` gives, with its heads.

    Signs are brackets and texts that do not close, brackets many deep, headers without a colon, statements of Python
    2; small files may always be broken, unless there is nothing in them. What is well laid out and wrong all the same
    is not seen.
    """
    if any(each in code for each in _STRAY):
        return True
    if len(code) <= _SMALL:
        return not code.isspace()
    brackets = code.translate(None, _ALL_ELSE)
    if not is_whole(brackets, 0, len(brackets)) or _DEEP in brackets.translate(_ALIKE, _ANGLES):
        return True
    if any(mark in brackets and mark in code for mark in _OF_A_MERGE):
        return True
    if any(word in code and old.search(code) for word, old in _OLD):
        return True
    if any(_OLD_HANDLER.match(code, head.stop) for head in heads if head.keyword == b"except"):
        return True
    without = (head for head in heads if code.find(b":", head.stop, code.find(b"\n", head.stop)) < 0)  # few
    return any(_lacks_colon(code, head) for head in without if head.keyword not in _OTHERWISE)


def _lacks_colon(code: bytes, head: Head) -> bool:
    """Does a line end without a colon, though no bracket is open in it?"""
    end = code.find(b"\n", head.stop)
    end = len(code) if end < 0 else end
    return code.find(b":", head.stop, end) < 0 and is_whole(code, head.start, end)
