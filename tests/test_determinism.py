"""The same bytes give the same words, whatever the hash seed of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


def _inventory(seed: str) -> bytes:
    command = [
        sys.executable,
        "-m",
        "retrylint",
        "sites",
        "--isolated",
        "--all",
        "--output-format",
        "json",
        "sites",
        "programs",
    ]
    run = subprocess.run(
        command, cwd=FIXTURES, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
    )
    return run.stdout


def test_the_inventory_does_not_depend_on_the_hash_seed() -> None:
    first = _inventory("1")
    assert first.count(b'"mechanism"') > 100
    assert _inventory("2") == first
    assert _inventory("3") == first
