"""Paths to files: folders are walked in sorted order, without what is excluded or ignored by git."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from retrylint.errors import MissingPathError
from retrylint.model import NotAnalysed
from retrylint.sources import gitignore
from retrylint.sources.listing import FOLDER, LINK, OTHER, Memory, entries_of

_MAGIC = frozenset("*?[")  # what makes a pattern more than a name


class Found(NamedTuple):
    """A file to look at: named as it will be reported, and by its absolute path.

    The settings of the absolute folder `home` hold for it. `problem` is why there is nothing to look at.
    """

    path: str
    absolute: str
    home: str
    problem: NotAnalysed | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What is left out of a walk: exclusions (see `config.DEFAULT_EXCLUDE` for their forms), and git's.

    `named_too`: the exclusions hold for files that are named one by one as well.
    """

    patterns: tuple[str, ...] = ()
    respect_gitignore: bool = True
    named_too: bool = False


FilterFor = Callable[[str], Filter]
"""The filter that holds in an absolute folder."""


def discover(
    paths: Iterable[str],
    filter_for: FilterFor,
    looked_for: AbstractSet[str] = frozenset(),
    memory: Memory | None = None,
) -> Iterator[Found]:
    """The files under these paths, each once; a file that is named is taken unless its filter says otherwise.

    A filter holds in all that is below its folder, down to where a file stands whose name is `looked_for`: it is asked
    for there again. What `memory` knows of folders is not read anew.
    """
    seen: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise MissingPathError(f"{path}: no such file or folder")
        shown = os.path.normpath(path)
        whole = os.path.abspath(shown)
        if os.path.isdir(path):
            taken: Iterable[Found] = _walk(shown, filter_for, looked_for, memory)
        else:
            home = os.path.dirname(whole)
            taken = () if leaves_out(whole, filter_for(home)) else (Found(shown, whole, home),)
        for found in taken:
            if found.absolute not in seen:
                seen.add(found.absolute)
                yield found


def leaves_out(path: str, rules: Filter) -> bool:
    """Is this named file (an absolute path) excluded, or a folder between the current one and it?"""
    if not rules.named_too:
        return False
    here = os.getcwd()
    excluded = _excluder(rules.patterns)
    inside = path.startswith(os.path.join(here, ""))
    top = at = here if inside else os.path.dirname(path)
    for name in os.path.relpath(path, top).split(os.sep):
        if excluded(name, os.path.join(at, name), inside and at == here):
            return True
        at = os.path.join(at, name)
    return False


class _Context(NamedTuple):
    """What holds in a folder from above: the filter of its `home`, and the ignore files."""

    home: str
    rules: Filter
    ignores: tuple[gitignore.IgnoreFile, ...]


_Folder = tuple[str, str, _Context]
"""A folder of the walk: as shown, its absolute path, and what holds in it."""


def _walk(top: str, filter_for: FilterFor, looked_for: AbstractSet[str], memory: Memory | None) -> Iterator[Found]:
    """The Python files of a folder. Links to folders are not followed, so loops are harmless."""
    absolute = os.path.abspath(top)
    shown = "" if top == os.curdir else top
    root = shown, absolute, _Context(absolute, filter_for(absolute), gitignore.files_above(absolute))
    others = looked_for | {gitignore.NAME}
    pending: list[_Folder | Found] = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, Found):
            yield item
            continue
        shown, path, context = item
        try:
            entries = entries_of(path, others, memory)
        except OSError as error:
            problem = NotAnalysed(f"the folder cannot be read: {error.strerror}")
            yield Found(shown or top, path, context.home, problem)
            continue
        if entries:
            pending += _taken(item, entries, item is root, filter_for)


def _taken(folder: _Folder, entries: Sequence[str], at_top: bool, filter_for: FilterFor) -> list[_Folder | Found]:
    """What is taken of the entries of one folder, the last first."""
    shown, path, context = folder
    others = [entry[1:] for entry in entries if entry[0] == OTHER]
    if others:
        context = _within(context, path, others, filter_for)
    home, rules, ignores = context
    excluded = _excluder(rules.patterns)
    shown, path = _before(shown), _before(path)
    taken: list[_Folder | Found] = []
    for entry in reversed(entries):
        kind, name = entry[0], entry[1:]
        whole = path + name
        if kind == OTHER or excluded(name, whole, at_top) or (kind == LINK and os.path.isdir(whole)):
            continue
        is_folder = kind == FOLDER
        if ignores and rules.respect_gitignore and gitignore.is_ignored(ignores, whole, is_folder):
            continue
        if is_folder:
            taken.append((shown + name, whole, context))
        else:
            taken.append(Found(shown + name, whole, home))
    return taken


def _within(context: _Context, folder: str, others: Sequence[str], filter_for: FilterFor) -> _Context:
    """What holds in a folder in which these files stand."""
    home, rules, ignores = context
    if any(name != gitignore.NAME for name in others):
        home, rules = folder, filter_for(folder)
    own = gitignore.file_in(folder) if gitignore.NAME in others and rules.respect_gitignore else None
    return _Context(home, rules, (*ignores, own) if own else ignores)


def _before(folder: str) -> str:
    """What stands before the names of what is in a folder."""
    return folder if not folder or folder.endswith(os.sep) else folder + os.sep


@functools.lru_cache(maxsize=32)
def _excluder(patterns: tuple[str, ...]) -> Callable[[str, str, bool], object]:
    """A function of (name, absolute path, at the top of the walk?): is it excluded?"""
    names = _any_of(p for p in patterns if "/" not in p)
    tops = _any_of(p[2:] for p in patterns if p.startswith("./"))
    with_path = [p for p in patterns if "/" in p and not p.startswith("./")]
    paths = _any_of(with_path) if with_path else None

    def excluded(name: str, path: str, at_top: bool) -> object:
        return names(name) or (at_top and tops(name)) or (paths is not None and paths(path))

    return excluded


def _any_of(globs: Iterable[str]) -> Callable[[str], object]:
    """A function of a text: does one of the globs match the whole of it?"""
    plain, patterns = set(), []
    for glob in globs:
        if _MAGIC.isdisjoint(glob):
            plain.add(glob)
        else:
            patterns.append(fnmatch.translate(glob))
    if not patterns:
        return plain.__contains__
    match = re.compile("|".join(patterns)).match
    return lambda text: text in plain or match(text)
