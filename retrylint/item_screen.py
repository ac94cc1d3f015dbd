"""Which loops surely go over things, and work with another one in each round? By their bytes, cheaper than parsing.

Such a loop is no retry, whatever fails in it (`loops.items`): what it does next, it does with another item. What is
not plain at a glance (a count, a header on several lines, a round that lets time pass) is not said to be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from retrylint.layout import WORD, Head, is_whole, names_called
from retrylint.naming import pauses, words_of
from retrylint.words import COUNTING, LOGGING, STEERING, STEERING_OWNERS, STEERS

# a header on one line, over something else than a row of constants
_OVER = re.compile(rb" +(\w+(?: *, *\w+)*) +in +((?!(?:None|True|False)\b)[A-Za-z_][^,(\n]*(?:\([^\n]*)?): *\n")
_WORDS = re.compile(WORD)
_DEFINES = re.compile(rb"^ *(?:async +)?(?:def|class)\b", re.MULTILINE)
# marks of lines in which a call may be none, may be run later, or may be made of a text
_DOUBTFUL = re.compile(
    rb"[{;@]|\blambda\b|\]\(|(?<![\w)\]])[bBrRuUfFtT]{0,2}\.|\A\s*(?:case|except|type)\b|\A\s*[\w.]+(?:\[.*\])? *:"
)
# an item (each of its letters a NUL), or a part of one, that is called, on which a method is, that is handed to a call
# or taken apart; one pattern for all items, as making one takes longer than a loop
_ITEM = rb"(?<![\w.\0])\0+(?!\0)"
_CALLED = _ITEM + rb"(?:(?:\.\w+)*\(|\[)"
_HANDED = rb"[\w\0]\((?:[^()\[\]]*[^()\[\]\w.])?" + _ITEM + rb"(?! *=[^=])(?:\.\w+)*(?![\w(])"
_USE = re.compile(_CALLED + rb"|" + _HANDED + rb"|[\w\0]\[" + _ITEM + rb"\]")
_NO_NAMES = frozenset({b"if", b"elif", b"while", b"not", b"and", b"or", b"in", b"is", b"return", b"yield", b"await"})
_TELLING = frozenset(each.encode() for each in STEERING | LOGGING) | _NO_NAMES
_OWNERS = frozenset(each.encode() for each in STEERING_OWNERS)


def goes_over_items(code: bytes, head: Head, end: int) -> bool:
    """Does the `for` loop of a head, which is over at `end`, surely work with another item in each round?"""
    header = _OVER.match(code, head.stop, end)
    if header is None or any(map(_may_count, _WORDS.findall(header[2]))):
        return False
    start = header.end()
    over = _not_deeper(head.column).search(code, start - 1, end)
    body = code[start : over.start() if over else end]
    if _DEFINES.search(body) or any(map(_pauses, names_called(body, 0, len(body)))):
        return False
    items = frozenset(_WORDS.findall(header[1]))
    return any(_is_work(each, items) for each in _statements(body))


def _statements(body: bytes) -> Iterator[bytes]:
    """The statements of a body and the heads of those that are compound, as lines in which each bracket is closed."""
    statement = b""
    for line in body.split(b"\n"):
        statement = statement + b" " + line if statement else line
        if is_whole(statement, 0, len(statement)):
            yield statement
            statement = b""


def _is_work(statement: bytes, items: frozenset[bytes]) -> bool:
    """Is one of the items used in a statement in which no call only computes, tells or waits?"""
    use = _USE.search(_WORDS.sub(lambda word: b"\0" * len(word[0]) if word[0] in items else word[0], statement))
    if use is None or _DOUBTFUL.search(statement) or any(map(_may_count, _WORDS.findall(statement, *use.span()))):
        return False
    called = names_called(statement, 0, len(statement))
    return (
        called.isdisjoint(_TELLING)
        and _OWNERS.isdisjoint(_WORDS.findall(statement))
        and not any(each.endswith((b"Error", b"Exception")) for each in called)
    )


@lru_cache(maxsize=64)
def _not_deeper(column: int) -> re.Pattern[bytes]:
    """Lines that begin at this column or before it."""
    return re.compile(rb"\n {0,%d}\S" % column)


@lru_cache(maxsize=8192)
def _may_count(name: bytes) -> bool:
    """May what is called so count attempts?"""
    return name.decode(errors="replace") in COUNTING or not STEERS.isdisjoint(words_of(name.decode(errors="replace")))


@lru_cache(maxsize=8192)
def _pauses(name: bytes) -> bool:
    return pauses(name.decode(errors="replace"))
