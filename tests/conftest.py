"""What all tests share: how Hypothesis draws, and an environment that no terminal of the developer colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery_truth import celery_app, celery_worker
from hypothesis import HealthCheck, settings

# Deadlines measure the machine, not the code, and CI must draw the same examples each time.
settings.register_profile("retrylint", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("many", parent=settings.get_profile("retrylint"), max_examples=5000, derandomize=False)
settings.load_profile("retrylint")  # `--hypothesis-profile many` draws thousands of programs, others each time


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that need other libraries, or long, too")
    parser.addoption("--corpus", help="the folder that holds the packages of corpus.txt")
    parser.addoption("--write-snapshot", action="store_true", help="write the findings of the corpus anew")
    parser.addoption("--write-table", action="store_true", help="write the table of docs/reliability.md anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that are marked as slow run only when they are asked for."""
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow") is not None:
                item.add_marker(pytest.mark.skip(reason="runs with --slow"))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables that colour output, and without a `.git` folder's influence from outside."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def worker() -> Iterator[Any]:
    """A Celery worker in a thread of this process, and its application as the current one."""
    with celery_app() as app, celery_worker(app) as running:
        yield running
