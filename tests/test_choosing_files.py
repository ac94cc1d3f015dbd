"""Which rules hold in which files, and which named files are left out: in the configuration and on the command line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from samples import SEED

from retrylint.cli import run

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a finding each in `app/seed.py` and `tests/deep/test_seed.py`."""
    monkeypatch.chdir(tmp_path)
    for name in ("app/seed.py", "tests/deep/test_seed.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(SEED)
    return tmp_path


def found(capsys: Printed, *arguments: str) -> list[str]:
    """The files in which `check` finds something."""
    capsys.readouterr()
    assert run(["check", "--no-cache", "--output-format", "jsonl", *arguments]) in (0, 1)
    return [json.loads(line)["filename"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("pattern", "codes", "left"),
    [
        ("tests/*", "RTY101", ["app/seed.py"]),
        ("tests/**", "RTY", ["app/seed.py"]),
        ("./tests/*", "ALL", ["app/seed.py"]),
        ("**/deep/*", "RTY1", ["app/seed.py"]),
        ("test_*.py", "RTY1", ["app/seed.py"]),
        ("tests/*", "RTY2", ["app/seed.py", "tests/deep/test_seed.py"]),
        ("*", "RTY1", []),
    ],
)
def test_rules_left_out_in_some_files(
    pattern: str, codes: str, left: list[str], folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(capsys, f"--per-file-ignores={pattern}:{codes}") == left
    (folder / "pyproject.toml").write_text(f'[tool.retrylint.per-file-ignores]\n"{pattern}" = ["{codes}"]\n')
    assert found(capsys) == left
    assert len(found(capsys, "--per-file-ignores=x.py:RTY1")) == 2
    monkeypatch.chdir(folder / "app")
    assert [f"app/{name}" for name in found(capsys)] == [name for name in left if name.startswith("app")]


def test_per_file_ignores_that_cannot_be_used(folder: Path, capsys: Printed) -> None:
    for arguments, said in (
        (["--per-file-ignores=RTY1"], "must be PATTERN:CODES, not 'RTY1'"),
        (["--per-file-ignores=a.py:RTYX"], "--per-file-ignores: unknown rule 'RTYX'"),
    ):
        assert run(["check", *arguments]) == 2
        assert said in capsys.readouterr().err
    for text, said in (
        ("per-file-ignores = []", "per-file-ignores: must be a table of patterns with lists of codes, not []"),
        ("per-file-ignores = {'a.py' = 'RTY1'}", "per-file-ignores.a.py: must be a list of strings, not 'RTY1'"),
        ("per-file-ignores = {'a.py' = ['RTYX']}", "per-file-ignores.a.py: unknown rule 'RTYX'"),
    ):
        (folder / "retrylint.toml").write_text(text)
        assert run(["check"]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("pattern", ["tests", "./tests", "tests/deep/*", "test_*.py", "deep"])
def test_named_files_that_are_excluded(pattern: str, folder: Path, capsys: Printed) -> None:
    named = "tests/deep/test_seed.py"
    exclude = f"--exclude={pattern}"
    assert found(capsys, exclude, named, "app/seed.py") == [named, "app/seed.py"]
    assert found(capsys, exclude, "--force-exclude", named, "app/seed.py") == ["app/seed.py"]
    (folder / "retrylint.toml").write_text("force-exclude = true\n")
    assert found(capsys, exclude, str(folder / named), "app/seed.py") == ["app/seed.py"]
    assert found(capsys, exclude, "--no-force-exclude", named) == [named]


def test_standard_input_is_left_out_by_its_name(folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor hands over the text of any file; an excluded one has no findings where the project wants it so."""
    for words, told in (([], 1), (["--force-exclude"], 0), (["--no-force-exclude"], 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SEED.encode())))
        named = ["--stdin-filename", "tests/deep/test_seed.py", "--exclude=tests", *words]
        assert len(found(capsys, *named, "-")) == told


def test_what_git_ignores(folder: Path, capsys: Printed) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("tests/\n")
    assert found(capsys) == ["app/seed.py"]
    assert found(capsys, "--no-respect-gitignore") == ["app/seed.py", "tests/deep/test_seed.py"]
    (folder / "retrylint.toml").write_text("respect-gitignore = false\n")
    assert len(found(capsys)) == 2
    assert found(capsys, "--respect-gitignore") == ["app/seed.py"]


SLOW = """\
import time


def send():
    for attempt in range(6):
        try:
            return deliver()
        except OSError:
            if attempt == 5:
                raise
            time.sleep(40)
"""


@pytest.mark.parametrize(
    ("rule", "option", "silent", "told"), [("RTY108", "max-attempts", "6", "5"), ("RTY109", "max-wait", "200", "199.5")]
)
def test_limits(rule: str, option: str, silent: str, told: str, folder: Path, capsys: Printed) -> None:
    (folder / "slow.py").write_text(SLOW)
    assert found(capsys, f"--select={rule}", f"--{option}={silent}", "slow.py") == []
    assert found(capsys, f"--select={rule}", f"--{option}={told}", "slow.py") == ["slow.py"]
    (folder / "retrylint.toml").write_text(f"{option} = {told}\n")
    assert found(capsys, f"--select={rule}", "slow.py") == ["slow.py"]
    assert found(capsys, f"--select={rule}", f"--{option}={silent}", "slow.py") == []


def test_the_limit_of_what_blocks_a_worker(folder: Path, capsys: Printed) -> None:
    task = SLOW.replace("import time\n", "import time\nfrom celery import shared_task\n")
    task = task.replace("def send", "@shared_task\ndef send")
    (folder / "task.py").write_text(task)
    assert found(capsys, "--select=RTY302", "task.py") == ["task.py"]
    assert found(capsys, "--select=RTY302", "--max-blocking=201", "task.py") == []
    (folder / "retrylint.toml").write_text("max-blocking = 201\n")
    assert found(capsys, "--select=RTY302", "task.py") == []
