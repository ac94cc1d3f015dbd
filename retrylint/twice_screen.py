"""Can this code hold a handler that makes the call of its `try` again? Sound, and cheaper than parsing.

`try` and `except` begin a line, and what stands between an `except` and the next statement that is not deeper is in
the handler.
"""

from __future__ import annotations

import re

from retrylint.layout import GAP, end_of_block

_CLAUSE = re.compile(rb"\n( *)(try|except)\b")
_CALLED = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)" + GAP + rb"(?:\)" + GAP + rb")*\(")
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


def may_call_twice(code: bytes) -> bool:
    """Does a handler call anything by a name that is called in its `try` too? `code` is what `code_of` gives."""
    tries: dict[int, int] = {}
    for clause in _CLAUSE.finditer(code):
        column = len(clause[1])
        if clause[2] == b"try":
            tries[column] = clause.end()
        elif (start := tries.get(column)) is not None:
            called = _names_called(code, start, clause.start())
            if called and _calls_one_of(code, clause, called):
                return True
    return False


def _calls_one_of(code: bytes, clause: re.Match[bytes], names: set[bytes]) -> bool:
    """Is one of these names called in a handler?"""
    again = _names_called(code, clause.end(), end_of_block(code, clause.start(), len(clause[1])))
    return not again.isdisjoint(names) or (bool(again) and not all(name.isascii() for name in again | names))


def _names_called(code: bytes, start: int, end: int) -> set[bytes]:
    found = set(_CALLED.findall(code, start, end)) - IDLE - KEYWORDS
    return {name for name in found if not name.endswith((b"Error", b"Exception"))}
