"""`.gitignore` as git reads it: negation, anchoring, `**`, folders only, nested files, `.git/info/exclude`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NAME = ".gitignore"
_MAGIC = frozenset("*?[\\")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\ \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\ \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file: what it matches is ignored, or taken back where `negated`.

    An anchored pattern is matched against the path relative to the file's folder, another against the name alone.
    """

    matches: Callable[[str], object]
    anchored: bool
    negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The patterns of one file, the last first, and the folder they are relative to (ending in a separator)."""

    base: str
    patterns: tuple[Pattern, ...]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Is this absolute path ignored (True), taken back (False) or not spoken of (None)?"""
        relative = path[len(self.base) :]
        name = os.path.basename(path)
        for pattern in self.patterns:
            subject = relative if pattern.anchored else name
            if (is_folder or not pattern.folders_only) and pattern.matches(subject):
                return not pattern.negated
        return None


def is_ignored(files: tuple[IgnoreFile, ...], path: str, is_folder: bool) -> bool:
    """Do these files, the outermost first, ignore the absolute path? The innermost that speaks of it decides."""
    for file in reversed(files):
        verdict = file.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def files_above(folder: str) -> tuple[IgnoreFile, ...]:
    """The ignore files that hold in the absolute `folder` from outside it: of its parents up to the repository's top.

    Outside a repository no parent counts.
    """
    top = next((parent for parent in _upwards(folder) if os.path.lexists(os.path.join(parent, ".git"))), None)
    if top is None:
        return ()
    found = [read_ignore_file(os.path.join(top, ".git", "info", "exclude"), top)]
    parents = [parent for parent in _upwards(folder) if len(top) <= len(parent) < len(folder)]
    found += [file_in(parent) for parent in reversed(parents)]
    return tuple(file for file in found if file)


def file_in(folder: str) -> IgnoreFile | None:
    """The `.gitignore` of an absolute folder, if it has one that says anything."""
    return read_ignore_file(os.path.join(folder, NAME), folder)


def read_ignore_file(path: str, folder: str) -> IgnoreFile | None:
    """Read the ignore file at `path`; its patterns are relative to `folder`."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as stream:
            lines = stream.read().split("\n")
    except OSError:
        return None
    patterns = tuple(pattern for pattern in map(parse_line, reversed(lines)) if pattern)
    return IgnoreFile(os.path.join(folder, ""), patterns) if patterns else None


def parse_line(line: str) -> Pattern | None:
    """One line of an ignore file; None for a blank line, a comment or a pattern that can match nothing."""
    line = line.removesuffix("\r")
    if line.startswith("#"):
        return None
    line = re.sub(r"(?<!\\)((?:\\\\)*) +$", r"\1", line)
    negated = line.startswith("!")
    text = line[1:] if negated else line
    folders_only = text.endswith("/")
    text = text[:-1] if folders_only else text
    if not text:
        return None
    anchored = "/" in text
    try:
        return Pattern(_matcher(text.removeprefix("/"), anchored), anchored, negated, folders_only)
    except (_NoMatchError, re.error):
        return None


def _matcher(glob: str, paths: bool) -> Callable[[str], object]:
    """Tells whether a glob matches the whole of a text. Most are a name or an ending: no regular expression is made."""
    if _MAGIC.isdisjoint(glob):
        return glob.__eq__
    ending = glob.removeprefix("*")
    if not paths and _MAGIC.isdisjoint(ending):
        return lambda name: name.endswith(ending)
    return re.compile("".join(_translate(glob, paths)), re.DOTALL).fullmatch


class _NoMatchError(ValueError):
    """The pattern is malformed, which git takes as one that matches nothing."""


def _translate(glob: str, paths: bool) -> Iterator[str]:
    """The regular expression of a glob, piece by piece."""
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            end = at + len(glob[at:]) - len(glob[at:].lstrip("*"))
            opens = at == 0 or glob[at - 1] == "/"
            if paths and end - at == 2 and opens and glob[end : end + 1] == "/":
                yield "(?:.*/)?"
                end += 1
            elif paths and end - at == 2 and opens and end == len(glob):
                yield ".+"
            else:
                yield "[^/]*"
            at = end
        elif char == "?":
            yield "[^/]"
            at += 1
        elif char == "[":
            piece, at = _bracket(glob, at + 1)
            yield piece
        elif char == "\\":
            if at + 1 == len(glob):
                raise _NoMatchError(glob)
            yield re.escape(glob[at + 1])
            at += 2
        else:
            yield re.escape(char)
            at += 1


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """The character class whose text begins at `at`, and where the glob goes on after it."""
    negated = glob[at : at + 1] in ("!", "^")
    first = at = at + negated
    members = ""
    while glob[at : at + 1] != "]" or at == first:
        if at >= len(glob):
            raise _NoMatchError(glob)
        if glob.startswith("[:", at):
            name, closed, _ = glob[at + 2 :].partition(":]")
            if not closed or name not in _CLASSES:
                raise _NoMatchError(glob)
            members += _CLASSES[name]
            at += len(name) + 4
            continue
        low, at = _member(glob, at)
        members += re.escape(low)
        if glob[at : at + 1] == "-" and glob[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(glob, at + 1)
            members += f"-{re.escape(high)}" if low <= high else ""
    if not members:
        return ("[^/]" if negated else r"(?!)"), at + 1
    return f"(?!/)[{'^' if negated else ''}{members}]", at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    """One character of a class, which a backslash may quote, and where the glob goes on."""
    at += glob[at : at + 1] == "\\"
    if at >= len(glob):
        raise _NoMatchError(glob)
    return glob[at], at + 1


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent
