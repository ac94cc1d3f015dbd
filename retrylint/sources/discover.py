"""Paths to files: folders are walked in sorted order, without what is excluded or ignored by git."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, Protocol

from retrylint.errors import MissingPathError
from retrylint.model import NotAnalysed
from retrylint.sources import gitignore

SUFFIXES = (".py", ".pyi")


class Found(NamedTuple):
    """A file to look at: named as it will be reported, and by its absolute path.

    `problem` is why there is nothing to look at.
    """

    path: str
    absolute: str
    problem: NotAnalysed | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What is left out of a walk: exclusions (see `config.DEFAULT_EXCLUDE` for their forms), and git's.

    `named_too`: the exclusions hold for files that are named one by one as well.
    """

    patterns: tuple[str, ...] = ()
    respect_gitignore: bool = True
    named_too: bool = False


class FilterFor(Protocol):
    """The filter that holds in an absolute folder; `names` are those of what stands in it, where they are known."""

    def __call__(self, folder: str, names: Container[str] | None = None, /) -> Filter: ...


def discover(paths: Iterable[str], filter_for: FilterFor) -> Iterator[Found]:
    """The files under these paths, each once; a file that is named is taken unless its filter says otherwise."""
    seen: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise MissingPathError(f"{path}: no such file or folder")
        shown = os.path.normpath(path)
        whole = os.path.abspath(shown)
        if os.path.isdir(path):
            taken: Iterable[Found] = _walk(shown, filter_for)
        else:
            rules = filter_for(os.path.dirname(whole))
            taken = () if leaves_out(whole, rules) else (Found(shown, whole),)
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


class _Folder(NamedTuple):
    """A folder of the walk: as shown, its absolute path, and the ignore files that hold in it from above."""

    shown: str
    path: str
    ignores: tuple[gitignore.IgnoreFile, ...]


def _walk(top: str, filter_for: FilterFor) -> Iterator[Found]:
    """The Python files of a folder. Links to folders are not followed, so loops are harmless."""
    absolute = os.path.abspath(top)
    root = _Folder("" if top == os.curdir else top, absolute, gitignore.files_above(absolute))
    pending: list[_Folder | Found] = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, Found):
            yield item
            continue
        try:
            pending += reversed(list(_entries(item, item is root, filter_for)))
        except OSError as error:
            yield Found(item.shown or top, item.path, NotAnalysed(f"the folder cannot be read: {error.strerror}"))


def _entries(folder: _Folder, at_top: bool, filter_for: FilterFor) -> Iterator[_Folder | Found]:
    """What is taken of one folder, by name."""
    entries: list[tuple[str, os.DirEntry[str], bool]] = []
    others: list[str] = []
    with os.scandir(folder.path) as scan:
        for entry in scan:
            name = entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or name.endswith(SUFFIXES):
                entries.append((name, entry, is_folder))
            else:
                others.append(name)
    entries.sort(key=itemgetter(0))
    rules = filter_for(folder.path, others)
    excluded = _excluder(rules.patterns)
    own = gitignore.file_in(folder.path) if gitignore.NAME in others and rules.respect_gitignore else None
    ignores = (*folder.ignores, own) if own else folder.ignores
    above = os.path.join(folder.shown, "")
    for name, entry, is_folder in entries:
        if not is_folder and entry.is_symlink() and _leads_to_folder(entry):
            continue
        if excluded(name, entry.path, at_top):
            continue
        if ignores and rules.respect_gitignore and gitignore.is_ignored(ignores, entry.path, is_folder):
            continue
        shown = f"{above}{name}"
        yield _Folder(shown, entry.path, ignores) if is_folder else Found(shown, entry.path)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Is it a link to a folder? One that leads nowhere, or round, is for the reading to refuse."""
    try:
        return entry.is_dir()
    except OSError:
        return False


@functools.lru_cache(maxsize=32)
def _excluder(patterns: tuple[str, ...]) -> Callable[[str, str, bool], bool]:
    """A function of (name, absolute path, at the top of the walk?): is it excluded?"""
    names = _any_of(p for p in patterns if "/" not in p)
    tops = _any_of(p[2:] for p in patterns if p.startswith("./"))
    paths = _any_of(p for p in patterns if "/" in p and not p.startswith("./"))

    def excluded(name: str, path: str, at_top: bool) -> bool:
        return bool(names(name) or (at_top and tops(name)) or paths(path))

    return excluded


def _any_of(globs: Iterable[str]) -> Callable[[str], object]:
    """A function of a text: does one of the globs match the whole of it?"""
    expressions = [fnmatch.translate(glob) for glob in globs]
    return re.compile("|".join(expressions)).match if expressions else lambda _: None
