"""Can these bytes hold a retry? A sound guess in one pass of regular expressions: it never loses a site.

A file is worth reading when it defines a function whose name is also called, or speaks of tasks and retries.
What bytes cannot tell (an encoding in which `def` is spelt otherwise) is worth reading too.
"""

from __future__ import annotations

import re

_WORD = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_GAP = rb"(?:[ \t\f\r\n]|\\\r?\n|#[^\n]*\n)"
_DEFINITION = re.compile(rb"\bdef" + _GAP + rb"+(" + _WORD + rb")")
_CALL = re.compile(rb"(\bdef" + _GAP + rb"+)?(" + _WORD + rb")" + _GAP + rb"*\(")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"utf-?8(-sig)?|ascii|us-ascii|latin-?1|iso-?8859-?\d+|cp125\d", re.IGNORECASE)
_TASK = re.compile(rb"task", re.IGNORECASE)
_RETRY = re.compile(rb"retr", re.IGNORECASE)


def may_hold_retry(source: bytes) -> bool:
    """Is there a reason to parse the file?"""
    return (
        bool(_RETRY.search(source) and _TASK.search(source)) or bool(recursive_names(source)) or _is_exotic(source)
    )


def recursive_names(source: bytes) -> frozenset[bytes]:
    """The names that are both defined by a `def` and called somewhere.

    A name outside ASCII may be spelt in several ways that Python takes for one, so it always counts.
    """
    defined = set(_DEFINITION.findall(source))
    if not defined:
        return frozenset()
    called = {name for keyword, name in _CALL.findall(source) if not keyword}
    return frozenset(defined & called) | frozenset(name for name in defined if not name.isascii())


def _is_exotic(source: bytes) -> bool:
    cookie = _COOKIE.search(source[: source.find(b"\n", source.find(b"\n") + 1)])
    return cookie is not None and not _ASCII_BASED.fullmatch(cookie[1])
