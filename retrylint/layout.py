"""How source is laid out, seen as bytes with `\\n` as newline: gaps between tokens, depths, texts in triple quotes."""

from __future__ import annotations

import re

GAP = rb"(?:[ \t\f\r\n]|\\\r?\n|#[^\n]*\n)*"
_ODD_QUOTES = re.compile(rb"""\\["']|#[^\n]*(?:\"\"\"|''')|"[^"\n]*'''|'[^'\n]*\"\"\"""")


def normalised(source: bytes) -> bytes:
    """The source without a byte order mark and with `\\n` as its newline."""
    source = source.removeprefix(b"\xef\xbb\xbf")
    return source.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in source else source


def depth(indentation: bytes) -> int:
    """The column at which a line begins; a form feed starts the count anew."""
    return len(indentation.rpartition(b"\f")[2].expandtabs())


def is_whole(stretch: bytes) -> bool:
    """Does a stretch of source surely end in code, at the end of a logical line: in no text, behind no backslash?"""
    return not may_be_in_text(stretch) and not stretch.rstrip(b" \t\n\f").endswith(b"\\")


def may_be_in_text(stretch: bytes) -> bool:
    """May a text in triple quotes be open where these bytes end?"""
    if b'"""' not in stretch and b"'''" not in stretch:
        return False
    odd = stretch.count(b'"""') % 2 == 1 or stretch.count(b"'''") % 2 == 1
    return odd or _ODD_QUOTES.search(stretch) is not None
