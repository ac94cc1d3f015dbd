"""May a module have tasks, by what decorates its functions and by the bases of its classes? By its bytes: sound, and
cheaper than parsing.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from retrylint.layout import WORD_BYTES

_DECORATORS = re.compile(rb"\n *@((?:[^\n]+|\n(?! *(?:def\b|class\b|async\b|@)))*)")
_WORDS = re.compile(rb"[^\W\d]\w*")
_CALLEES = re.compile(rb"(\w+)\s*(?:\(|\Z)")  # what decorates, and what is called for it
_GETS = re.compile(rb"\s*(?:=(?!=)|:[^\n=]*=(?!=))")  # behind a name that is set to something, or an option
_TASK = re.compile(rb"Task\s*[,()]")  # as `task_names` has it: a class whose base ends so
_LONGEST_AS = 20  # bytes before a name in which an `as` is looked for
_USUAL = frozenset({b"property", b"staticmethod", b"classmethod"})


def may_decorate(code: bytes, words: AbstractSet[str]) -> bool:
    """May a decorator be one of these words, or what they are called here?

    `code` is what `layout.code_of` gives.
    """
    if b"@" not in code:
        return False
    decorators = frozenset(each.strip() for each in _DECORATORS.findall(code)) - _USUAL
    used = {word for decorator in decorators for word in _WORDS.findall(decorator)}
    if not used.isdisjoint(word.encode() for word in words) or not all(map(bytes.isascii, decorators)):
        return True
    return any(_is_set(code, name) for name in {each for one in decorators for each in _CALLEES.findall(one)})


def may_define_task(code: bytes) -> bool:
    """May a class be a task by its base?"""
    return _TASK.search(code) is not None or not code.isascii()


def _is_set(code: bytes, name: bytes) -> bool:
    """Is something called so by an assignment, an option or an `as`?"""
    position = code.find(name)
    while position >= 0:
        end = position + len(name)
        is_used = code[end : end + 1] in (b"(", b".")  # as most are
        if not is_used and code[position - 1] not in WORD_BYTES and code[end : end + 1] not in WORD_BYTES:
            before = code[max(position - _LONGEST_AS, 0) : position].split()
            if before[-1:] == [b"as"] or _GETS.match(code, end):
                return True
        position = code.find(name, end)
    return False
