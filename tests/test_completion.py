"""Completion in the shell, as docs/getting-started.md tells to switch it on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a command `retrylint` that is this checkout's."""
    script = tmp_path / "retrylint"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m retrylint "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def told(shell: str) -> str:
    """The command that the page gives for a shell, without its remark."""
    found = re.search(rf"^ +(.*_RETRYLINT_COMPLETE={shell}_source.*?) +#", PAGE, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("retrylint che", "check"),
        ("retrylint check --output-fo", "--output-format"),
        ("retrylint check --output-format sa", "sarif"),
        ("retrylint sites --tr", "--trace"),
    ],
)
def test_bash_completes(words: str, found: str, environment: dict[str, str]) -> None:
    asked = f"COMP_WORDS=({words})\nCOMP_CWORD={len(words.split()) - 1}\n_retrylint_completion retrylint"
    script = f'{told("bash")}\n{asked}\necho "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == [found]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_of_the_page_has_a_script(shell: str, environment: dict[str, str]) -> None:
    assert f"_RETRYLINT_COMPLETE={shell}_source retrylint" in told(shell)
    asked = {**environment, "_RETRYLINT_COMPLETE": f"{shell}_source"}
    done = subprocess.run(["retrylint"], capture_output=True, text=True, check=True, env=asked)
    assert f"_RETRYLINT_COMPLETE={shell}_complete" in done.stdout
