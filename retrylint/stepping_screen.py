"""May the code of a function tell that its last run had failed? Sound, and cheaper than parsing.

What `stepping.may_tell_failure` finds in a function is found here in its bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from retrylint.layout import GAP, WORD

_OPERATOR = rb"(?:[-+%|&^@]|//?|\*\*?|<<|>>)"
_CLOSED = rb"(?:" + GAP + rb"\))*" + GAP
_OPENED = GAP + rb"(?:\(" + GAP + rb")*"
# a name, attribute or item, and that something is added to it
_STEPPED = (
    _OPENED
    + WORD
    + rb"(?:"
    + GAP
    + rb"\."
    + GAP
    + WORD
    + rb"|"
    + GAP
    + rb"\[[\w\x80-\xff\s\"'-]*\])*"
    + _CLOSED
    + rb"[-+]"
)
_SETS = rb"(?:" + _OPERATOR + rb"=|(?::[^=\n]*)?(?:=(?!=)[^=\n]*)*=(?!=)" + _STEPPED + rb")"
_TELLING = re.compile(
    rb"\bexcept\b|\bglobal\b|\bnonlocal\b"
    rb"|(?<![\w.])[45][0-9]{2}(?![0-9])"
    rb"|(?:\." + GAP + WORD + rb"|\])" + _CLOSED + rb"(?:" + _SETS + rb"|=(?!=)[^=]*[(\[,]" + _STEPPED + rb")"
)  # fmt: skip
_NUMBER = rb"\.?[0-9][\w.]*"
_GIVEN = re.compile(
    rb"[(,=]" + GAP + rb"(?:(?:True|False|None|[-+~]?" + GAP + _NUMBER + rb")" + GAP + rb"[,)]|not\b)"
    rb"|[-+*/]" + _OPENED + rb"\.?[0-9]"
    rb"|(?<![\w.])" + _NUMBER + _CLOSED + rb"[-+*/]"
)  # fmt: skip
_SET = re.compile(rb"(" + WORD + rb")" + _CLOSED + _SETS)
_WORDS = re.compile(WORD)
_BRACKETS = re.compile(rb"[()\[\]{}]")


def may_tell(code: bytes, start: int, end: int, name: bytes) -> bool:
    """May a function, whose own name ends at `start` and which is over at `end`, tell why it calls itself again?"""
    if _TELLING.search(code, start, end):
        return True
    given: set[bytes] = set()
    for match in _called(name).finditer(code, start, end):
        if not match[1]:
            return True  # handed to something that may call it
        arguments = code[match.end() - 1 : _closing(code, match.end(), end)]
        if _GIVEN.search(arguments):
            return True
        given.update(_WORDS.findall(arguments))
    return not given.isdisjoint(match[1] for match in _SET.finditer(code, start, end))


@lru_cache(maxsize=1024)
def _called(name: bytes) -> re.Pattern[bytes]:
    """A name, and behind it the bracket of its call, if it is called."""
    return re.compile(rb"(?<![\w\x80-\xff])" + name + rb"(?![\w\x80-\xff])(?:" + GAP + rb"\))*" + GAP + rb"(\()?")


def _closing(code: bytes, start: int, end: int) -> int:
    """Where the bracket closes that was opened before `start`."""
    depth = 1
    for match in _BRACKETS.finditer(code, start, end):
        depth += 1 if match[0] in b"([{" else -1
        if depth == 0:
            return match.end()
    return end
