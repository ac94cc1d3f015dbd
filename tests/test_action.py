"""The GitHub action: a linter of actions accepts it, and its steps do what they say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import npm
import pytest
import yaml
from samples import GOOD_TASK, SEED

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK = ACTION["runs"]["steps"]
DEFAULTS = {name: told["default"] for name, told in ACTION["inputs"].items()}


@pytest.fixture(scope="session")
def validator(pytestconfig: pytest.Config) -> list[str]:
    """The command of the linter, which knows GitHub's schema of actions."""
    modules = npm.installed(pytestconfig, "@action-validator/cli@0.6", "@action-validator/core@0.6")
    node = shutil.which("node")
    assert node is not None
    return [node, str(modules / "@action-validator" / "cli" / "cli.mjs")]


def test_a_linter_accepts_the_action(validator: list[str], tmp_path: Path) -> None:
    good = ROOT / "action.yml"
    assert subprocess.run([*validator, str(good)], check=False).returncode == 0
    bad = tmp_path / "action.yml"
    bad.write_text(good.read_text(encoding="utf-8").replace("using: composite", "using: compost"))
    assert subprocess.run([*validator, str(bad)], check=False, capture_output=True).returncode != 0


def test_every_input_is_used_and_every_input_that_is_used_is_told() -> None:
    used = {value.split(".")[1].split(" ")[0] for value in CHECK["env"].values() if "inputs." in value}
    assert used == set(ACTION["inputs"])


def variables(step: dict[str, Any], inputs: dict[str, str], runner: Path) -> dict[str, str]:
    """The environment of a step, as GitHub fills it in."""
    given = {f"inputs.{name}": value for name, value in {**DEFAULTS, **inputs}.items()}
    given |= {"runner.temp": str(runner), "github.action_path": str(ROOT)}
    filled = dict(step["env"])
    for name in filled:
        for word, meaning in given.items():
            filled[name] = filled[name].replace("${{ " + word + " }}", meaning)
    assert "${{" not in "".join(filled.values())
    return {**os.environ, **filled}


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="the action needs bash")
def test_its_steps_annotate_the_lines_and_fail(tmp_path: Path) -> None:
    """On a runner as bare as possible: the check runs the script of this environment instead of an installed one."""
    script = tmp_path / "retrylint" / "bin" / "retrylint"
    script.parent.mkdir(parents=True)
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m retrylint "$@"\n')
    script.chmod(0o755)
    work = tmp_path / "work"
    (work / "app").mkdir(parents=True)
    (work / ".git").mkdir()
    (work / "app" / "tasks.py").write_text(SEED)
    (work / "good.py").write_text(GOOD_TASK)

    def check(**inputs: str) -> subprocess.CompletedProcess[str]:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]]
        environment = variables(CHECK, given, tmp_path)
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)

    failed = check(sarif_file="found.sarif")
    assert failed.returncode == 1, failed.stderr
    assert failed.stdout.startswith("::error title=retrylint (RTY101),file=app/tasks.py,line=9,endLine=9,col=9,")
    (log,) = json.loads((work / "found.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in log["results"]] == ["RTY101"]
    assert check(paths="good.py").returncode == 0
    assert check(paths="good.py\napp", options="--ignore RTY101\n").returncode == 0
    assert check(paths="good.py\napp").returncode == 1
    assert check(paths="--version").returncode == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="the action needs bash")
def test_its_first_step_installs_this_revision(tmp_path: Path) -> None:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALL["run"]]
    subprocess.run(command, env=variables(INSTALL, {}, tmp_path), check=True)
    script = tmp_path / "retrylint" / "bin" / "retrylint"
    told = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("retrylint ")
