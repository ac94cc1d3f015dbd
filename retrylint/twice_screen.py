"""Can these bytes hold a handler that makes the call of its `try` again? Sound, and cheaper than parsing.

`try` and `except` begin a line, and what stands between an `except` and the next statement that is not deeper is in
the handler. Where a text in triple quotes may blur that, the file is worth reading.
"""

from __future__ import annotations

import re

from retrylint.layout import GAP, depth, is_whole, may_be_in_text

_CLAUSE = re.compile(rb"^([ \t\f]*)(?:\\\n[ \t\f]*)*(try|except)\b", re.MULTILINE)
_CALLED = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)" + GAP + rb"(?:\)" + GAP + rb")*\(")
# what begins a statement and cannot stand at the beginning of a line within brackets
_STATEMENT = re.compile(
    rb"^([ \t\f]*)(?:except|finally|elif|def|class|return|raise|try|while|with|assert|del|pass|break|continue|global"
    rb"|nonlocal)\b",
    re.MULTILINE,
)
# what is called often and is never the operation of a second call; and what only looks like a call
IDLE = frozenset(
    {b"len", b"str", b"int", b"float", b"bool", b"isinstance", b"getattr", b"hasattr", b"repr", b"format", b"print",
     b"range", b"min", b"max", b"debug", b"info", b"warning", b"warn", b"error", b"exception", b"critical", b"log",
     b"join", b"append", b"items", b"keys", b"values", b"strip", b"split", b"encode", b"decode", b"lower",
     b"startswith", b"endswith", b"add", b"update", b"pop", b"close", b"write", b"flush", b"commit", b"rollback",
     b"release", b"super", b"type", b"sorted", b"dict", b"tuple",
     b"assertEqual", b"assertTrue", b"assertRaises", b"assertIn", b"wait"}
)  # fmt: skip
KEYWORDS = frozenset(
    {b"except", b"if", b"elif", b"not", b"and", b"or", b"in", b"return", b"with", b"while", b"raise", b"for", b"lambda"}
)


def may_call_twice(source: bytes) -> bool:
    """Does a handler call anything by a name that is called in its `try` too? Newlines in `source` are `\\n`."""
    tries: dict[int, int] = {}
    for clause in _CLAUSE.finditer(source):
        column = depth(clause[1])
        if clause[2] == b"try":
            tries[column] = clause.end()
        elif (start := tries.get(column)) is not None:  # else it stands in a text
            if may_be_in_text(source[start : clause.start()]):
                return True
            called = _names_called(source, start, clause.start())
            if called and _calls_one_of(source, clause.end(), column, called):
                return True
    return False


def _calls_one_of(source: bytes, start: int, column: int, names: set[bytes]) -> bool:
    """Is one of these names called before the next statement that is not deeper?"""
    end = len(source)
    for statement in _STATEMENT.finditer(source, start):
        if depth(statement[1]) <= column and is_whole(source[start : statement.start()]):
            end = statement.start()
            break
    again = _names_called(source, start, end)
    return not again.isdisjoint(names) or (bool(again) and not all(name.isascii() for name in again | names))


def _names_called(source: bytes, start: int, end: int) -> set[bytes]:
    found = set(_CALLED.findall(source, start, end)) - IDLE - KEYWORDS
    return {name for name in found if not name.endswith((b"Error", b"Exception"))}
