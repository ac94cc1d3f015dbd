"""Findings are the same whoever does the work and in whatever order; a worker that dies costs one file."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from retrylint import engine, parallel
from retrylint.cache import Cache
from retrylint.config import Settings
from retrylint.engine import FileResult, lint_paths
from retrylint.parallel import Plan, in_order

FIXTURES = Path(__file__).parent.parent / "fixtures"
RETRY = "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        return fetch(url)\n"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks of few files, and processes for any amount of work."""
    monkeypatch.setattr(parallel, "CHUNK", 2000)
    monkeypatch.setattr(engine, "ENOUGH", 0)


def dumped(results: list[FileResult]) -> bytes:
    return pickle.dumps([(each.filename, each.facts, each.findings) for each in results])


@pytest.mark.usefixtures("small_chunks")
def test_serial_processes_threads_cold_warm_and_shuffled_are_one(tmp_path: Path) -> None:
    paths = sorted(FIXTURES.rglob("*.py"))[::3]
    serial = list(lint_paths(paths, Settings(select=("ALL",))))
    assert sum(len(each.findings) for each in serial) > 50

    def alike(*, cache: Cache | None = None, executor: Executor | None = None, jobs: int = 1) -> bool:
        found = list(lint_paths(paths, Settings(select=("ALL",)), cache=cache, executor=executor, jobs=jobs))
        return repr(found) == repr(serial)

    assert alike(jobs=2)
    assert alike(cache=Cache.read(tmp_path))
    assert alike(cache=Cache.read(tmp_path))
    with ThreadPoolExecutor(2) as threads:
        assert alike(executor=threads, jobs=2)
    with ProcessPoolExecutor(2) as processes:
        assert alike(executor=processes, jobs=2)
    shuffled = random.Random(1).sample(paths, len(paths))
    by_name = {each.filename: repr(each) for each in lint_paths(shuffled, Settings(select=("ALL",)), jobs=2)}
    assert by_name == {each.filename: repr(each) for each in serial}


def double(number: int) -> int:
    """The work of a worker that dies of 13, and the first time of 7."""
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def die_once(path: str) -> int:
    """The work of a worker that dies the first time that it is told so."""
    if os.path.exists(path):
        os.unlink(path)
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


def test_a_task_that_kills_its_worker_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CHUNK", 3)
    plan = Plan(task_of=lambda item: (item, 1) if item % 5 else None, work=double, dead=lambda task: -task)
    with parallel.pool_of(2) as pool:
        found = list(in_order(range(40), plan, pool, 2))
    assert found == [(n, None if n % 5 == 0 else -13 if n == 13 else 2 * n) for n in range(40)]


def test_a_task_is_tried_alone_before_it_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "once").write_text("")
    plan = Plan(task_of=lambda item: (item, 1), work=die_once, dead=lambda task: -1)
    with parallel.pool_of(2) as pool:
        assert [result for _, result in in_order([str(tmp_path / "once"), "other"], plan, pool, 2)] == [1, 1]


def test_tasks_are_read_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CHUNK", 1)
    asked: list[int] = []

    def task_of(item: int) -> tuple[int, int]:
        asked.append(item)
        return item, 1

    with ThreadPoolExecutor(1) as pool:
        stream = in_order(range(1000), Plan(task_of, double, double), pool, 1)
        assert next(stream) == (0, 0)
        assert len(asked) <= 2 * parallel.AHEAD


@pytest.mark.usefixtures("small_chunks")
def test_a_file_that_kills_its_process_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "facts_of", killed_by_a_word)
    for name, text in (("a.py", RETRY), ("b.py", f"# deadly\n{RETRY}"), ("c.py", RETRY)):
        (tmp_path / name).write_text(text)
    results = list(lint_paths([tmp_path], jobs=2))
    codes = [[finding.code for finding in each.findings] for each in results]
    assert codes == [["RTY101"], ["RTY900"], ["RTY101"]]
    assert "ended the process" in results[1].findings[0].message


def killed_by_a_word(task: engine.Task) -> object:
    if b"deadly" in task[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return REAL(task)


REAL = engine.facts_of


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes here")
def test_an_interrupt_leaves_no_damaged_cache(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"f{number}.py").write_text(RETRY * 20)
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "-j", "2"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is at work
        os.killpg(process.pid, signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in error
    assert Cache.read(tmp_path / ".retrylint_cache").notes == []
