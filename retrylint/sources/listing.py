"""What stands in a folder, as far as a walk asks: by the folder itself, or as an earlier run has seen it.

A folder gets a new time when something in it comes, goes, or gets another name: on every file system of Linux, macOS
and Windows. git relies on that too (its untracked cache).
"""

from __future__ import annotations

import os
from collections.abc import Container
from operator import itemgetter
from typing import Protocol

SUFFIXES = (".py", ".pyi")
FOLDER, FILE, LINK, OTHER = "d", "f", "l", "o"
"""What an entry is: a folder, a file of Python, a link that is called like one, another file that is looked for."""


FolderStamp = tuple[int, int, int]
"""By which the entries of a folder are known: when it was changed, when its inode was, in nanoseconds, and that inode.
The second time cannot be set by a program, but says something else on Windows: both count.
"""


class Memory(Protocol):
    """What earlier runs have seen in folders."""

    def entries(self, folder: str, stamp: FolderStamp) -> tuple[str, ...] | None:
        """The entries of a folder that has not changed since; None if it has, or was not seen."""
        ...

    def keep_entries(self, folder: str, stamp: FolderStamp, entries: tuple[str, ...]) -> None:
        """Remember the entries of a folder, which had that stamp before they were read."""
        ...


def entries_of(folder: str, looked_for: Container[str], memory: Memory | None = None) -> tuple[str, ...]:
    """What stands in a folder, by name: each entry is the letter of its kind and its name.

    Of files that are not Python's, only those with a name that is `looked_for`. Raises `OSError`.
    """
    if memory is None:
        return _read(folder, looked_for)
    found = os.stat(folder)
    stamp = found.st_mtime_ns, found.st_ctime_ns, found.st_ino
    entries = memory.entries(folder, stamp)
    if entries is None:
        entries = _read(folder, looked_for)
        memory.keep_entries(folder, stamp, entries)
    return entries


def _read(folder: str, looked_for: Container[str]) -> tuple[str, ...]:
    found: list[tuple[str, str]] = []
    with os.scandir(folder) as scan:
        for entry in scan:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                found.append((name, FOLDER))
            elif name.endswith(SUFFIXES):
                found.append((name, LINK if entry.is_symlink() else FILE))
            elif name in looked_for:
                found.append((name, OTHER))
    found.sort(key=itemgetter(0))
    return tuple(kind + name for name, kind in found)
