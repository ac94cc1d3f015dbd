"""Folders of Python files to measure on: a folder that is given, or pinned packages, and parts of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

PINNED = ("django==5.2", "sqlalchemy==2.0.40", "sympy==1.14.0")  # large, general, with few retries


def laid_out(packages: tuple[str, ...], folder: Path) -> Path:
    """The unpacked wheels of pinned packages under `folder`; what is there already is not fetched again."""
    for package in packages:
        target = folder / package.replace("==", "-")
        if not target.is_dir():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target"]
            subprocess.run([*command, str(target), package], check=True)
    return folder


def python_files(folder: Path) -> Iterator[Path]:
    """The Python files under a folder, in order of their names."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root, name) for name in sorted(names) if name.endswith((".py", ".pyi")))


def part_of(folder: Path, eighths: int, target: Path) -> Path:
    """A copy of so many eighths of the files of a folder; which file belongs to which eighth, its path decides."""
    for path in python_files(folder):
        relative = path.relative_to(folder)
        if zlib.crc32(os.fsencode(relative)) % 8 < eighths:
            copy = target / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return target


def size_of(folder: Path) -> tuple[int, int]:
    """How many Python files a folder holds, and how many bytes these have."""
    sizes = [path.stat().st_size for path in python_files(folder)]
    return len(sizes), sum(sizes)
