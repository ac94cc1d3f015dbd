"""What is imported for help, for a clean file and for a run from the cache: nothing that they do not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RETRY = "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        return fetch(url)\n"
HEAVY = frozenset(
    {"jinja2", "libcst", "sqlite3", "multiprocessing", "concurrent.futures.process", "rich", "asyncio", "hypothesis"}
)
ANALYSIS = frozenset({"retrylint.analysis", "retrylint.sketch.sketch", "retrylint.study.study", "retrylint.parsing"})
OURS = frozenset(
    {"retrylint.engine", "retrylint.model", "retrylint.checks.rules", "retrylint.cache", "retrylint.config"}
)


def modules_after(arguments: list[str], folder: Path) -> frozenset[str]:
    """The modules that a command has imported, beside those that Python has anyway."""
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from retrylint.cli import run\n"
        f"code = run({arguments!r})\n"
        "print('\\n' + ' '.join(set(sys.modules) - before))\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"],
                          cwd=folder, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return frozenset(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["--version"]])
def test_help_needs_none_of_it(tmp_path: Path, arguments: list[str]) -> None:
    assert sorted(modules_after(arguments, tmp_path) & (HEAVY | ANALYSIS | OURS)) == []


def test_a_clean_file_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def fetch(url):\n    return url\n" * 100)
    found = modules_after(["check", "--no-cache", "a.py"], tmp_path)
    assert sorted(found & (HEAVY | ANALYSIS | {"retrylint.checks.rules"})) == []


def test_a_file_with_a_finding_needs_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(RETRY)
    found = modules_after(["check", "--no-cache", "a.py"], tmp_path)
    assert "libcst" not in found
    assert found >= ANALYSIS


def test_what_no_python_reads_needs_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# a, *b\n{{ licence }}\nprint 'x: **y**'\n")
    found = modules_after(["check", "--no-cache", "a.py"], tmp_path)
    assert "libcst" not in found
    assert "retrylint.parsing" in found


def test_a_run_from_the_cache_parses_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(RETRY)
    (tmp_path / "b.py").write_text("x = 1\n")
    modules_after(["check"], tmp_path)
    found = modules_after(["check"], tmp_path)
    assert sorted(found & (HEAVY | ANALYSIS)) == []
    assert "retrylint.codec" in found
