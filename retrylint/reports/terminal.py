"""What a terminal needs: colour where it is wanted, and source text that cannot move the cursor."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

TAB = 4


@dataclass(frozen=True, slots=True)
class Paint:
    """Puts colour on words, or leaves them plain."""

    enabled: bool = False

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def alarm(self, text: str) -> str:
        return self._in("1;31", text)

    def frame(self, text: str) -> str:
        return self._in("1;34", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def _in(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.enabled and text else text


def wants_colour(environment: Mapping[str, str], is_terminal: bool, said: str = "auto") -> bool:
    """What is `said` (always, never) holds; else `NO_COLOR` forbids colour, `FORCE_COLOR` asks for it, and otherwise a
    terminal gets it.
    """
    if said != "auto":
        return said == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def visible(text: str, at: int = 0) -> str:
    """The text as it may be shown: tabs become spaces, what would move the cursor becomes a mark.

    `at` is the terminal column, from 0, where it will stand.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    for char in text:
        piece = " " * (TAB - at % TAB) if char == "\t" else _mark(char)
        shown.append(piece)
        at += width(piece)
    return "".join(shown)


def width(text: str) -> int:
    """The terminal columns that visible text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _mark(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
