"""Where may code hold a handler that makes the call of its `try` again? Sound, and cheaper than parsing.

`try` and `except` begin a line, and what stands between an `except` and the next statement that is not deeper is in
the handler.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from retrylint.layout import Head, end_of_block, names_called

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


def second_calls_in(code: bytes, heads: Iterable[Head], bounds: Iterable[int]) -> Iterator[int]:
    """Where handlers begin that call anything by a name that is called in their `try` too.

    `bounds` are those of the heads (`layout.bounds_of`).
    """
    tries: dict[int, Head] = {}
    tried: dict[int, _Called] = {}  # what the last `try` at a column calls: found once, however many its handlers
    for head, bound in zip(heads, bounds, strict=True):
        if head.keyword == b"try":
            tries[head.column] = head
            tried.pop(head.column, None)
        elif head.keyword == b"except" and head.column in tries:
            if head.column not in tried:
                tried[head.column] = _Called.of(code, tries[head.column].stop, head.start)
            if tried[head.column].names:
                end = end_of_block(code, head.start, head.column, bound)
                if tried[head.column].may_share(_Called.of(code, head.stop, end)):
                    yield head.start


class _Called(NamedTuple):
    """The names of what a stretch of code calls; `is_ascii`: is each of them spelt in one way alone?"""

    names: frozenset[bytes]
    is_ascii: bool

    @classmethod
    def of(cls, code: bytes, start: int, end: int) -> _Called:
        names = frozenset(_names_called(code, start, end))
        return cls(names, all(map(bytes.isascii, names)))

    def may_share(self, other: _Called) -> bool:
        """May there be a name in both?"""
        spelt = self.is_ascii and other.is_ascii
        return not self.names.isdisjoint(other.names) or (bool(other.names) and not spelt)


def _names_called(code: bytes, start: int, end: int) -> set[bytes]:
    found = names_called(code, start, end) - IDLE - KEYWORDS
    return {name for name in found if not name.endswith((b"Error", b"Exception"))}
