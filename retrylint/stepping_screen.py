"""May the code of a function tell that its last run had failed? Sound, and cheaper than parsing.

What `stepping.may_tell_failure` finds in a function is found here in its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrylint.layout import BLANK, GAP, WORD, WORD_BYTES

_STATUS = re.compile(rb"[45](?<![\w.].)[0-9]{2}(?![0-9])")
_CLOSED = rb"(?:" + GAP + rb"\))*" + GAP
_OPENED = GAP + rb"(?:\(" + GAP + rb")*"
# a name, an attribute or an item, and that something is added to it
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
_STEP = re.compile(_STEPPED)
_STEP_AMONG = re.compile(rb"[^=]*[(\[,]" + _STEPPED)
_IS_SET = re.compile(rb"=(?!=)")
_NUMBER = rb"\.?[0-9][\w.]*"
_GIVEN = re.compile(
    rb"[(,=]" + GAP + rb"(?:(?:True|False|None|[-+~]?" + GAP + _NUMBER + rb")" + GAP + rb"[,)]|not\b)"
    rb"|[-+*/]" + _OPENED + rb"\.?[0-9]"
    rb"|[0-9][\w.]*" + _CLOSED + rb"[-+*/]"
)  # fmt: skip
_CALLED = re.compile(_CLOSED + rb"\(")
_WORDS = re.compile(WORD)
_BRACKETS = re.compile(rb"[()\[\]{}]")
_LASTING = b""
_WORD_PARTS = frozenset(bytes((each,)) for each in WORD_BYTES)


def may_tell(code: bytes, start: int, end: int, name: bytes) -> bool:
    """May a function, whose own name ends at `start` and which is over at `end`, tell why it calls itself again?"""
    if any(code.find(word, start, end) >= 0 for word in (b"except", b"global", b"nonlocal")):
        return True
    given: set[bytes] = set()
    for arguments in _own_calls(code, start, end, name):
        if not arguments or _GIVEN.search(arguments):
            return True
        given.update(_WORDS.findall(arguments))
    if _STATUS.search(code, start, end):
        return True
    return any(stepped == _LASTING or stepped in given for stepped in _stepped_in(code, start, end))


def _own_calls(code: bytes, start: int, end: int, name: bytes) -> Iterator[bytes]:
    """What the calls of a name are given, in their brackets; nothing where it is named without being called."""
    position = code.find(name, start, end)
    while position >= 0:
        behind = position + len(name)
        if code[position - 1 : position] not in _WORD_PARTS and code[behind : behind + 1] not in _WORD_PARTS:
            called = _CALLED.match(code, behind, end)
            yield code[called.end() - 1 : _closing(code, called.end(), end)] if called else b""
        position = code.find(name, behind, end)


def _closing(code: bytes, start: int, end: int) -> int:
    """Where the bracket closes that was opened before `start`."""
    depth = 1
    for match in _BRACKETS.finditer(code, start, end):
        depth += 1 if match[0] in b"([{" else -1
        if depth == 0:
            return match.end()
    return end


def _stepped_in(code: bytes, start: int, end: int) -> Iterator[bytes]:
    """The names that something is added to, or that are set to such a sum; `_LASTING` for an attribute or an item, and
    where the line does not tell.
    """
    for match in _IS_SET.finditer(code, start, end):
        place = match.start()
        operator = code[place - 1 : place]
        if operator in b"=!:" or (operator in b"<>" and code[place - 2 : place - 1] != operator):
            continue  # a comparison
        augments = operator in b"-+*/%|&^@<>"
        line = code[code.rfind(b"\n", start, place) + 1 : place].rstrip(b"-+*/%|&^@<>")
        target = line.rstrip(BLANK + b")")
        around = target.rstrip(WORD_BYTES)
        lasts = target.endswith(b"]") or around.rstrip(BLANK).endswith(b".") or not target
        if augments or _STEP.match(code, match.end(), end):
            yield _LASTING if lasts or b"=" in line or b":" in line else target[len(around) :]
        elif lasts and _STEP_AMONG.match(code, match.end(), end):
            yield _LASTING
