"""A team's own retry helpers, told of in the configuration: what they make of their arguments, and what is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from policy_truth import Enough, Seen, faked

from retrylint.cli import run

CONFIG = """
[[tool.retrylint.helpers]]
names = ["app.retrying.with_retries"]
positions = ["times"]
limits = [{ option = "times", counts = "executions", none = "endless" }]
default = 3
catches = "on"
caught = ["Exception"]
delay = { first = { value = 0.5, option = "delay" }, factor = 2.0, cap = 8.0 }
"""
HELPER = """
import itertools
import time


def with_retries(times=3, delay=0.5, on=Exception):
    def decorate(function):
        def run(*args):
            for attempt in itertools.count(1):
                try:
                    return function(*args)
                except on:
                    if attempt == times:
                        raise
                    time.sleep(min(delay, 8.0) if attempt == 1 else min(delay * 2 ** (attempt - 1), 8.0))

        return run

    return decorate
"""
USES = {
    "with_retries()": (3, (0.5, 1.0)),
    "with_retries(5, delay=1, on=(OSError, KeyError))": (5, (1.0, 2.0, 4.0, 8.0)),
    "with_retries(times=6, delay=3)": (6, (3.0, 6.0, 8.0, 8.0, 8.0)),
    "with_retries(None)": (None, None),
}


def sites(folder: Path, source: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The inventory of a project with that configuration and one module."""
    (folder / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "jobs.py").write_text(source, encoding="utf-8")
    assert run(["sites", "--output-format", "json", str(folder)]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["sites"]
    return found


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("spelt", ["from app.retrying import with_retries", "from .retrying import with_retries"])
def test_a_use_does_what_is_told_of_it(
    use: str, spelt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site,) = sites(tmp_path, f"{spelt}\n\n\n@{use}\ndef job():\n    operation()\n", capsys)
    attempts, waits = USES[use]
    assert (site["mechanism"], site["attempts"]) == ("policy", attempts)
    seen = Seen()
    namespace: dict[str, Any] = {}
    with faked(seen):
        exec(HELPER, namespace)
        decorated = eval(use, namespace)(seen.operate)
        with suppress(OSError, Enough):
            decorated()
    assert seen.executions == attempts if attempts is not None else seen.executions > 100
    assert waits is None or tuple(seen.waits) == waits
    assert waits is None or site["total_wait_seconds"] == [sum(waits), sum(waits)]


def test_a_name_of_another_module_is_not_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = "from lib.retrying import with_retries\n\n\n@with_retries()\ndef job():\n    operation()\n"
    assert sites(tmp_path, source, capsys) == []


MISTAKES = {
    'names = "x.y"': "helpers[0].names: must be a list, not 'x.y'",
    "default = 3": "helpers[0]: missing key 'names': the qualified names of the helper",
    'names = ["x.y"]\nposition = ["a"]': "helpers[0]: unknown key 'position'",
    'names = ["x.y"]\nstop = "stop"': "helpers[0]: unknown key 'stop'",
    'names = ["x.y"]\ndefault = "3"': "helpers[0].default: must be a whole number, not '3'",
    'names = ["x.y"]\ndefault = true': "helpers[0].default: must be a whole number, not True",
    'names = ["x.y"]\nform = "loop"': "helpers[0].form: must be one of decorator, object, iterated, call, not 'loop'",
    'names = ["x.y"]\nlimits = { option = "n" }': "helpers[0].limits: must be a list of tables",
    'names = ["x.y"]\nlimits = [{ option = "n", zero = "never" }]': "helpers[0].limits.zero: must be one of ",
    'names = ["x.y"]\ndelay = { first = "1" }': "helpers[0].delay.first: must be a number or a table, not '1'",
    'names = ["x.y"]\ndelay = { share = ["a", "b"] }': "helpers[0].delay.share: must be a list of numbers",
}


@pytest.mark.parametrize("table", MISTAKES)
def test_a_mistake_is_named_with_file_and_key(table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[[tool.retrylint.helpers]]\n{table}\n", encoding="utf-8")
    (tmp_path / "jobs.py").write_text("", encoding="utf-8")
    assert run(["check", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / 'pyproject.toml'}: tool.retrylint.{MISTAKES[table]}" in said


def test_helpers_are_a_list_of_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.retrylint]\nhelpers = 3\n", encoding="utf-8")
    assert run(["check", str(tmp_path)]) == 2
    assert "helpers: must be a list of tables, not 3" in capsys.readouterr().err
