"""What the words of a name tell: does what is called so act, look at a state, let time pass, or speak of a status?"""

from __future__ import annotations

import re
from functools import lru_cache

from retrylint.words import ACTING, LOOKING, PAUSING, WAITING_FOR

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: `_MoveFileEx` and `move_file_ex` are `move`, `file`, `ex`."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def acts(name: str) -> bool:
    """Does what is called so do something in the world, rather than look at it?"""
    words = words_of(name)
    return not ACTING.isdisjoint(words) and not looks(name) and words[0] not in WAITING_FOR


def looks(name: str) -> bool:
    """Does what is called so only look at a state?"""
    return name.lower().lstrip("_").startswith(LOOKING)


@lru_cache(maxsize=4096)
def pauses(name: str) -> bool:
    """Does what is called so let time pass?"""
    return not PAUSING.isdisjoint(words_of(name))


def speaks_of_status(name: str) -> bool:
    """Is it a name for the status in which a request or a process ended?"""
    words = words_of(name)
    return "returncode" in words or "retcode" in words or ("code" in words and len(words) > 1)
