"""The command finds in each whole program exactly what its expected.txt lists, and says so with exit code 1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted(path.parent for path in (ROOT / "fixtures" / "programs").glob("*/expected.txt"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program(program: Path) -> None:
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "json"]
    done = subprocess.run([*command, str(program)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert sorted(found_line(each, program) for each in json.loads(done.stdout)) == sorted(expected_lines(program))
    assert done.returncode == 1


def expected_lines(program: Path) -> list[str]:
    """The `path:line: CODE` of each line of expected.txt, without the reason behind `#`."""
    lines = (program / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [fact for line in lines if (fact := line.partition("#")[0].strip())]


def found_line(finding: dict[str, object], program: Path) -> str:
    path = (ROOT / str(finding["filename"])).relative_to(program).as_posix()
    location = finding["location"]
    assert isinstance(location, dict)
    return f"{path}:{location['row']}: {finding['code']}"
