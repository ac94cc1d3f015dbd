"""Where a file stands for those who read a report elsewhere: under the top of its repository."""

from __future__ import annotations

import functools
import os
from pathlib import Path


def repository_path(filename: str) -> str:
    """The path from the top of the repository around the current folder, or from that folder where there is none.

    With slashes; a file that stands outside keeps its absolute path, and standard input its name.
    """
    if filename == "-":
        return filename
    absolute = os.path.abspath(filename)
    top = repository_top(os.getcwd())
    inside = os.path.commonpath((top, absolute)) == top if _same_drive(top, absolute) else False
    return Path(os.path.relpath(absolute, top) if inside else absolute).as_posix()


@functools.lru_cache(maxsize=1)
def repository_top(folder: str) -> str:
    """The nearest folder upwards that holds a `.git`, or the folder itself."""
    for above in (Path(folder), *Path(folder).parents):
        if os.path.lexists(above / ".git"):
            return str(above)
    return folder


def _same_drive(one: str, other: str) -> bool:
    return os.path.splitdrive(one)[0] == os.path.splitdrive(other)[0]
