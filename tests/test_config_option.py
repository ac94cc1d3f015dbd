"""`--config FILE`: the settings of a file that is asked for, whatever lies nearer."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrylint.cli import run

BAD = "def f():\n    try:\n        g()\n    except OSError:\n        f()\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a finding, and settings that leave it out."""
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "retrylint.toml").write_text('ignore = ["ALL"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["other.toml", "conf/pyproject.toml"])
def test_the_file_is_read_instead_of_the_nearest(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "."]) == 0
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(("[tool.retrylint]\n" if "pyproject" in name else "") + "max-wait = 5\n")
    assert run(["check", "--config", name, "."]) == 1
    assert run(["sites", "--config", name, "."]) == 0
    capsys.readouterr()
    assert run(["config", "--config", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"max-wait = 5.0  # {file}" in lines
    assert "ignore = []  # default" in lines


def test_a_pyproject_may_say_nothing(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert run(["check", "--config", "pyproject.toml", "."]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "none.toml"], "none.toml: cannot be read: No such file or directory\n"),
        (["--config", "wrong.toml"], "wrong.toml: selct: is not a setting; did you mean 'select'?\n"),
        (["--config", "wrong.toml", "--isolated"], "--isolated reads no configuration file: leave out --config\n"),
    ],
)
@pytest.mark.parametrize("command", ["check", "sites", "config"])
def test_what_cannot_be_used_is_2(
    command: str, arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wrong.toml").write_text("selct = []\n")
    assert run([command, *arguments]) == 2
    assert capsys.readouterr().err.endswith(said)
