"""Schema, command line, documentation and code name the same settings; `retrylint config` prints what holds."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import settings_page

from retrylint import config
from retrylint.cli import run
from retrylint.commands import config as config_command
from retrylint.commands.check import check
from retrylint.config import Settings, SettingsReader
from retrylint.errors import ConfigError
from retrylint.reports import formats
from retrylint.schema import load

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
KEYS = list(load()["properties"])
IN_FILES_ALONE = {"helpers"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_schema_and_settings_have_the_same_keys_and_defaults() -> None:
    assert sorted(KEYS) == sorted(each.name.replace("_", "-") for each in fields(Settings))
    for key, of in load()["properties"].items():
        if "default" in of:
            own = getattr(Settings(), key.replace("-", "_"))
            assert (dict(own) if of["type"] == "object" else json.loads(json.dumps(own))) == of["default"], key


def test_every_key_is_an_option_of_check() -> None:
    options = {name for parameter in check.params for name in parameter.opts}
    assert {f"--{key}" for key in KEYS} - options == {f"--{key}" for key in IN_FILES_ALONE}


def test_the_page_is_made_from_the_schema() -> None:
    text = settings_page.PAGE.read_text(encoding="utf-8")
    assert settings_page.page(text) == text
    assert all(f"| `{key}` |" in text for key in KEYS)


TABLES = [
    'select = ["RTY1"]',
    'select = ["ALL"]\nmax-wait = 2.5\nmax-attempts = 3',
    'per-file-ignores = {"tests/*" = ["RTY1"]}',
    'exclude = ["a"]\nextend-exclude = ["b"]\nforce-exclude = true\nrespect-gitignore = false',
    'cache-dir = "c"\nbaseline = "b.json"\nproject = true\noutput-format = "json"',
    'selct = ["RTY1"]',
    'select = "RTY1"',
    "ignore = [1]",
    "max-attempts = 0",
    "max-attempts = 2.5",
    "max-wait = -1",
    'max-blocking = "5 s"',
    "force-exclude = 1",
    'per-file-ignores = {"tests/*" = "RTY1"}',
    "baseline = 3",
    'cache-dir = ""',
    "helpers = 3",
    'output-format = "xml"',
]


@pytest.mark.parametrize("table", TABLES)
def test_validate_pyproject_and_retrylint_agree(table: str, folder: Path) -> None:
    """The real validate-pyproject, with the schema as its entry point hands it over."""
    from validate_pyproject.api import Validator
    from validate_pyproject.errors import ValidationError
    from validate_pyproject.plugins import PluginWrapper
    from validate_pyproject.types import Schema

    text = f"[tool.retrylint]\n{table}\n"
    (folder / "pyproject.toml").write_text(text)
    try:
        Validator(plugins=[PluginWrapper("retrylint", lambda tool: Schema(load(tool)))])(tomllib.loads(text))
        theirs = True
    except ValidationError:
        theirs = False
    try:
        SettingsReader()(folder)
        ours = True
    except ConfigError:
        ours = False
    assert theirs == ours == (TABLES.index(table) < 5)


def test_the_format_of_the_current_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "retrylint.toml").write_text('output-format = "json"\n')
    assert run(["check", str(ROOT / "retrylint" / "errors.py")]) == 0
    assert capsys.readouterr().out == "[]\n"
    assert run(["check", "--output-format", "text", str(ROOT / "retrylint" / "errors.py")]) == 0
    assert capsys.readouterr().out == "All checks passed!\n"
    (folder / "retrylint.toml").write_text('output-format = "jsn"\n')
    assert run(["check"]) == 2
    assert capsys.readouterr().err.endswith("not 'jsn'; did you mean 'json'?\n")


def test_the_formats_are_those_of_the_reports() -> None:
    assert tuple(load()["properties"]["output-format"]["enum"]) == config.FORMATS == formats.FORMATS


def test_the_schema_is_registered() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["validate_pyproject.tool_schema"] == {"retrylint": "retrylint.schema:load"}
    with pytest.raises(ValueError, match="not for ruff"):
        load("ruff")


def test_config_prints_what_holds_and_where_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "a.py").write_text("")
    (folder / "retrylint.toml").write_text('ignore = ["RTY1"]\nper-file-ignores = {"a.py" = ["RTY2"]}\n')
    for path in ("app", "app/a.py"):
        assert run(["config", path]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(" = ")[0] for line in lines] == KEYS
        assert f'ignore = ["RTY1"]  # {folder / "retrylint.toml"}' in lines
        assert f'per-file-ignores = {{"a.py": ["RTY2"]}}  # {folder / "retrylint.toml"}' in lines
        assert "max-attempts = 10  # default" in lines
    assert run(["config", "--isolated"]) == 0
    assert "ignore = []  # default" in capsys.readouterr().out.splitlines()
    (folder / "retrylint.toml").write_text("selct = []\n")
    assert run(["config"]) == 2
    assert capsys.readouterr().err.endswith("selct: is not a setting; did you mean 'select'?\n")


def test_config_says_what_the_command_line_sets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "retrylint.toml"
    file.write_text('ignore = ["RTY1"]\nextend-exclude = ["old"]\nproject = true\nmax-wait = 5\n')
    line = [
        "--ignore",
        "RTY2",
        "--extend-exclude",
        "new",
        "--no-project",
        "--max-attempts",
        "3",
        "--baseline",
        "b.json",
    ]
    assert run(["config", *line]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f'ignore = ["RTY1", "RTY2"]  # {file} and command line' in lines
    assert f'extend-exclude = ["old", "new"]  # {file} and command line' in lines
    assert f"max-wait = 5.0  # {file}" in lines
    assert "select = []  # default" in lines
    for told in ("project = false", "max-attempts = 3", 'baseline = "b.json"'):
        assert f"{told}  # command line" in lines


def test_a_selection_of_the_command_line_replaces_the_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "retrylint.toml").write_text('ignore = ["RTY1"]\n')
    assert run(["config", "--select", "RTY1", "--output-format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == KEYS
    assert told["select"] == {"value": ["RTY1"], "origins": ["command line"]}
    assert told["ignore"] == {"value": [], "origins": ["command line"]}
    assert told["extend-select"] == {"value": [], "origins": []}


def test_config_takes_every_option_of_check_that_is_a_setting() -> None:
    of_check, of_config = (
        {each for one in command.params for each in one.opts} for command in (check, config_command.config)
    )
    assert {f"--{key}" for key in KEYS} & of_check <= of_config
    assert run(["config", "--select", "RTY1x"]) == 2


@pytest.mark.parametrize(
    ("said", "environment", "coloured"),
    [
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {}, False),
    ],
)
def test_colour(
    said: str, environment: dict[str, str], coloured: bool, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(["check", "--color", said, str(ROOT / "retrylint" / "errors.py")]) == 0
    assert ("\x1b[" in capsys.readouterr().out) == coloured
