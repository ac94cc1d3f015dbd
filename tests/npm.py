"""Tools from npm, downloaded once into pytest's own cache. Where there is no npm, their tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TIMEOUT = 300  # seconds


def installed(config: pytest.Config, *packages: str) -> Path:
    """The `node_modules` folder that holds these packages, each with its version."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    assert config.cache is not None
    folder = config.cache.mkdir("npm")
    modules = folder / "node_modules"
    if not all((modules / package.rpartition("@")[0]).is_dir() for package in packages):
        command = [npm, "install", "--silent", "--no-audit", "--prefix", str(folder), *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
        if done.returncode:
            pytest.skip(f"npm cannot install {', '.join(packages)}: {done.stderr or done.stdout}")
    return modules
