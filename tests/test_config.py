"""Settings: read from the nearest file, overridden by the command line, refused with a clear word."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrylint.config import DEFAULT_EXCLUDE, Overrides, Settings, SettingsReader
from retrylint.errors import ConfigError


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_every_key_of_pyproject(tmp_path: Path) -> None:
    write(
        tmp_path,
        "pyproject.toml",
        """
        [tool.retrylint]
        select = ["RTY1", "RTY501"]
        extend-select = ["RTY301"]
        ignore = ["RTY105"]
        exclude = ["gen", "app/old.py"]
        extend-exclude = ["./docs", "legacy/"]
        respect-gitignore = false
        max-blocking = 30
        max-attempts = 5
        max-wait = 60.5
        """,
    )
    assert SettingsReader()(tmp_path) == Settings(
        select=("RTY1", "RTY501"),
        extend_select=("RTY301",),
        ignore=("RTY105",),
        exclude=("gen", str(tmp_path / "app/old.py")),
        extend_exclude=("./docs", "legacy"),
        respect_gitignore=False,
        max_blocking=30.0,
        max_attempts=5,
        max_wait=60.5,
    )


def test_the_nearest_file_holds_and_others_are_not_joined(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.retrylint]\nignore = ["RTY101"]\n')
    write(tmp_path / "a", "pyproject.toml", "[project]\nname = 'retrylint-user'\n")
    write(tmp_path / "a/b", "retrylint.toml", "max-blocking = 2.5\n")
    write(tmp_path / "a/b", "pyproject.toml", '[tool.retrylint]\nignore = ["RTY104"]\n')
    read = SettingsReader()
    assert read(tmp_path / "a").ignore == ("RTY101",)
    assert read(tmp_path / "a/b/c") == Settings(max_blocking=2.5)
    assert SettingsReader(isolated=True)(tmp_path / "a") == Settings()


def test_a_file_that_does_not_speak_of_retrylint_may_be_broken(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[project\n{{ cookiecutter.name }}")
    assert SettingsReader()(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("igore = []", "tool.retrylint.igore: is not a setting; did you mean 'ignore'?"),
        ("extend_select = []", "tool.retrylint.extend_select: is not a setting; did you mean 'extend-select'?"),
        ("zzz = 1", "tool.retrylint.zzz: is not a setting"),
        ("select = 'RTY1'", "tool.retrylint.select: must be a list of strings, not 'RTY1'"),
        ("ignore = [1]", "tool.retrylint.ignore: must be a list of strings, not [1]"),
        ("respect-gitignore = 1", "tool.retrylint.respect-gitignore: must be true or false, not 1"),
        ("max-blocking = true", "tool.retrylint.max-blocking: must be a number of seconds, not True"),
        ("max-blocking = '5s'", "tool.retrylint.max-blocking: must be a number of seconds, not '5s'"),
        ("max-blocking = inf", "tool.retrylint.max-blocking: must be a number of seconds, not inf"),
        ("max-wait = '5s'", "tool.retrylint.max-wait: must be a number of seconds, not '5s'"),
        ("max-attempts = 2.5", "tool.retrylint.max-attempts: must be a whole number of attempts, 1 or more, not 2.5"),
        ("max-attempts = 0", "tool.retrylint.max-attempts: must be a whole number of attempts, 1 or more, not 0"),
        ("select = ['RTYX']", "tool.retrylint.select: "),
        ("select = [", "is not valid TOML: "),
    ],
)
def test_what_cannot_be_used_is_said_with_file_and_key(text: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", f"[tool.retrylint]\n{text}\n")
    with pytest.raises(ConfigError) as raised:
        SettingsReader()(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / 'pyproject.toml'}: {said}")
    assert "\n" not in str(raised.value)


def test_the_section_must_be_a_table(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool]\nretrylint = 3\n")
    with pytest.raises(ConfigError, match="retrylint: must be a table"):
        SettingsReader()(tmp_path)


def test_retrylint_toml_names_its_keys_without_a_section(tmp_path: Path) -> None:
    write(tmp_path, "retrylint.toml", "selct = []\n")
    with pytest.raises(ConfigError, match=r"retrylint\.toml: selct: is not a setting; did you mean 'select'\?"):
        SettingsReader()(tmp_path)


def test_the_command_line_adds_to_the_file() -> None:
    file = Settings(select=("RTY1",), extend_select=("RTY301",), ignore=("RTY105", "RTY104"), extend_exclude=("a",))
    merged = Overrides(extend_select=("RTY104",), ignore=("RTY101",), extend_exclude=("b",), max_blocking=1.0).over(
        file
    )
    assert merged == Settings(
        select=("RTY1",),
        extend_select=("RTY301", "RTY104"),
        ignore=("RTY105", "RTY101"),
        extend_exclude=("a", "b"),
        max_blocking=1.0,
    )


def test_a_selection_of_the_command_line_replaces_that_of_the_file() -> None:
    file = Settings(select=("RTY1",), extend_select=("RTY301",), ignore=("RTY105",))
    assert Overrides(select=("RTY105",)).over(file) == Settings(select=("RTY105",))
    assert Overrides(exclude=()).over(Settings()).exclude == ()
    assert Overrides().over(Settings()).exclude == DEFAULT_EXCLUDE


def test_codes_of_options_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"^--retrylint-ignore: .*RTYX"):
        Overrides(ignore=("RTYX",)).check("--retrylint-")
    Overrides(select=("ALL", "RTY1", "RTY101")).check("--")
