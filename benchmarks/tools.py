"""The linters to compare, each in an environment of its own kind, and how each is told to read a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

OTHERS = ("ruff==0.17.6", "bandit==1.9.4", "pylint==4.1.4")
FLAKE8 = "flake8==7.5.0"
PROJECT = Path(__file__).resolve().parent.parent


def environments(folder: Path) -> tuple[Path, Path]:
    """The `bin` folders of two environments: all tools with retrylint, and flake8 alone."""
    with_all, plain = folder / "all", folder / "plain"
    for place, packages in ((with_all, (str(PROJECT), FLAKE8, *OTHERS)), (plain, (FLAKE8,))):
        if not place.is_dir():
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, *packages], check=True)
    # what is measured is this checkout as it is now
    pip = [str(with_all / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
    subprocess.run([*pip, str(PROJECT)], check=True)
    return with_all / "bin", plain / "bin"


def commands(bins: tuple[Path, Path], folder: Path, caches: Path) -> Mapping[str, Sequence[str]]:
    """The command of each tool by its name; those named `warm` are run twice, and the second run counts."""
    with_all, plain = (str(each) for each in bins)
    retrylint, ruff = f"{with_all}/retrylint", f"{with_all}/ruff"
    target = str(folder)
    return {
        "retrylint cold": [retrylint, "check", "--isolated", "--no-cache", target],
        "retrylint warm": [retrylint, "check", "--isolated", "--cache-dir", str(caches / "retrylint"), target],
        "ruff cold": [ruff, "check", "--isolated", "--select", "E9,F", "--no-cache", target],
        "ruff warm": [ruff, "check", "--isolated", "--select", "E9,F", "--cache-dir", str(caches / "ruff"), target],
        "flake8": [f"{plain}/flake8", "--isolated", target],
        "flake8 with retrylint": [f"{with_all}/flake8", "--isolated", target],
        "bandit": [f"{with_all}/bandit", "-q", "-r", target],
        "pylint": [f"{with_all}/pylint", "--rcfile=", "--recursive=y", target],
    }
