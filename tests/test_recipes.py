"""What the documentation tells to type works, and shows what the documentation says that it shows."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from retrylint.cli import NAMES, commands, run
from retrylint.reports.formats import FORMATS

DOCS = Path(__file__).parent.parent / "docs"
GUIDES = (
    "index", "getting-started", "retry-sites", "configuration", "suppression", "output", "report", "editors", "ci",
)  # fmt: skip


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The code of a page in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with the file of the first steps."""
    (tmp_path / "tasks.py").write_text(blocks("getting-started", "python")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_steps_show_what_they_say(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 1
    assert capsys.readouterr().out == blocks("getting-started", "text")[0]
    assert run(["sites"]) == 0
    assert capsys.readouterr().out == blocks("getting-started", "console")[0]
    (folder / "pyproject.toml").write_text(blocks("getting-started", "toml")[0])
    assert run(["check"]) == 1
    assert "RTY202" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "count"), [("getting-started", 2), ("ci", 2), ("editors", 1)])
def test_every_check_of_a_page_finds_the_finding(
    name: str, count: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (folder / "tasks.py").read_bytes()
    found = re.findall(r"^ *(?:- )?retrylint (check\b.*)$", page(name), re.MULTILINE)
    assert len(found) == count
    for line in found:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source)))
        assert run(shlex.split(line)) == 1, line


def test_the_formats_of_the_page_are_those_of_the_command() -> None:
    (table,) = re.findall(r"^\| format .*?\n\n", page("output"), re.MULTILINE | re.DOTALL)
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == FORMATS


def test_the_json_of_the_page_is_that_of_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--output-format", "json"])
    (told,), (found,) = json.loads(blocks("output", "json")[0]), json.loads(capsys.readouterr().out)
    assert list(told) == list(found)
    assert [type(value) for value in told.values()] == [type(value) for value in found.values()]
    assert list(told["site"]) == list(found["site"])


@pytest.mark.parametrize("name", GUIDES)
def test_every_option_that_a_page_names_is_one(name: str) -> None:
    top = commands.make_context("retrylint", [], resilient_parsing=True)
    all_of_them = [command for name in NAMES if (command := commands.get_command(top, name)) is not None]
    known = {option for command in all_of_them for each in command.params for option in each.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page(name))) <= known | {"--version"}


def test_the_settings_of_editors_can_be_read() -> None:
    assert json.loads(blocks("editors", "json")[0]) == {"flake8.importStrategy": "fromEnvironment"}
