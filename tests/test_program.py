"""The command finds in the Django shop exactly what its expected.txt lists, and says so with exit code 1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "fixtures" / "programs" / "django_shop"


def test_django_shop() -> None:
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "json"]
    done = subprocess.run([*command, str(PROGRAM)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert sorted(map(found_line, json.loads(done.stdout))) == sorted(expected_lines())
    assert done.returncode == 1


def expected_lines() -> list[str]:
    """The `path:line: CODE` of each line of expected.txt, without the reason behind `#`."""
    lines = (PROGRAM / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [fact for line in lines if (fact := line.partition("#")[0].strip())]


def found_line(finding: dict[str, object]) -> str:
    path = (ROOT / str(finding["filename"])).relative_to(PROGRAM).as_posix()
    location = finding["location"]
    assert isinstance(location, dict)
    return f"{path}:{location['row']}: {finding['code']}"
