"""Where may code hold a handler that makes the call of its `try` again? Sound, and cheaper than parsing.

`try` and `except` begin a line, and what stands between an `except` and the next statement that is not deeper is in
the handler.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


def second_calls_in(code: bytes, heads: Iterable[Head]) -> Iterator[int]:
    """Where handlers begin that call anything by a name that is called in their `try` too."""
    tries: dict[int, Head] = {}
    tried: dict[int, set[bytes]] = {}  # what the last `try` at a column calls: found once, however many its handlers
    for head in heads:
        if head.keyword == b"try":
            tries[head.column] = head
            tried.pop(head.column, None)
        elif head.keyword == b"except" and head.column in tries:
            if head.column not in tried:
                tried[head.column] = _names_called(code, tries[head.column].stop, head.start)
            if tried[head.column] and _calls_one_of(code, head, tried[head.column]):
                yield head.start


def _calls_one_of(code: bytes, clause: Head, names: set[bytes]) -> bool:
    """Is one of these names called in a handler?"""
    again = _names_called(code, clause.stop, end_of_block(code, clause.start, clause.column))
    return not again.isdisjoint(names) or (bool(again) and not all(name.isascii() for name in again | names))


def _names_called(code: bytes, start: int, end: int) -> set[bytes]:
    found = names_called(code, start, end) - IDLE - KEYWORDS
    return {name for name in found if not name.endswith((b"Error", b"Exception"))}
