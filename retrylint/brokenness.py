"""May Python refuse to read this code? A cheap look, for what holds no retry and would be parsed for that alone."""

from __future__ import annotations

import re

from retrylint.layout import is_whole

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
_OPEN_OR_CLOSED = b"()[]{}"
_ALL_ELSE = bytes(each for each in range(256) if each not in _OPEN_OR_CLOSED)
_DEEP = re.compile(rb"[(\[{]{90}")  # Python's parser gives up at 100 to 200
_NO_COLON = re.compile(rb"\n *(?:async\s+)?(?:def|while|try|except)\b[^\n:]*(?=\n|\Z)")
_STRAY = (b'"', b"'", b"\0")  # the quotes of texts that close are gone


def may_be_broken(code: bytes) -> bool:
    """Is there a sign that Python cannot read this? `code` is what `layout.code_of` gives.

    Signs are brackets and texts that do not close, brackets many deep, headers without a colon, statements of Python
    2; small files may always be broken. What is well laid out and wrong all the same is not seen.
    """
    if len(code) <= _SMALL or any(each in code for each in _STRAY):
        return True
    brackets = code.translate(None, _ALL_ELSE)
    if not is_whole(brackets, 0, len(brackets)) or _DEEP.search(brackets):
        return True
    if any(old.search(code) for old in _OLD):
        return True
    return any(is_whole(code, match.start(), match.end()) for match in _NO_COLON.finditer(code))
