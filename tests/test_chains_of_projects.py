"""Retries within retries over several files: the product that is said is what happens."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from contextlib import suppress
from math import prod
from pathlib import Path

import pytest
from celery import current_app
from imported import imported
from policy_truth import Enough, Seen, faked

from retrylint.checks.nested import waits_in_all
from retrylint.cli import run
from retrylint.config import Settings
from retrylint.engine import lint_paths
from retrylint.model import Chain, Finding

FOLDER = Path(__file__).parent.parent / "fixtures" / "chains"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
LOUD = [case for case in CASES if not case.name.startswith("quiet_")]
QUIET = [case for case in CASES if case.name.startswith("quiet_")]


def chains_of(case: Path, project: bool = True) -> list[Chain]:
    """The chains of all files of a project."""
    return [chain for result in lint_paths([case], project=project) for chain in result.facts.chains]


def findings_of(case: Path, most: int) -> list[Finding]:
    """What is said of layers that come to more than so many executions."""
    settings = Settings(select=("RTY701",), max_amplification=most)
    return [each for result in lint_paths([case], settings, project=True) for each in result.findings]


@pytest.fixture
def seen(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """What happens when the job of a project is run and the operation always fails."""
    seen = Seen()
    monkeypatch.setattr(builtins, "operation", seen.operate, raising=False)
    with imported(case, tmp_path, monkeypatch) as module:
        with faked(seen):
            if hasattr(module.job, "apply"):
                current_app.conf.task_always_eager = True
                try:
                    module.job.apply()
                finally:
                    current_app.conf.task_always_eager = False
            else:
                with suppress(OSError, Enough):
                    module.job()
        yield seen


@pytest.mark.parametrize("case", LOUD, ids=lambda path: path.name)
def test_the_attempts_multiply(case: Path, seen: Seen) -> None:
    (chain,) = chains_of(case)
    factors = [site.limit.attempts for site in chain.layers]
    stated = (case / "app" / "jobs.py").read_text(encoding="utf-8").split('"""')[1]
    assert " x ".join(map(str, factors)) == stated
    known = prod(each for each in factors if each is not None)
    if None in factors:
        assert seen.executions > known
        assert seen.executions % known == 0
    else:
        assert seen.executions == known
    (finding,) = findings_of(case, known - 1)
    assert f"{'at least' if None in factors else 'up to'} {known} executions" in finding.message


@pytest.mark.parametrize("case", LOUD, ids=lambda path: path.name)
def test_the_waits_add_up(case: Path, seen: Seen) -> None:
    (chain,) = chains_of(case)
    total = waits_in_all(chain)
    if total is None or any(site.mechanism == "task" for site in chain.layers):  # a broker waits, not the process
        return
    assert sum(seen.waits) == pytest.approx(total)
    alone = max(site.schedule.total.high for site in chain.layers if site.schedule.total is not None)
    if alone < total:
        settings = Settings(select=("RTY109",), max_wait=(alone + total) / 2)
        (finding,) = (each for result in lint_paths([case], settings, project=True) for each in result.findings)
        assert finding.related == chain.way
    just_enough = Settings(select=("RTY109",), max_wait=total)
    assert not any(result.findings for result in lint_paths([case], just_enough, project=True))


@pytest.mark.parametrize("case", QUIET, ids=lambda path: path.name)
def test_what_does_not_multiply(case: Path, seen: Seen) -> None:
    assert chains_of(case) == []
    assert seen.executions < 20


@pytest.mark.parametrize("case", LOUD, ids=lambda path: path.name)
def test_a_file_alone_tells_of_none(case: Path) -> None:
    assert chains_of(case, project=False) == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_order_of_the_files_does_not_matter(case: Path) -> None:
    files = sorted(case.rglob("*.py"))
    forward, backward = (
        {each.filename: each.facts.chains for each in lint_paths(order, project=True)} for order in (files, files[::-1])
    )
    assert forward == backward


def test_the_way_leads_through_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["check", "--isolated", "--project", "--select", "RTY701", str(FOLDER / "task_layer")]
    assert run([*options, "--output-format", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert Path(finding["filename"]).name == "jobs.py"
    steps = [(Path(each["filename"]).name, each["message"]) for each in finding["path"]]
    assert steps == [
        ("jobs.py", "calls load"),
        ("service.py", "retries in load"),
        ("service.py", "calls fetch"),
        ("client.py", "retries in fetch"),
    ]
    run(options)
    assert "service.py:7: calls fetch" not in capsys.readouterr().out.splitlines()[0]


def test_a_client_of_another_module_is_the_last_layer(tmp_path: Path) -> None:
    files = {
        "clients.py": "import openai\n\nshared = openai.OpenAI()\n",
        "service.py": "from app.clients import shared\n\n\ndef ask():\n    return shared.responses.create()\n",
        "jobs.py": "from celery import shared_task\nfrom tenacity import retry, stop_after_attempt\n\n"
        "from app import service\n\n\n@retry(stop=stop_after_attempt(5))\ndef load():\n    return service.ask()\n\n\n"
        "@shared_task(autoretry_for=(Exception,), max_retries=3)\ndef job():\n    return load()\n",
    }
    (tmp_path / "app").mkdir()
    for name, text in {"__init__.py": "", **files}.items():
        (tmp_path / "app" / name).write_text(text, encoding="utf-8")
    (finding,) = findings_of(tmp_path, 8)
    assert "up to 60 requests (Celery 4 x tenacity 5 x the OpenAI client 3)" in finding.message
    assert [Path(each.filename).name for each in finding.related] == ["", "", "", "service.py", "clients.py"]
