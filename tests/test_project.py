"""Project mode: what a module imports is looked up in the project, and each use does what is said of it."""

from __future__ import annotations

import asyncio
import builtins
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from imported import imported
from policy_truth import Enough, Seen, faked

from retrylint.cli import run
from retrylint.engine import lint_paths
from retrylint.model import RetrySite

FOLDER = Path(__file__).parent.parent / "fixtures" / "projects"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
each_case = pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)


def job_of(case: Path) -> RetrySite:
    """The site of the function `job` of a project."""
    results = {Path(each.filename).name: each for each in lint_paths([case], project=True)}
    (site,) = results["jobs.py"].facts.sites
    return site


def finish(made: object) -> None:
    """Run what a job has left to be awaited."""
    if asyncio.iscoroutine(made):
        asyncio.run(made)


@pytest.fixture
def module(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of a project that holds the job, with an operation that fails."""
    with imported(case, tmp_path, monkeypatch) as module:
        yield module


@each_case
def test_a_job_does_what_is_said(case: Path, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site = job_of(case)
    assert site.schedule.waits is not None
    row = [(wait.low, wait.high) for wait in site.schedule.waits]
    if hasattr(module.job, "apply"):
        assert site.limit.attempts == module.job.max_retries + 1
        assert row == [(module.job.default_retry_delay,) * 2] * module.job.max_retries
        return
    seen = Seen()
    monkeypatch.setattr(builtins, "operation", seen.operate, raising=False)
    with faked(seen), pytest.raises((OSError, Enough)):
        finish(module.job())
    row += [(site.schedule.trailing.low, site.schedule.trailing.high)] if site.schedule.trailing else []
    assert seen.executions == site.limit.attempts
    assert [(wait, wait) for wait in seen.waits] == row


@each_case
def test_without_the_project_nothing_is_guessed(case: Path) -> None:
    results = {Path(each.filename).name: each for each in lint_paths([case])}
    for site in results["jobs.py"].facts.sites:
        # an application of another module is taken for one of plain tasks
        assert site.limit.attempts == (4 if case.name.startswith("task_app") else None)


@each_case
def test_the_order_of_the_files_does_not_matter(case: Path) -> None:
    files = sorted(case.rglob("*.py"))
    forward, backward = (
        {each.filename: each.facts for each in lint_paths(order, project=True)} for order in (files, files[::-1])
    )
    assert forward == backward


@each_case
def test_a_module_alone_says_what_it_says_without_the_project(case: Path) -> None:
    jobs = case / "app" / "jobs.py"
    assert [each.facts for each in lint_paths([jobs], project=True)] == [each.facts for each in lint_paths([jobs])]


def test_the_command_and_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(FOLDER / "helper", tmp_path / "project")

    def attempts(*options: str) -> list[object]:
        assert run(["sites", "--output-format", "json", *options, str(tmp_path / "project")]) == 0
        sites = json.loads(capsys.readouterr().out)["sites"]
        return [site["attempts"] for site in sites if site["path"].endswith("jobs.py")]

    assert attempts() == []
    assert attempts("--project") == [5]
    (tmp_path / "retrylint.toml").write_text("project = true\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert attempts() == [5]


AMBIGUOUS = {
    "two modules of one name": {"a/tools/helpers.py": 1, "b/tools/helpers.py": 1, "jobs.py": 0},
    "no such module": {"jobs.py": 0},
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_may_mean_several_modules_is_not_looked_up(name: str, tmp_path: Path) -> None:
    helper = (FOLDER / "helper" / "app" / "helpers.py").read_text(encoding="utf-8")
    job = "from tools.helpers import patiently\n\n\n@patiently(5)\ndef job():\n    return operation()\n"
    for path, is_helper in AMBIGUOUS[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(helper if is_helper else job, encoding="utf-8")
    results = {Path(each.filename).name: each for each in lint_paths([tmp_path], project=True)}
    assert results["jobs.py"].facts.sites == ()


HELPERS = """
import time

import tenacity


def until(function, attempts=6):
    for attempt in range(attempts):
        if function():
            return True
        time.sleep(1)
    raise LookupError


def attempts(times):
    return list(range(times))


def policy(times):
    return tenacity.Retrying(stop=tenacity.stop_after_attempt(times))


class Connection:
    def ensure(self, function, attempts=4):
        def run():
            for attempt in range(attempts):
                try:
                    return function()
                except OSError:
                    if attempt + 1 == attempts:
                        raise

        return run


class Other:
    def ensure(self, function, attempts=4):
        return function
"""
NO_USES = {
    "a state that is waited for": "def job(pod):\n    helpers.until(pod.is_ready)\n",
    "rounds that are no attempts": "def job():\n    for each in helpers.attempts(3):\n        operation()\n",
    "an object of another class": "other = helpers.Other()\n\n\ndef job():\n    other.ensure(operation)()\n",
    "an object that nobody knows": "def job(conn):\n    conn.ensure(operation)()\n",
    "a name that is set again": "conn = helpers.Connection()\nconn = helpers.Other()\n\n\n"
    "def job():\n    conn.ensure(operation)()\n",
    "a name of the function's own": "conn = helpers.Connection()\n\n\ndef job(conn):\n    conn.ensure(operation)()\n",
    "a loop over something of the same name": "def job(policy):\n    for each in policy(3):\n        operation()\n",
}


@pytest.mark.parametrize("name", NO_USES)
def test_no_use_of_a_helper(name: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "helpers.py").write_text(HELPERS, encoding="utf-8")
    (tmp_path / "app" / "jobs.py").write_text(f"from app import helpers\n\n\n{NO_USES[name]}", encoding="utf-8")
    assert not any(each.facts.sites for each in lint_paths([tmp_path / "app" / "jobs.py"], project=True))
    results = {Path(each.filename).name: each for each in lint_paths([tmp_path], project=True)}
    assert results["jobs.py"].facts.sites == ()
